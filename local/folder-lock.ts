import { randomUUID } from 'node:crypto';
import { link, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { PreconditionFailed } from '../domain/errors.ts';
import { errorCode } from './node-errors.ts';
import { startOfProcess } from './process-identity.ts';

const LOCK_FILE = /^in-use-(\d+)\.json$/;

const holderSchema = z.object({ pid: z.number().int(), startedAt: z.string() });
type Holder = z.infer<typeof holderSchema>;

export interface FolderLock {
  release(): Promise<void>;
}

/**
 * Takes a folder for this process alone. The lock of a process that is gone (also where its pid has been given
 * to another since) is taken over.
 *
 * Locks are numbered and the highest one counts. Taking over is making the next one, which a file system lets
 * only one process do; replacing a stale file instead would let a slow one remove the new lock of a fast one.
 *
 * @throws PreconditionFailed FOLDER_IN_USE, with the pid that holds it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const draft = join(folder, `in-use-draft-${randomUUID()}`);
  const own: Holder = { pid: process.pid, startedAt: (await startOfProcess(process.pid)) ?? '' };
  await writeFile(draft, JSON.stringify(own), { mode: 0o644 });
  try {
    for (;;) {
      const highest = (await lockNumbers(folder)).at(-1) ?? 0;
      const holder = await holderOf(lockFile(folder, highest));
      if (holder !== undefined && (await isAlive(holder))) throw inUse(folder, holder);
      if (await isOurs(folder, highest + 1, draft)) return await lockOf(folder, highest + 1);
    }
  } finally {
    await rm(draft, { force: true });
  }
}

/** Whether a file of this name, in a locked folder, is the lock. */
export function isLockFile(name: string): boolean {
  return LOCK_FILE.test(name);
}

/** A link appears with its content complete, or not at all; it counts only if no higher one came before it. */
async function isOurs(folder: string, number: number, draft: string): Promise<boolean> {
  const file = lockFile(folder, number);
  try {
    await link(draft, file);
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
  if ((await lockNumbers(folder)).at(-1) === number) return true;
  await rm(file, { force: true });
  return false;
}

async function lockOf(folder: string, number: number): Promise<FolderLock> {
  const lower = (await lockNumbers(folder)).filter((other) => other < number);
  for (const other of lower) await rm(lockFile(folder, other), { force: true });
  // Emptied, not removed: the numbers must never go down.
  return { release: () => writeFile(lockFile(folder, number), '') };
}

async function lockNumbers(folder: string): Promise<number[]> {
  const numbers = (await readdir(folder)).flatMap((name) => LOCK_FILE.exec(name)?.[1] ?? []);
  return numbers.map(Number).sort((a, b) => a - b);
}

async function holderOf(file: string): Promise<Holder | undefined> {
  try {
    return holderSchema.safeParse(JSON.parse(await readFile(file, 'utf8'))).data;
  } catch {
    return undefined; // released, or never taken
  }
}

async function isAlive({ pid, startedAt }: Holder): Promise<boolean> {
  return (await startOfProcess(pid)) === startedAt;
}

function lockFile(folder: string, number: number): string {
  return join(folder, `in-use-${number}.json`);
}

function inUse(folder: string, { pid }: Holder): PreconditionFailed {
  return new PreconditionFailed({
    code: 'FOLDER_IN_USE',
    given: `The folder ${folder} is in use by process ${pid}`,
    allowed: 'one process at a time',
    fix: `stop that process (Ctrl-C where it runs, or kill ${pid}), or use another folder (SCREENTEST_DATA_DIR)`,
  });
}
