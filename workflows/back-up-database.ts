import { setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import type { BackupSummary } from '../activities/backup.ts';
import { named, takeScheduledBackup } from './activities.ts';
import { type NotDone, unlessUnclaimed } from './unless-unclaimed.ts';

/** Run by a schedule every day. */
export async function backUpDatabase(): Promise<BackupSummary | NotDone> {
  return unlessUnclaimed('backup', async () => {
    const backup = await named(takeScheduledBackup, 'full backup, verified')();
    const { id, bytes, seconds, isArchived, reachesBackTo } = backup;
    const reach = isArchived ? `every moment from ${reachesBackTo} on` : 'the end of each backup alone';
    setCurrentDetails(
      `Backup **${id}**: ${Math.round(bytes / 1e6)} MB in ${seconds.toFixed(1)} s, verified. Can be restored: ${reach}.`,
    );
    upsertMemo({ backup: id });
    return backup;
  });
}
