import type { Backup } from '../recovery/backup/backup-folder.ts';
import { type DrillReport, RECOVERY_TARGET_SECONDS } from '../recovery/backup/drill-report.ts';
import { formatBytes, formatSeconds } from '../recovery/backup/progress.ts';
import type { PrunePlan } from '../recovery/backup/prune.ts';
import type { Restored } from '../recovery/backup/restore.ts';
import { table } from './tables.ts';

/** What a program gets to read of a backup. */
export function backupAsData(backup: Backup) {
  const { id, method, startedAt, finishedAt, verifiedAt, bytes, isArchived, serverVersion, path } = backup;
  return { id, method, startedAt, finishedAt, verifiedAt, bytes, isArchived, serverVersion, path };
}

export function describeBackup(backup: Backup): string {
  const { id, path, bytes, method, startedAt, finishedAt, isArchived } = backup;
  const took = formatSeconds((finishedAt.getTime() - startedAt.getTime()) / 1000);
  return [
    `Backup ${id}: ${formatBytes(bytes)} by ${method === 'copy' ? 'copying the files' : method} in ${took}, verified.`,
    `It is in ${path}.`,
    isArchived
      ? 'Every moment from its end on can be restored, as far as the log is archived.'
      : method === 'pg_dump'
        ? 'It holds the rows of one database; pg_restore brings them back.'
        : 'Its own end can be restored, and no later moment: the server does not ship its log there (docs/recovery.md).',
  ].join('\n');
}

export function describeBackups(backups: readonly Backup[]): string {
  if (backups.length === 0) return 'There are no backups.';
  return table(
    ['backup', 'how', 'ended', 'size', 'server', 'log follows', 'verified'],
    backups.map(({ id, method, finishedAt, bytes, serverVersion, isArchived, verifiedAt }) => [
      id,
      method,
      finishedAt.toISOString(),
      formatBytes(bytes),
      String(Math.floor(serverVersion / 10_000)),
      isArchived ? 'yes' : 'no',
      verifiedAt?.toISOString() ?? 'never',
    ]),
  );
}

export function describePlan({ backups, wal, reachesBackTo }: PrunePlan): string {
  const reach = reachesBackTo === undefined ? 'no moment' : `moments back to ${reachesBackTo.toISOString()}`;
  if (backups.length + wal.length === 0) return `Nothing is older than it need be; ${reach} can be restored.`;
  const ids = backups.map(({ id }) => id);
  return `${backups.length} backups (${ids.join(', ') || 'none'}) and ${wal.length} files of the log; afterwards ${reach} can be restored.`;
}

export function describeRestored(restored: Restored): string {
  const { backup, cluster, lastTransaction, contents, seconds } = restored;
  const tables = contents.flatMap((database) => database.tables);
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  return [
    `Restored from the backup ${backup}: ${tables.length} tables with ${rows} rows, all of them read.`,
    `The newest change in it: ${lastTransaction ?? 'none after the backup began'}.`,
    `Copied in ${formatSeconds(seconds.copy)}, the log replayed in ${formatSeconds(seconds.replay)}, everything read in ${formatSeconds(seconds.read)}.`,
    `The data directory: ${cluster} (its superuser's new password is in the file beside it).`,
    'Before anybody works on it: screentest erase-user --replay, then screentest reconcile (docs/recovery.md).',
  ].join('\n');
}

export function describeDrill(report: DrillReport): string {
  const { subject, tables, rows, bytes, steps, damage, recoverySeconds, differences } = report;
  const what = subject === 'backup' ? 'the newest backup' : 'a database of made-up campaigns';
  const target = recoverySeconds <= RECOVERY_TARGET_SECONDS ? 'under' : 'OVER';
  return [
    `Restore drill on ${what}: ${tables} tables, ${rows} rows, ${formatBytes(bytes)}.`,
    ...damage.map(({ done, noticedBy }) => `Damage: ${done}. Noticed by: ${noticedBy ?? 'NOBODY'}.`),
    '',
    table(
      ['step', 'seconds'],
      steps.map(({ name, seconds }) => [name, seconds.toFixed(2)]),
    ),
    '',
    ...describeBackupOfServer(report),
    `Time to recovery: ${formatSeconds(recoverySeconds)} (${target} the target of 1 hour).`,
    ...(report.erasuresReplayed === undefined ? [] : [`Erasures re-applied: ${report.erasuresReplayed}.`]),
    report.hasPassed
      ? `PASSED: every table is what it was, by its checksum.`
      : `FAILED:\n${differences.map((difference) => `  ${difference}`).join('\n')}`,
  ].join('\n');
}

function describeBackupOfServer({ backupRestoredInSeconds, isComparedWithServer }: DrillReport): string[] {
  if (backupRestoredInSeconds === undefined) return [];
  const compared = isComparedWithServer
    ? 'every table was held against it'
    : 'not compared with it, since its log is not archived';
  return [
    `The backup of the server in use was restored in ${formatSeconds(backupRestoredInSeconds)}; ${compared}.`,
  ];
}
