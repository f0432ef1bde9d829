import { continueAsNew } from '@temporalio/workflow';
import { expireOldVideos, named } from './activities.ts';
import { BATCHES_A_RUN } from './messages.ts';
import { showWork } from './show-work.ts';

interface Expired {
  readonly videos: number;
  readonly bytes: number;
}

/** Run by a schedule: stored videos whose time is over by rule are removed, a batch at a time. */
export async function expireVideos(before: Expired = { videos: 0, bytes: 0 }): Promise<Expired> {
  let all = before;
  for (let batch = 0; batch < BATCHES_A_RUN; batch++) {
    showWork({ ...all });
    const more = await named(expireOldVideos, `after the first ${all.videos}`)();
    if (more.videos === 0) return all;
    all = { videos: all.videos + more.videos, bytes: all.bytes + more.bytes };
  }
  return continueAsNew<typeof expireVideos>(all);
}
