import { continueAsNew } from '@temporalio/workflow';
import { dropOldCampaigns, named } from './activities.ts';
import { BATCHES_A_RUN } from './messages.ts';
import { showWork } from './show-work.ts';

/** Run by a schedule: campaigns that ended three years ago are dropped, files and rows, a batch at a time. */
export async function dropCampaigns(dropped = 0): Promise<{ readonly dropped: number }> {
  let all = dropped;
  for (let batch = 0; batch < BATCHES_A_RUN; batch++) {
    showWork({ dropped: all });
    const more = await named(dropOldCampaigns, `after the first ${all}`)();
    if (more === 0) return { dropped: all };
    all += more;
  }
  return continueAsNew<typeof dropCampaigns>(all);
}
