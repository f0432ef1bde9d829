import { analyzeMetricTables, ensurePartitions, monthsInDefaultPartition } from '../database/partitions.ts';
import { archiveCampaigns, dropCampaigns } from './campaigns.ts';
import { type MonthDependencies, type RetiredMonths, retireMonths } from './months.ts';
import { monthsAhead } from './plan.ts';
import { type ExpiredVideos, expireVideos } from './videos.ts';

export interface MaintenanceReport extends RetiredMonths {
  /** Names of the partitions that were made. */
  readonly made: readonly string[];
  readonly archivedCampaigns: number;
  readonly expiredVideos: ExpiredVideos;
  readonly droppedCampaigns: readonly string[];
}

const BATCH = 100;

/**
 * All that the schedules do, at once and in the order in which one makes work for the next.
 * @param onProgress is told in words what is done now
 */
export async function maintain(
  dependencies: MonthDependencies,
  now: Date,
  onProgress: (what: string) => void,
): Promise<MaintenanceReport> {
  const { database } = dependencies;
  onProgress('making partitions');
  const misplaced = await monthsInDefaultPartition(database);
  const made = await ensurePartitions(database, [...monthsAhead(now), ...misplaced]);
  let archivedCampaigns = 0;
  await untilNothingIsLeft(async () => {
    const { length } = await archiveCampaigns(dependencies, now, BATCH, onProgress);
    archivedCampaigns += length;
    return length;
  });
  const months = await retireMonths(dependencies, now, onProgress);
  const expiredVideos = { videos: 0, bytes: 0 };
  await untilNothingIsLeft(async () => {
    const { videos, bytes } = await expireVideos(dependencies, now, BATCH, onProgress);
    expiredVideos.videos += videos;
    expiredVideos.bytes += bytes;
    return videos;
  });
  const droppedCampaigns: string[] = [];
  await untilNothingIsLeft(async () => {
    const names = await dropCampaigns(dependencies, now, BATCH, onProgress);
    droppedCampaigns.push(...names);
    return names.length;
  });
  onProgress('refreshing the statistics');
  await analyzeMetricTables(database);
  return { made, archivedCampaigns, ...months, expiredVideos, droppedCampaigns };
}

async function untilNothingIsLeft(batch: () => Promise<number>): Promise<void> {
  while ((await batch()) > 0);
}
