import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readArchiverState, readClusterFacts } from '../../database/backup-session.ts';
import { withConnection } from '../../prisma/connection.ts';
import { findBackupFolder, listBackups } from './backup-folder.ts';
import { archivedSegments } from './wal-archive.ts';

/** What watches over backups asks: doctor, and the worker's metrics. */
export interface BackupHealth {
  readonly newestVerified: { readonly id: string; readonly ageSeconds: number } | undefined;
  /** Of the archive's newest segment; undefined where none has been archived. */
  readonly newestWalAgeSeconds: number | undefined;
  /** Whether the server ships its log to this folder. */
  readonly isArchived: boolean;
  /** Attempts that the server's archiver failed, since its statistics began. */
  readonly archiverFailures: number;
  /** In sentences; none when all is well. */
  readonly problems: readonly string[];
}

/** A day, and two hours in which the next one is taken. */
const OLDEST_BACKUP_SECONDS = 26 * 3600;

/** Looks at the folder and asks the server. @throws what finding the folder and connecting throw */
export async function backupHealth(
  given: { readonly folder: string; readonly databaseUrl: string },
  now = new Date(),
): Promise<BackupHealth> {
  const folder = await findBackupFolder(given.folder);
  const { facts, archiver } = await withConnection(given.databaseUrl, async (client) => ({
    facts: await readClusterFacts(client),
    archiver: await readArchiverState(client),
  }));
  const backups = await listBackups(folder);
  const newest = backups.findLast(
    ({ method, verifiedAt }) => method !== 'pg_dump' && verifiedAt !== undefined,
  );
  const age = (at: Date) => (now.getTime() - at.getTime()) / 1000;
  const lastSegment = (await archivedSegments(folder.wal)).at(-1);
  const archivedAt =
    lastSegment === undefined ? undefined : (await stat(join(folder.wal, `${lastSegment}.gz`))).mtime;
  const isArchived = facts.archiveCommand?.includes(folder.wal) ?? false;
  const { lastFailedAt, lastArchivedAt, lastFailedSegment, failures } = archiver;
  const isFailing =
    lastFailedAt !== undefined && (lastArchivedAt === undefined || lastFailedAt > lastArchivedAt);
  const problems: string[] = [];
  if (newest === undefined)
    problems.push(`${folder.path} holds no verified backup; run \`screentest backup\``);
  else if (age(newest.finishedAt) > OLDEST_BACKUP_SECONDS) {
    const hours = Math.floor(age(newest.finishedAt) / 3600);
    problems.push(
      `the newest verified backup, ${newest.id}, is ${hours} hours old; run \`screentest backup\``,
    );
  }
  if (!isArchived) {
    problems.push(
      `the server does not ship its log to ${folder.wal}: only the moments of backups can be restored`,
    );
  } else if (isFailing) {
    problems.push(
      `the server can't archive its log: ${failures} failures, the last of ${lastFailedSegment} at ${lastFailedAt.toISOString()}`,
    );
  }
  return {
    newestVerified: newest && { id: newest.id, ageSeconds: age(newest.finishedAt) },
    newestWalAgeSeconds: archivedAt && age(archivedAt),
    isArchived,
    archiverFailures: failures,
    problems,
  };
}
