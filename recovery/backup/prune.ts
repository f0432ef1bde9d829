import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Backup, type BackupFolder, listBackups, removeBackup } from './backup-folder.ts';
import { firstSegmentOf } from './verify-backup.ts';

/** What no restore within the days that are kept would read. */
export interface PrunePlan {
  readonly backups: readonly Backup[];
  /** Files of the archive. */
  readonly wal: readonly string[];
  /** The oldest moment that can be restored afterwards; undefined where none can be. */
  readonly reachesBackTo: Date | undefined;
}

/** A segment, or the note that a backup leaves in the archive beside it; a timeline's history is always kept. */
const PRUNED_WAL = /^[0-9A-F]{8}([0-9A-F]{16})(\.[0-9A-F]{8}\.backup)?\.gz$/;

const DAY_MS = 86_400_000;

/**
 * A moment `keepDays` ago can be restored from the newest good backup before it and the log from there on: those are
 * kept, and all that came later. Where there is no good backup that old, nothing is too much. So the last good one is
 * always kept, however old it is.
 */
export async function planPruning(
  folder: BackupFolder,
  keepDays: number,
  now = new Date(),
): Promise<PrunePlan> {
  const backups = await listBackups(folder);
  const oldestWanted = new Date(now.getTime() - keepDays * DAY_MS);
  const whole = backups.filter(({ method }) => method !== 'pg_dump');
  const good = whole.filter(({ verifiedAt }) => verifiedAt !== undefined);
  const base = good.findLast(({ finishedAt }) => finishedAt <= oldestWanted);
  const dumps = backups.filter(({ method }) => method === 'pg_dump');
  const spared = dumps.at(-1);
  const doomed = [
    ...whole.filter(({ finishedAt }) => base !== undefined && finishedAt < base.finishedAt),
    ...dumps.filter((dump) => dump !== spared && dump.finishedAt < oldestWanted),
  ];
  const kept = whole.filter((backup) => !doomed.includes(backup));
  return {
    backups: doomed,
    wal: await walBefore(folder, kept),
    reachesBackTo: (base ?? good[0])?.finishedAt,
  };
}

/** Removes what the plan names. */
export async function prune(folder: BackupFolder, plan: PrunePlan): Promise<void> {
  // The backups first: one without its log would be good for nothing, and looks as if it were good.
  for (const backup of plan.backups) await removeBackup(folder, backup);
  for (const name of plan.wal) await rm(join(folder.wal, name), { force: true });
}

/** On whichever timeline: places in the log go on where a timeline branches off. */
async function walBefore(folder: BackupFolder, kept: readonly Backup[]): Promise<readonly string[]> {
  const starts = await Promise.all(kept.map(firstSegmentOf));
  const oldest = starts.map((segment) => segment.slice(8)).sort()[0];
  if (oldest === undefined) return [];
  return (await readdir(folder.wal)).filter((name) => {
    const place = PRUNED_WAL.exec(name)?.[1];
    return place !== undefined && place < oldest;
  });
}
