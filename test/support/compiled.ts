import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { transform } from '@swc/core';

/**
 * A program of the tests that runs as a process of its own; Node 20 can't run TypeScript. What it imports of the
 * product is what `npm run build` has made.
 * @param folder where it is written to
 * @param sources the program first, then the files beside it that it imports
 * @returns the program's path
 */
export async function compiled(folder: string, sources: readonly [string, ...string[]]): Promise<string> {
  await mkdir(folder, { recursive: true });
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const source of sources) {
    const { code } = await transform(await readFile(source, 'utf8'), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
      module: { type: 'es6' },
    });
    const linked = code.replaceAll(/(?<=from ['"])(\.[^'"]*)\.ts(?=['"])/g, (_, path: string) =>
      path.startsWith('./') ? `${path}.js` : builtUrl(source, path),
    );
    await writeFile(join(folder, `${basename(source, '.ts')}.js`), linked);
  }
  return join(folder, `${basename(sources[0], '.ts')}.js`);
}

function builtUrl(source: string, path: string): string {
  const file = resolve(dirname(source), path);
  return pathToFileURL(`${file.replace(resolve('.'), resolve('dist'))}.js`).href;
}
