import { Context } from '@temporalio/activity';
import { beatWhile } from './heartbeat.ts';

export type BackupActivities = ReturnType<typeof createBackupActivities>;

export interface BackupSummary {
  readonly id: string;
  readonly method: string;
  readonly bytes: number;
  readonly seconds: number;
  /** Whether later moments can be restored too. */
  readonly isArchived: boolean;
  /** Backups and files of the log that were older than they need be. */
  readonly removed: { readonly backups: number; readonly wal: number };
  /** ISO 8601: the oldest moment that can be restored. */
  readonly reachesBackTo: string | undefined;
}

export interface DrillSummary {
  readonly hasPassed: boolean;
  readonly tables: number;
  readonly rows: number;
  readonly recoverySeconds: number;
  readonly backupRestoredInSeconds: number | undefined;
  /** The first of them; none when it has passed. */
  readonly differences: readonly string[];
  /** On the worker's machine: all that came out. */
  readonly reportFile: string;
}

/** What a worker can do that knows where backups are kept. */
export interface BackupDuty {
  readonly backUp: (log: (line: string) => void, signal: AbortSignal) => Promise<BackupSummary>;
  readonly drill: (log: (line: string) => void, signal: AbortSignal) => Promise<DrillSummary>;
}

export function createBackupActivities(duty: BackupDuty) {
  async function takeScheduledBackup(): Promise<BackupSummary> {
    using beating = beatWhile({ status: 'beginning' });
    return duty.backUp((status) => beating.tell({ status }), Context.current().cancellationSignal);
  }

  async function runScheduledDrill(): Promise<DrillSummary> {
    using beating = beatWhile({ status: 'beginning' });
    return duty.drill((status) => beating.tell({ status }), Context.current().cancellationSignal);
  }

  return { takeScheduledBackup, runScheduledDrill };
}
