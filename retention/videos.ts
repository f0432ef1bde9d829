import { recordExpiry, videosPastTheirTime } from '../database/old-videos.ts';
import type { RetentionRules } from '../domain/retention.ts';
import type { FileDependencies } from './month-file.ts';

export interface ExpiredVideos {
  readonly videos: number;
  readonly bytes: number;
}

/**
 * Removes up to `limit` videos whose time is over from the store. The file first: a row that says so too early would leave
 * a file that nobody looks for. Nothing where no rule is set.
 */
export async function expireVideos(
  { database, store, rules }: FileDependencies & { readonly rules: RetentionRules },
  now: Date,
  limit: number,
  onProgress: (what: string) => void,
): Promise<ExpiredVideos> {
  const videos = await videosPastTheirTime(database, rules, now, limit);
  let bytes = 0;
  for (const video of videos) {
    onProgress(`removing ${video.key}`);
    await store.remove(video.key);
    await recordExpiry(database, video);
    bytes += video.sizeBytes;
  }
  return { videos: videos.length, bytes };
}
