import { continueAsNew } from '@temporalio/workflow';
import { archiveOldCampaigns, named } from './activities.ts';
import { BATCHES_A_RUN } from './messages.ts';
import { showWork } from './show-work.ts';

/** Run by a schedule: campaigns that were completed a year ago are archived, a batch at a time. */
export async function archiveCampaigns(archived = 0): Promise<{ readonly archived: number }> {
  let all = archived;
  for (let batch = 0; batch < BATCHES_A_RUN; batch++) {
    showWork({ archived: all });
    const more = await named(archiveOldCampaigns, `after the first ${all}`)();
    if (more === 0) return { archived: all };
    all += more;
  }
  return continueAsNew<typeof archiveCampaigns>(all);
}
