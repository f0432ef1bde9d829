import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  copyFile,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
} from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { ClusterFacts } from '../../database/backup-session.ts';
import { BadInput, NotFound, PreconditionFailed } from '../../domain/errors.ts';
import { errorMessage } from '../../local/node-errors.ts';
import { startOfProcess } from '../../local/process-identity.ts';
import { barredAt, serverUser } from '../../local/server-user.ts';
import { backupScript } from './wal-archive.ts';

/**
 * Where backups are kept:
 *
 *     backups/<id>/backup.json      what it is, and when it was last verified
 *     backups/<id>/data/            a data directory, as pg_basebackup makes it, with its backup_manifest
 *     wal/<segment>.gz              the write-ahead log
 *     bin/                          the scripts that PostgreSQL calls
 *     drills/                       what the restore drills said
 */
export interface BackupFolder {
  readonly path: string;
  readonly backups: string;
  readonly wal: string;
  readonly drills: string;
  readonly archiveScript: string;
  readonly fetchScript: string;
}

/** Of a backup that holds rows alone. */
export const DUMP_FILE = 'database.dump';
const RECORD_FILE = 'backup.json';
const DRAFT = /^\.draft-(\d+)-/;
const SETTING = 'SCREENTEST_BACKUP_DIR';

const instant = z.iso.datetime().transform((text) => new Date(text));

const recordSchema = z.object({
  /** `copy`: the files, by us; `pg_basebackup`; `pg_dump`: rows only, of one database. */
  method: z.enum(['copy', 'pg_basebackup', 'pg_dump']),
  startedAt: instant,
  /** By the database's clock; the earliest moment that can be restored from it. */
  finishedAt: instant,
  serverVersion: z.number(),
  systemIdentifier: z.string(),
  superuser: z.string().default('postgres'),
  walSegmentBytes: z.number().default(16_777_216),
  bytes: z.number(),
  /** Whether the log after it goes to this folder: without that only the moment of its end can be restored. */
  isArchived: z.boolean(),
  /** SHA-256 of the segments in it, where no tool of PostgreSQL's reads them. */
  wal: z.record(z.string(), z.string()).optional(),
  /** SHA-256 of the dump. */
  dump: z.string().optional(),
  verifiedAt: instant.optional(),
});

export type BackupRecord = z.output<typeof recordSchema>;

/** What a backup's record takes from the server. */
export function describedBy(
  facts: ClusterFacts,
): Pick<BackupRecord, 'serverVersion' | 'systemIdentifier' | 'superuser' | 'walSegmentBytes'> {
  const { serverVersion, systemIdentifier, superuser, walSegmentBytes } = facts;
  return { serverVersion, systemIdentifier, superuser, walSegmentBytes };
}

export interface Backup extends BackupRecord {
  readonly id: string;
  readonly path: string;
  readonly dataDirectory: string;
}

/**
 * The folder, made when missing, for its owner alone; as root PostgreSQL's own user may get through to the log, and to
 * nothing else.
 * @throws BadInput BACKUP_FOLDER_NOT_USABLE; PreconditionFailed BACKUP_FOLDER_OUT_OF_REACH
 */
export async function openBackupFolder(given: string): Promise<BackupFolder> {
  const user = serverUser();
  try {
    await mkdir(given, { recursive: true, mode: 0o700 });
    const folder = layoutOf(await realpath(given));
    if (user !== undefined) await chmod(folder.path, 0o711);
    const barred = barredAt(folder.path, user);
    if (barred !== undefined) throw outOfReach(folder.path, barred, user?.name ?? '');
    for (const own of [folder.backups, folder.drills, folder.wal]) {
      await mkdir(own, { recursive: true, mode: 0o700 });
    }
    if (user !== undefined) await chown(folder.wal, user.uid, user.gid);
    // A copy: the package may be where the server's user can't enter, or be replaced by another version.
    await mkdir(join(folder.path, 'bin'), { recursive: true, mode: 0o755 });
    await installScript('archive-wal.sh', folder.archiveScript);
    await installScript('fetch-wal.sh', folder.fetchScript);
    return folder;
  } catch (cause) {
    if (cause instanceof PreconditionFailed) throw cause;
    throw new BadInput({
      code: 'BACKUP_FOLDER_NOT_USABLE',
      given: `The folder for backups ${given} can't be used (${errorMessage(cause)})`,
      allowed: 'a folder that this user may make and write',
      fix: `set ${SETTING} to such a folder`,
      cause,
    });
  }
}

/**
 * The folder of whoever wants to read backups: none is made where a name is mistyped.
 * @throws NotFound BACKUP_FOLDER_NOT_FOUND; and as `openBackupFolder` does
 */
export async function findBackupFolder(given: string): Promise<BackupFolder> {
  if (existsSync(layoutOf(given).backups)) return openBackupFolder(given);
  throw new NotFound({
    code: 'BACKUP_FOLDER_NOT_FOUND',
    given: `There are no backups in ${given}`,
    allowed: 'a folder that `screentest backup` or ops/backup/base-backup.sh has filled',
    fix: 'name the right folder (--from, or SCREENTEST_BACKUP_DIR)',
  });
}

function layoutOf(path: string): BackupFolder {
  return {
    path,
    backups: join(path, 'backups'),
    wal: join(path, 'wal'),
    drills: join(path, 'drills'),
    archiveScript: join(path, 'bin', 'archive-wal.sh'),
    fetchScript: join(path, 'bin', 'fetch-wal.sh'),
  };
}

async function installScript(name: Parameters<typeof backupScript>[0], to: string): Promise<void> {
  const draft = `${to}.${process.pid}`;
  await copyFile(backupScript(name), draft);
  await chmod(draft, 0o755);
  await rename(draft, to);
}

/** Fills a new backup under another name and renames it when it is whole: nobody takes a half one for a backup. */
export async function addBackup(
  folder: BackupFolder,
  startedAt: Date,
  fill: (draft: { readonly path: string; readonly dataDirectory: string }) => Promise<BackupRecord>,
): Promise<Backup> {
  await removeAbandonedDrafts(folder);
  const id = startedAt.toISOString().replaceAll(/[-:]/g, '');
  const path = join(folder.backups, `.draft-${process.pid}-${id}`);
  try {
    await mkdir(path, { mode: 0o700 });
    const record = await fill({ path, dataDirectory: join(path, 'data') });
    await writeRecord(path, record);
    await rename(path, join(folder.backups, id));
    await syncDirectory(folder.backups);
  } catch (error) {
    await rm(path, { recursive: true, force: true });
    throw error;
  }
  return findBackup(folder, id);
}

/** All that are whole, the oldest first. */
export async function listBackups(folder: BackupFolder): Promise<readonly Backup[]> {
  const names = (await readdir(folder.backups)).filter((name) => !name.startsWith('.')).sort();
  return Promise.all(names.map((name) => readBackup(folder, name)));
}

/** @throws NotFound BACKUP_NOT_FOUND */
export async function findBackup(folder: BackupFolder, id: string): Promise<Backup> {
  const backups = await listBackups(folder);
  const found = backups.find((backup) => backup.id === id);
  if (found !== undefined) return found;
  throw new NotFound({
    code: 'BACKUP_NOT_FOUND',
    given: `There is no backup ${id} in ${folder.path}`,
    allowed: backups.map((backup) => backup.id).join(', ') || 'nothing: it holds none',
    fix: '`screentest backup list` shows them',
  });
}

export async function noteVerified({ path, ...backup }: Backup, at: Date): Promise<void> {
  await writeRecord(
    path,
    recordSchema.parse({ ...JSON.parse(JSON.stringify(backup)), verifiedAt: at.toISOString() }),
  );
}

export async function removeBackup(folder: BackupFolder, { id, path }: Backup): Promise<void> {
  // No longer listed from the first moment on, though removing takes a while.
  const doomed = join(folder.backups, `.draft-0-${id}`);
  await rename(path, doomed);
  await rm(doomed, { recursive: true, force: true });
}

async function readBackup(folder: BackupFolder, id: string): Promise<Backup> {
  const path = join(folder.backups, id);
  try {
    const record = recordSchema.parse(JSON.parse(await readFile(join(path, RECORD_FILE), 'utf8')));
    return { ...record, id, path, dataDirectory: join(path, 'data') };
  } catch (cause) {
    throw new PreconditionFailed({
      code: 'BACKUP_UNREADABLE',
      given: `${join(path, RECORD_FILE)} can't be read (${errorMessage(cause)})`,
      allowed: 'the file that was written with the backup',
      fix: `move ${path} elsewhere if it is no backup of screentest's, or take a new backup and remove it`,
      cause,
    });
  }
}

async function writeRecord(path: string, record: BackupRecord): Promise<void> {
  const file = join(path, RECORD_FILE);
  const draft = await open(`${file}.draft`, 'w', 0o600);
  try {
    await draft.writeFile(`${JSON.stringify(record, undefined, 2)}\n`);
    await draft.sync();
  } finally {
    await draft.close();
  }
  await rename(`${file}.draft`, file);
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** Of runs that were killed, and of removals that were. */
async function removeAbandonedDrafts(folder: BackupFolder): Promise<void> {
  for (const name of await readdir(folder.backups)) {
    const pid = DRAFT.exec(name)?.[1];
    if (pid === undefined || (await startOfProcess(Number(pid))) !== undefined) continue;
    await rm(join(folder.backups, name), { recursive: true, force: true });
  }
}

function outOfReach(path: string, barred: string, user: string): PreconditionFailed {
  return new PreconditionFailed({
    code: 'BACKUP_FOLDER_OUT_OF_REACH',
    given: `The folder for backups is ${path}; as root PostgreSQL runs as the user ${user}, who may not enter ${barred}`,
    allowed: 'a folder whose every parent that user may enter',
    fix: `set ${SETTING} to another folder, or chmod o+x ${barred}`,
  });
}
