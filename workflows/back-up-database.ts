import { setCurrentDetails, upsertMemo } from '@temporalio/workflow';
import type { BackupSummary } from '../activities/backup.ts';
import { named, takeScheduledBackup } from './activities.ts';
import { CLAIM, type Claim, type NotDone, unlessUnclaimed } from './unless-unclaimed.ts';

/** Run by a schedule every day. */
export async function backUpDatabase(claim: Claim = CLAIM): Promise<BackupSummary | NotDone> {
  return unlessUnclaimed('backup', claim, async () => {
    const waiting = { scheduleToStartTimeout: claim.withinMs };
    const backup = await named(takeScheduledBackup, 'full backup, verified', waiting)();
    const { id, bytes, seconds, isArchived, reachesBackTo } = backup;
    const reach = isArchived ? `every moment from ${reachesBackTo} on` : 'the end of each backup alone';
    setCurrentDetails(
      `Backup **${id}**: ${Math.round(bytes / 1e6)} MB in ${seconds.toFixed(1)} s, verified. Can be restored: ${reach}.`,
    );
    upsertMemo({ backup: id });
    return backup;
  });
}
