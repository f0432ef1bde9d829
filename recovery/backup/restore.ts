import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, mkdtemp, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { Client } from 'pg';
import { type Contents, readContents, setSuperuserPassword } from '../../database/contents.ts';
import { BadInput } from '../../domain/errors.ts';
import { isLockFile, lockFolder } from '../../local/folder-lock.ts';
import { errorCode } from '../../local/node-errors.ts';
import { waitUntilServerIsGone } from '../../local/postgres-cluster.ts';
import { barredAt, type ServerUser, serverUser } from '../../local/server-user.ts';
import { type Backup, type BackupFolder, listBackups } from './backup-folder.ts';
import { copyFile, forEachFew } from './copy-files.ts';
import { onDisk, refuseSmallDisk } from './disk-space.ts';
import { readManifest } from './manifest.ts';
import { countBytes } from './progress.ts';
import { recover } from './recovering-server.ts';
import { chooseBackup, type RestoreTarget } from './restore-target.ts';
import { serverProgram } from './server-program.ts';
import { damaged, firstSegmentOf, segmentMissing } from './verify-backup.ts';
import { missingSegments } from './wal-archive.ts';

export interface RestoreOptions {
  readonly folder: BackupFolder;
  readonly target: RestoreTarget;
  /** A folder that does not exist yet, or is empty. */
  readonly into: string;
  /** The id of a backup; left out, the newest that ended before the target. */
  readonly backup?: string;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Restored {
  readonly backup: string;
  /** As `startPostgres` takes it: the cluster, and the new password of its superuser, in two files. */
  readonly folder: string;
  readonly cluster: string;
  /** When the newest change was that is in it; undefined where it holds none from after the backup began. */
  readonly lastTransaction: string | undefined;
  /** What was found in each database when all of it was read. */
  readonly contents: readonly Contents[];
  readonly seconds: { readonly copy: number; readonly replay: number; readonly read: number };
}

const DRAFT_PREFIX = 'cluster.restoring-';
const RECOVERY_LOG = 'recovery.log';
/** Room for the log that is replayed, beside the files. */
const ROOM = 1.3;

/**
 * Restores a backup and replays the log up to the target, into a folder of its own, never over anything. Every byte
 * is held against the backup's checksums on its way, and every table is read once. The server is stopped afterwards.
 * @throws BadInput RESTORE_FOLDER_NOT_EMPTY; NotFound NO_BACKUP; PreconditionFailed: no archive, a target before the
 *   first backup or after the archive's end, the disk, a missing or damaged segment or file, no server of its version
 */
export async function restore(options: RestoreOptions): Promise<Restored> {
  const { folder, target, log } = options;
  const backup = chooseBackup(folder, await listBackups(folder), target, options.backup);
  if (target.kind === 'latest' && backup.isArchived) await refuseGaps(folder, backup);
  const user = serverUser();
  const major = Math.floor(backup.serverVersion / 10_000);
  const postgres = await serverProgram(major, dirname(folder.archiveScript), user);
  const into = await newFolder(options.into, user);
  const lock = await lockFolder(into);
  let draft: string | undefined;
  try {
    await removeDrafts(into);
    await refuseSmallDisk(into, backup.bytes * ROOM, 'the restored database');
    log(`restoring the backup ${backup.id} into ${into}`);
    draft = await mkdtemp(join(into, DRAFT_PREFIX));
    const startedAt = performance.now();
    const copy = draft;
    await onDisk(into, () => copyBackupTo(backup, copy, user, options));
    if (backup.isArchived) await letReadWal(folder, user);
    const copiedAt = performance.now();
    let openedAt = copiedAt;
    const password = randomBytes(24).toString('base64url');
    const contents: Contents[] = [];
    const { lastTransaction } = await recover(
      { ...options, backup, cluster: draft, postgres, user, logFile: join(into, RECOVERY_LOG) },
      async (connect) => {
        openedAt = performance.now();
        log('the log is replayed; reading every table');
        for (const database of await databasesOf(connect)) {
          contents.push(await withClient(connect(database), readContents));
        }
        await withClient(connect('template1'), (client) =>
          setSuperuserPassword(client, backup.superuser, password),
        );
      },
    );
    await addMissingConfiguration(draft, user);
    await writeFile(join(into, 'password'), password, { mode: 0o600 });
    const cluster = join(into, 'cluster');
    await rename(draft, cluster);
    return {
      backup: backup.id,
      folder: into,
      cluster,
      lastTransaction,
      contents,
      seconds: {
        copy: (copiedAt - startedAt) / 1000,
        replay: (openedAt - copiedAt) / 1000,
        read: (performance.now() - openedAt) / 1000,
      },
    };
  } finally {
    // Renamed when all went well.
    if (draft !== undefined) await rm(draft, { recursive: true, force: true });
    await lock.release();
  }
}

/** Of attempts that were killed; their servers end by themselves. */
async function removeDrafts(into: string): Promise<void> {
  for (const name of await readdir(into)) {
    if (!name.startsWith(DRAFT_PREFIX)) continue;
    await waitUntilServerIsGone(join(into, name));
    await rm(join(into, name), { recursive: true, force: true });
  }
}

/** Where all is wanted, all must be there: PostgreSQL itself would take a gap for the archive's end. */
async function refuseGaps(folder: BackupFolder, backup: Backup): Promise<void> {
  const missing = await missingSegments(folder.wal, await firstSegmentOf(backup), backup.walSegmentBytes);
  const [first] = missing;
  if (first !== undefined) throw segmentMissing(folder, first, missing.length);
}

async function newFolder(given: string, user: ServerUser | undefined): Promise<string> {
  await mkdir(given, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw notUsable(given, `it can't be made (${errorCode(cause) ?? String(cause)})`);
  });
  const path = await realpath(given);
  // What an earlier attempt left: its log, for whoever asks why it failed, and where it was killed, half a copy.
  const isOurs = (name: string) => name === RECOVERY_LOG || name.startsWith(DRAFT_PREFIX) || isLockFile(name);
  const others = (await readdir(path)).filter((name) => !isOurs(name));
  if (others.length > 0) throw notUsable(path, 'it is not empty');
  if (user === undefined) return path;
  await chmod(path, 0o711);
  const barred = barredAt(path, user);
  if (barred !== undefined) throw notUsable(path, `PostgreSQL's user ${user.name} may not enter ${barred}`);
  return path;
}

async function copyBackupTo(
  backup: Backup,
  cluster: string,
  user: ServerUser | undefined,
  { log, signal }: RestoreOptions,
): Promise<void> {
  const { files } = await readManifest(backup.dataDirectory).catch((error: unknown) => {
    throw damaged(backup, [String(error)]);
  });
  for (const folder of await foldersBelow(backup.dataDirectory, '')) {
    await mkdir(join(cluster, folder), { mode: 0o700 });
    await own(join(cluster, folder), user);
  }
  await own(cluster, user);
  const segments = (await readdir(join(backup.dataDirectory, 'pg_wal'), { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => ({ path: `pg_wal/${name}`, sha256: backup.wal?.[name] }));
  const onBytes = countBytes('restored', backup.bytes, log);
  await forEachFew([...files, ...segments], async ({ path, sha256 }) => {
    const [from, to] = [join(backup.dataDirectory, path), join(cluster, path)];
    const copied = await copyFile(from, to, { mode: 0o600, onBytes, signal }).catch((error: unknown) => {
      throw errorCode(error) === 'ENOENT' ? damaged(backup, [`${path}: it is missing`]) : error;
    });
    if (sha256 !== undefined && copied.sha256 !== sha256) {
      throw damaged(backup, [`${path}: its content is not what was backed up`]);
    }
    await own(to, user);
  });
}

/** A folder of backups that root has copied from elsewhere is root's, and PostgreSQL's user could not read the log. */
async function letReadWal({ wal }: BackupFolder, user: ServerUser | undefined): Promise<void> {
  if (user === undefined) return;
  for (const name of await readdir(wal)) await own(join(wal, name), user);
}

async function foldersBelow(root: string, folder: string): Promise<readonly string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true });
  const own = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
  const below = await Promise.all(own.map((path) => foldersBelow(root, path)));
  return own.flatMap((path, index) => [path, ...(below[index] ?? [])]);
}

async function own(path: string, user: ServerUser | undefined): Promise<void> {
  if (user !== undefined) await chown(path, user.uid, user.gid);
}

async function databasesOf(connect: (database: string) => Client): Promise<readonly string[]> {
  return withClient(connect('template1'), async (client) => {
    const { rows } = await client.query<{ name: string }>(
      'SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY datname',
    );
    return rows.map(({ name }) => name);
  });
}

async function withClient<Result>(client: Client, use: (client: Client) => Promise<Result>): Promise<Result> {
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Debian keeps them elsewhere, so that a backup of its servers lacks them. */
async function addMissingConfiguration(cluster: string, user: ServerUser | undefined): Promise<void> {
  const needed = {
    'postgresql.conf': "timezone = 'UTC'\n",
    'pg_hba.conf': 'local all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n',
    'pg_ident.conf': '',
  };
  for (const [name, content] of Object.entries(needed)) {
    const path = join(cluster, name);
    try {
      await writeFile(path, content, { mode: 0o600, flag: 'wx' });
      await own(path, user);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
}

function notUsable(path: string, reason: string): BadInput {
  return new BadInput({
    code: 'RESTORE_FOLDER_NOT_USABLE',
    given: `Nothing can be restored into ${path}: ${reason}`,
    allowed: 'a folder that does not exist yet, or an empty one; nothing is ever restored over something',
    fix: 'name another folder with --into',
  });
}
