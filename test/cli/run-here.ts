import { jest } from '@jest/globals';
import { createProgram } from '../../cli/program.ts';
import { runProgram } from '../../cli/run.ts';
import type { Ended } from '../support/screentest.ts';

// Every run listens for the reader of our output going away, once a process.
process.stdout.setMaxListeners(0);

/** A command line run in this process, which is much quicker than one of its own: what it printed, and its exit code. */
export async function runHere(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Ended> {
  const kept = { ...process.env };
  const stdout = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  const stderr = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const textOf = ({ mock }: { mock: { calls: readonly (readonly unknown[])[] } }) =>
    mock.calls.map(([text]) => String(text)).join('');
  try {
    Object.assign(process.env, environment);
    process.exitCode = 0;
    await runProgram(createProgram(), ['node', 'screentest', ...args]);
    return { exit: Number(process.exitCode), stdout: textOf(stdout), stderr: textOf(stderr) };
  } finally {
    process.exitCode = undefined;
    for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, kept);
    stdout.mockRestore();
    stderr.mockRestore();
  }
}
