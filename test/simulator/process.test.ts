import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, test } from '@jest/globals';
import { transform } from '@swc/core';
import { clientOf, create, rejection, temporaryFolder } from './client.ts';

/** As the build would make it, of the two folders that it needs; Node 20 can't run TypeScript. */
async function compiled(): Promise<string> {
  const out = await temporaryFolder();
  await symlink(join(process.cwd(), 'node_modules'), join(out, 'node_modules'));
  await writeFile(join(out, 'package.json'), '{"type":"module"}');
  for (const folder of ['domain', 'simulator']) {
    for (const name of await readdir(folder, { recursive: true })) {
      if (!name.endsWith('.ts')) continue;
      const target = join(out, folder, name.replace(/\.ts$/, '.js'));
      const source = await readFile(join(folder, name), 'utf8');
      const { code } = await transform(source.replaceAll(/(from '\.[^']*)\.ts';/g, "$1.js';"), {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2023' },
        module: { type: 'es6' },
      });
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, code);
    }
  }
  return join(out, 'simulator', 'main.js');
}

async function start(main: string, ...args: string[]) {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { child, ready: JSON.parse(line) };
}

async function exitOf(child: ChildProcess): Promise<unknown> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode ?? child.signalCode;
}

describe('the simulator as a process of its own', () => {
  test('says when it is ready, and stops cleanly when it is told to or its parent goes away', async () => {
    const main = await compiled();
    const faults = join(await temporaryFolder(), 'faults.json');
    await writeFile(faults, JSON.stringify({ faults: [{ on: 'create', does: 'answer', status: 503 }] }));

    const { child, ready } = await start(main, '--faults', faults, '--render-base-seconds', '60');
    expect(ready).toMatchObject({ ready: true, pid: child.pid, url: `http://127.0.0.1:${ready.port}/v1` });
    const client = clientOf(ready.url);
    expect(await rejection(create(client, 'x'))).toMatchObject({ status: 503 });
    expect(await create(client, 'x')).toMatchObject({ status: 'queued' });
    child.kill('SIGTERM');
    expect(await exitOf(child)).toBe(0);

    const bound = await start(main, '--until-stdin-ends');
    const second = spawn(process.execPath, [main, '--port', String(bound.ready.port)], { stdio: 'pipe' });
    const [complaint] = await once(second.stderr, 'data');
    expect(String(complaint)).toContain(`can't listen on 127.0.0.1:${bound.ready.port}`);
    expect(await exitOf(second)).toBe(1);
    bound.child.stdin.end();
    expect(await exitOf(bound.child)).toBe(0);

    const mistaken = spawn(process.execPath, [main, '--render-jitter', 'much'], { stdio: 'pipe' });
    const [usage] = await once(mistaken.stderr, 'data');
    expect(String(usage)).toContain("--render-jitter is 'much'");
    expect(await exitOf(mistaken)).toBe(2);
  });
});
