import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../../local/node-errors.ts';
import { type CopyOptions, copyFile, forEachFew } from './copy-files.ts';
import type { BackedUpFile } from './manifest.ts';

/** What PostgreSQL makes anew: their folders are needed, what is in them is not. */
const EMPTIED = new Set([
  'pg_wal',
  'pg_dynshmem',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat_tmp',
  'pg_subtrans',
]);
/** What belongs to the running server, or to another backup. */
const LEFT_OUT = new Set([
  'postmaster.pid',
  'postmaster.opts',
  'current_logfiles',
  'postgresql.auto.conf.tmp',
  'backup_label',
  'backup_label.old',
  'tablespace_map',
  'backup_manifest',
  'recovery.signal',
  'standby.signal',
]);
const TEMPORARY = /^(pgsql_tmp|pg_internal\.init)|^t\d+_\d+/;

/** Says where the log begins and where the cluster stands; the last to be copied. */
const CONTROL_FILE = 'global/pg_control';

/**
 * Copies a data directory while its server runs, between `startBackup` and `stopBackup`: a page that is torn or a
 * file that vanishes meanwhile is made good by the log. Its own log is left out.
 */
export async function copyCluster(
  from: string,
  to: string,
  options: CopyOptions,
): Promise<readonly BackedUpFile[]> {
  await mkdir(to, { mode: 0o700 });
  const copied: BackedUpFile[] = [];
  const paths = await filesBelow(from, to, '');
  await forEachFew(
    paths.filter((path) => path !== CONTROL_FILE),
    async (path) => {
      try {
        copied.push({ path, ...(await copyFile(join(from, path), join(to, path), options)) });
      } catch (error) {
        // Of a table that was dropped meanwhile.
        if (errorCode(error) !== 'ENOENT') throw error;
      }
    },
  );
  copied.push(await copyControlFile(from, to, options));
  return copied.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The first 8 bytes of pg_control name the cluster: whether these are the files of the server that was asked. */
export async function systemIdentifierOf(dataDirectory: string): Promise<string> {
  const control = await readFile(join(dataDirectory, CONTROL_FILE));
  return control.readBigUInt64LE(0).toString();
}

/** Makes the folders as it goes. */
async function filesBelow(root: string, to: string, folder: string): Promise<string[]> {
  const paths: string[] = [];
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (TEMPORARY.test(entry.name) || LEFT_OUT.has(path)) continue;
    if (entry.isDirectory()) {
      await mkdir(join(to, path), { mode: 0o700 });
      if (!EMPTIED.has(path)) paths.push(...(await filesBelow(root, to, path)));
    } else if (entry.isFile()) {
      paths.push(path);
    } else if (path === 'pg_wal') {
      // The log on a disk of its own.
      await mkdir(join(to, path), { mode: 0o700 });
    }
  }
  return paths;
}

/** The server writes it in place: two readings that agree are no half of one. */
async function copyControlFile(from: string, to: string, { mode }: CopyOptions): Promise<BackedUpFile> {
  const source = join(from, CONTROL_FILE);
  for (;;) {
    const content = await readFile(source);
    await sleep(5);
    if (!content.equals(await readFile(source))) continue;
    await writeFile(join(to, CONTROL_FILE), content, { mode, flush: true });
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { path: CONTROL_FILE, bytes: content.length, modifiedAt: new Date(), sha256 };
  }
}
