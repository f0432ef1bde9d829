import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { startOfProcess } from '../../local/process-identity.ts';
import { type SupervisedCommand, startSupervised } from '../../local/supervised.ts';
import { newFolder, removeFolders } from './support/folders.ts';
import { killPrograms, runProgram, untilGone } from './support/program.ts';
import { until } from './support/until.ts';

afterAll(killPrograms);
afterAll(removeFolders);

const saidPid = z.object({ pid: z.number() });

async function shell(script: string, more: Partial<SupervisedCommand> = {}): Promise<SupervisedCommand> {
  const folder = await newFolder();
  return {
    name: 'the shell',
    command: '/bin/sh',
    args: ['-c', script],
    env: process.env,
    cwd: folder,
    stopSignal: 'SIGTERM',
    graceSeconds: 5,
    logFile: join(folder, 'shell.log'),
    ...more,
  };
}

describe('a process that we start', () => {
  test('killed with kill -9, we leave no process running, even one that ignores the request to stop', async () => {
    const program = await runProgram('./start-supervised.ts', [await newFolder()]);
    const { pid } = saidPid.parse(program.said);
    expect(await startOfProcess(pid)).toBeDefined();
    await program.kill('SIGKILL');
    await untilGone(pid);
  });

  test('a Ctrl-C in the terminal does not reach it', async () => {
    const folder = await newFolder();
    const program = await runProgram('./start-supervised.ts', [folder]);
    const { pid } = saidPid.parse(program.said);
    process.kill(-(program.process.pid ?? 0), 'SIGINT');
    await program.kill('SIGKILL');
    await untilGone(pid);
    // SIGTERM is from its watcher; SIGINT would have been from the terminal.
    expect(await readFile(join(folder, 'stubborn.log'), 'utf8')).not.toContain('SIGINT');
  });

  test('stops when asked to, and stop may be asked for twice', async () => {
    const child = await startSupervised(
      await shell('trap "exit 7" TERM; echo up; while :; do sleep 0.1; done'),
    );
    await until('it is up', async () => (await readFile(child.logFile, 'utf8')).includes('up'));
    await Promise.all([child.stop(), child.stop()]);
    expect(await child.exited).toEqual({ code: 7, signal: null });
    expect(await startOfProcess(child.pid)).toBeUndefined();
  });

  test('is stopped too when the shell that watches over it is killed', async () => {
    const child = await startSupervised(await shell('echo $PPID; exec sleep 100'));
    await until('it is up', async () => (await readFile(child.logFile, 'utf8')) !== '');
    process.kill(Number(await readFile(child.logFile, 'utf8')), 'SIGKILL');
    await child.exited;
    await untilGone(child.pid);
  });

  test('its own end is told as it was, by exit code or by signal', async () => {
    const left = await startSupervised(await shell('exit 3'));
    const killed = await startSupervised(await shell('kill -9 $$'));
    expect(await left.exited).toEqual({ code: 3, signal: null });
    expect(await killed.exited).toEqual({ code: null, signal: 'SIGKILL' });
  });

  test('what it prints is in the log file, and given line by line', async () => {
    const lines: string[] = [];
    const onLine = (line: string) => lines.push(line);
    const child = await startSupervised(await shell('echo one; echo two >&2; echo three', { onLine }));
    await child.exited;
    await until('all lines came', async () => lines.length === 3);
    expect([...lines].sort()).toEqual(['one', 'three', 'two']);
    await until('all is logged', async () => (await readFile(child.logFile, 'utf8')).length === 14);
  });

  test('a program that does not exist says so in the log', async () => {
    const child = await startSupervised(await shell('', { command: '/nowhere/program' }));
    expect(await child.exited).toEqual({ code: 127, signal: null });
    expect(await readFile(child.logFile, 'utf8')).toContain('/nowhere/program');
  });

  test.each([
    ['a folder that does not exist', { cwd: '/nowhere' }],
    ['a log file that cannot be written', { logFile: '/nowhere/a.log' }],
    ['an argument that no program may get', { args: ['a\0b'] }],
  ])('%s is an error that can be caught, and names the program', async (_, wrong) => {
    await expect(startSupervised(await shell('true', wrong))).rejects.toMatchObject({
      code: 'LOCAL_PROCESS_NOT_STARTED',
      message: expect.stringContaining('the shell could not be started'),
    });
  });
});
