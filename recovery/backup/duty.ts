import { join } from 'node:path';
import { openBackupFolder } from './backup-folder.ts';
import { type ReplayErasures, runDrill } from './drill.ts';
import { keepReport } from './drill-report.ts';
import { planPruning, prune } from './prune.ts';
import { takeBackup } from './take-backup.ts';

/** Of a drill's differences, as many as a person reads in the Web UI; all are in its report. */
const TOLD = 10;

export interface DutySettings {
  readonly DATABASE_URL: string;
  readonly SCREENTEST_BACKUP_DIR?: string | undefined;
  readonly SCREENTEST_BACKUP_KEEP_DAYS: number;
}

/**
 * What a worker does for the schedules of backups and drills; undefined where it was not told where backups are kept.
 * @throws as `openBackupFolder` does
 */
export async function backupDuty(settings: DutySettings, replayErasures?: ReplayErasures) {
  const {
    DATABASE_URL: databaseUrl,
    SCREENTEST_BACKUP_DIR: path,
    SCREENTEST_BACKUP_KEEP_DAYS: days,
  } = settings;
  if (path === undefined) return undefined;
  const folder = await openBackupFolder(path);
  return {
    /** A backup, verified; then what is older than it need be is removed. */
    async backUp(log: (line: string) => void, signal: AbortSignal) {
      const backup = await takeBackup({ databaseUrl, folder, log, signal });
      const plan = await planPruning(folder, days);
      await prune(folder, plan);
      return {
        id: backup.id,
        method: backup.method,
        bytes: backup.bytes,
        seconds: (backup.finishedAt.getTime() - backup.startedAt.getTime()) / 1000,
        isArchived: backup.isArchived,
        removed: { backups: plan.backups.length, wal: plan.wal.length },
        reachesBackTo: plan.reachesBackTo?.toISOString(),
      };
    },

    async drill(log: (line: string) => void, signal: AbortSignal) {
      const subject = { kind: 'backup', databaseUrl, folder } as const;
      const scratch = join(folder.path, 'scratch');
      const report = await runDrill({ subject, scratch, log, signal, replayErasures });
      return {
        hasPassed: report.hasPassed,
        tables: report.tables,
        rows: report.rows,
        recoverySeconds: report.recoverySeconds,
        backupRestoredInSeconds: report.backupRestoredInSeconds,
        differences: report.differences.slice(0, TOLD),
        reportFile: await keepReport(folder, report),
      };
    },
  };
}
