/**
 * `node --import <this> file.ts`: runs TypeScript in a process of its own, its types stripped by swc as Jest does.
 * It ends when its standard input does, so that no killed test leaves it behind.
 */
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

register('./typescript-hooks.js', import.meta.url);

// The threads of a Temporal Worker are started with the same arguments.
if (isMainThread) {
  process.stdin.on('end', () => process.exit(1));
  process.stdin.resume();
  process.stdin.unref();
}
