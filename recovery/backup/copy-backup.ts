import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import {
  type ClusterFacts,
  readArchiverState,
  startBackup,
  stopBackup,
} from '../../database/backup-session.ts';
import { PreconditionFailed } from '../../domain/errors.ts';
import { addBackup, type Backup, type BackupFolder, describedBy } from './backup-folder.ts';
import { copyCluster, systemIdentifierOf } from './copy-cluster.ts';
import { copyFile } from './copy-files.ts';
import { type BackedUpFile, writeManifest } from './manifest.ts';
import { countBytes } from './progress.ts';
import { archivedSegments, parseSegment, segmentsBetween } from './wal-archive.ts';

/** How long the server may take to ship the segment in which a backup ended, in milliseconds. */
const ARCHIVED_WITHIN_MS = 60_000;

export interface CopyBackupOptions {
  readonly folder: BackupFolder;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Where the server's files are, if this process may read them and they are that server's. */
export async function readableDataDirectory(facts: ClusterFacts): Promise<string | undefined> {
  const { dataDirectory, systemIdentifier } = facts;
  if (dataDirectory === undefined) return undefined;
  const found = await systemIdentifierOf(dataDirectory).catch(() => undefined);
  return found === systemIdentifier ? dataDirectory : undefined;
}

/**
 * A backup with nothing but the server and its files: no program of PostgreSQL's is needed. The log that it needs
 * comes with it, so that it can be restored alone; what came after is the archive's.
 * @throws PreconditionFailed BACKUP_NOT_ALLOWED, WAL_NOT_ARCHIVED
 */
export async function copyBackup(
  client: pg.Client,
  facts: ClusterFacts,
  dataDirectory: string,
  { folder, log, signal }: CopyBackupOptions,
): Promise<Backup> {
  const start = await startBackup(client, 'screentest').catch(rethrowRefusal);
  return addBackup(folder, start.at, async (draft) => {
    const copying = { mode: 0o600, signal, onBytes: countBytes('copied', facts.bytes, log) };
    const files = [...(await copyCluster(dataDirectory, draft.dataDirectory, copying))];
    const stop = await stopBackup(client);
    files.push(await addLabel(draft.dataDirectory, stop.labelFile));
    const wal: Record<string, string> = {};
    for (const segment of segmentsBetween(start.segment, stop.segment, facts.walSegmentBytes)) {
      const place = join('pg_wal', segment);
      const copied = await copyFile(join(dataDirectory, place), join(draft.dataDirectory, place), copying);
      wal[segment] = copied.sha256;
    }
    const timeline = parseSegment(start.segment, facts.walSegmentBytes)?.timeline ?? 1;
    const walRange = { timeline, startLsn: start.lsn, endLsn: stop.lsn };
    await writeManifest(draft.dataDirectory, { files, walRange });
    const isArchived = facts.archiveCommand?.includes(folder.wal) ?? false;
    if (isArchived) await untilArchived(client, folder, stop.segment, signal);
    return {
      ...describedBy(facts),
      method: 'copy',
      startedAt: start.at,
      finishedAt: stop.at,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      isArchived,
      wal,
    };
  });
}

/** Tells recovery where in the log to begin: without it a copy of a running server's files is not consistent. */
async function addLabel(dataDirectory: string, content: string): Promise<BackedUpFile> {
  await writeFile(join(dataDirectory, 'backup_label'), content, { mode: 0o600, flush: true });
  return {
    path: 'backup_label',
    bytes: Buffer.byteLength(content),
    modifiedAt: new Date(),
    sha256: createHash('sha256').update(content).digest('hex'),
  };
}

/** @throws PreconditionFailed WAL_NOT_ARCHIVED, with what the server says of it */
export async function untilArchived(
  client: pg.Client,
  folder: BackupFolder,
  segment: string,
  signal?: AbortSignal,
): Promise<void> {
  const deadline = Date.now() + ARCHIVED_WITHIN_MS;
  for (;;) {
    if ((await archivedSegments(folder.wal)).includes(segment)) return;
    if (Date.now() > deadline) break;
    await sleep(50, undefined, { signal });
  }
  const { failures, lastFailedSegment, lastFailedAt } = await readArchiverState(client);
  const failed =
    lastFailedSegment === undefined
      ? 'the server reports no failure'
      : `${failures} failures, the last of ${lastFailedSegment} at ${lastFailedAt?.toISOString()}`;
  throw new PreconditionFailed({
    code: 'WAL_NOT_ARCHIVED',
    given: `The segment ${segment} did not reach ${folder.wal} within ${ARCHIVED_WITHIN_MS / 1000} s (${failed})`,
    allowed: 'an archive that takes the log',
    fix: "the server's log says what its archive_command said; is the disk full, or does another server archive there?",
  });
}

/** Insufficient privilege, in whichever call. */
function rethrowRefusal(error: unknown): never {
  const isRefusal = error instanceof Error && 'code' in error && error.code === '42501';
  if (!isRefusal) throw error;
  throw new PreconditionFailed({
    code: 'BACKUP_NOT_ALLOWED',
    given: `The database's user may not take a backup (${error.message})`,
    allowed: 'a superuser, or a user with REPLICATION and EXECUTE on pg_backup_start and pg_backup_stop',
    fix: 'name such a user in DATABASE_URL for this command',
    cause: error,
  });
}
