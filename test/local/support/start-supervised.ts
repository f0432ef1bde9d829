/** Starts a child that ignores every polite signal, says its pid, and ignores Ctrl-C itself. */
import { join } from 'node:path';
import { startSupervised } from '../../../local/supervised.ts';

const [folder = ''] = process.argv.slice(2);
process.on('SIGINT', () => undefined);
const child = await startSupervised({
  name: 'stubborn',
  command: process.execPath,
  args: [
    '-e',
    "for (const s of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(s, () => console.log(s)); console.log('up'); setInterval(() => {}, 1000)",
  ],
  env: process.env,
  cwd: folder,
  stopSignal: 'SIGTERM',
  graceSeconds: 1,
  logFile: join(folder, 'stubborn.log'),
  onLine: (line) => {
    if (line === 'up') console.log(JSON.stringify({ pid: child.pid }));
  },
});
