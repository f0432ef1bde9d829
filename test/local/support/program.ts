import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { startOfProcess } from '../../../local/process-identity.ts';
import { until } from './until.ts';

const started: ChildProcess[] = [];
const LOADER = fileURLToPath(new URL('./typescript.js', import.meta.url));

export interface Program {
  readonly process: ChildProcess;
  /** The first line of JSON that it printed. */
  readonly said: unknown;
  kill(signal: NodeJS.Signals): Promise<void>;
}

/** Runs a TypeScript file of this folder in a process of its own, and waits for its first line. */
export async function runProgram(
  file: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly uid?: number; readonly gid?: number } = {},
): Promise<Program> {
  const child = startProgram(file, args, options);
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk);
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => reject(new Error(`${file} ended with ${code}:\n${errors}`)));
    if (child.stdout !== null) createInterface({ input: child.stdout }).once('line', resolve);
  });
  const kill = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  return { process: child, said: JSON.parse(line), kill };
}

export function startProgram(
  file: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly uid?: number; readonly gid?: number } = {},
): ChildProcess {
  const path = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, ['--import', LOADER, path, ...args], {
    env: { ...process.env, NODE_OPTIONS: '', ...options.env },
    stdio: 'pipe',
    detached: true, // a process group of its own, as a terminal gives one
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  started.push(child);
  return child;
}

/** Those that a failed test has left; what they started goes with them. */
export function killPrograms(): void {
  for (const child of started.splice(0)) {
    child.kill('SIGKILL');
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

export const saidPostgres = z.object({ pid: z.number(), url: z.string() });

export async function untilGone(pid: number): Promise<void> {
  await until(`process ${pid} ends`, async () => (await startOfProcess(pid)) === undefined);
}
