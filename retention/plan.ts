import type { Database } from '../database/client.ts';
import { campaignsToArchive, campaignsToDrop } from '../database/old-campaigns.ts';
import { videosPastTheirTime } from '../database/old-videos.ts';
import { monthsInDefaultPartition, monthsWithoutPartition } from '../database/partitions.ts';
import { formatMonth } from '../domain/budget.ts';
import { monthsBefore, type RetentionRules } from '../domain/retention.ts';
import { planMonths } from './months.ts';

/** Numbers of this month come in today; those of the next three must find their partitions. */
const MONTHS_AHEAD = 3;

/** This month and the next ones. */
export function monthsAhead(now: Date): readonly Date[] {
  const months = Array.from({ length: MONTHS_AHEAD + 1 }, (_, ahead) => ahead);
  return months.map((ahead) => new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)));
}

/** What maintenance would do now. Months are told as `2025-05`. */
export interface MaintenancePlan {
  readonly makePartitions: readonly string[];
  /** Rows of these are moved from the default partition into their own. */
  readonly moveRowsOf: readonly string[];
  readonly archiveCampaigns: number;
  readonly archiveMonths: readonly string[];
  /** Old enough, but with rows of groups that are not archived. */
  readonly monthsThatWait: readonly string[];
  /** Exported, where they are not yet, and dropped: `variant_performance 2023-05`. */
  readonly dropMonths: readonly string[];
  readonly expireVideos: { readonly videos: number; readonly bytes: number };
  readonly dropCampaigns: readonly string[];
}

/** Everything is counted: a plan is read by a person. */
const ALL = 2_000_000_000;

/** Changes nothing. One step makes work for the next, so that a second run may have more to do. */
export async function planMaintenance(
  database: Database,
  rules: RetentionRules,
  now: Date,
): Promise<MaintenancePlan> {
  const misplaced = await monthsInDefaultPartition(database);
  const missing = await monthsWithoutPartition(database, [...monthsAhead(now), ...misplaced]);
  const { toArchive, toDrop, waiting } = await planMonths({ database, rules }, now);
  const videos = await videosPastTheirTime(database, rules, now, ALL);
  const longAgo = monthsBefore(now, rules.dropAfterMonths);
  const campaigns = await campaignsToArchive(database, monthsBefore(now, rules.archiveAfterMonths), ALL);
  return {
    makePartitions: missing.map(formatMonth),
    moveRowsOf: misplaced.map(formatMonth),
    archiveCampaigns: campaigns.length,
    archiveMonths: toArchive.map(formatMonth),
    monthsThatWait: waiting,
    dropMonths: [
      ...toDrop,
      ...toArchive.filter((month) => month < longAgo).map((month) => `both tables' ${formatMonth(month)}`),
    ],
    expireVideos: {
      videos: videos.length,
      bytes: videos.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    },
    dropCampaigns: (await campaignsToDrop(database, longAgo, ALL)).map(({ id, name }) => `${name} (${id})`),
  };
}
