import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOfProcess } from '../../local/process-identity.ts';
import { barredAt, serverUser } from '../../local/server-user.ts';

const NAME = /^drill-(\d+)-/;

/** A folder of its own below `parent`, by whose name its process is known; those of processes that were killed go. */
export async function makeScratchFolder(parent: string): Promise<string> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  for (const name of await readdir(parent)) {
    const pid = NAME.exec(name)?.[1];
    if (pid === undefined || (await startOfProcess(Number(pid))) !== undefined) continue;
    await removeScratchFolder(join(parent, name));
  }
  const folder = await mkdtemp(join(parent, `drill-${process.pid}-`));
  // As root PostgreSQL's user must get through to the clusters in it, which are its own alone.
  if (serverUser() !== undefined) {
    for (const path of [parent, folder]) await chmod(path, 0o711);
  }
  return folder;
}

/** A server that was killed with its process may go on writing for a moment. */
export function removeScratchFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 12, retryDelay: 100 });
}

/** A temporary folder that PostgreSQL's user can enter when we are root. */
export function scratchParent(): string {
  const user = serverUser();
  const base = [tmpdir(), '/tmp', '/var/tmp'].find((folder) => barredAt(folder, user) === undefined);
  return join(base ?? tmpdir(), `screentest-drills-${process.getuid?.() ?? 'own'}`);
}
