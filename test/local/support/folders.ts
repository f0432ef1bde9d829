import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { barredAt, serverUser } from '../../../local/server-user.ts';

const made: string[] = [];

/** A new folder that PostgreSQL's user can enter too; removed by `removeFolders`. */
export async function newFolder(mode = 0o711): Promise<string> {
  const user = serverUser();
  const base =
    [tmpdir(), '/tmp', '/var/tmp'].find((folder) => barredAt(folder, user) === undefined) ?? tmpdir();
  const folder = await mkdtemp(join(base, 'screentest-test-local-'));
  await chmod(folder, mode);
  made.push(folder);
  return folder;
}

export async function removeFolders(): Promise<void> {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
}
