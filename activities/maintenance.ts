import { Context } from '@temporalio/activity';
import type { Database } from '../database/client.ts';
import { analyzeMetricTables, ensurePartitions, monthsInDefaultPartition } from '../database/partitions.ts';
import { DEFAULT_RETENTION, type RetentionRules } from '../domain/retention.ts';
import { archiveCampaigns, dropCampaigns } from '../retention/campaigns.ts';
import { type RetiredMonths, retireMonths } from '../retention/months.ts';
import { monthsAhead } from '../retention/plan.ts';
import { type ExpiredVideos, expireVideos } from '../retention/videos.ts';
import type { VideoStore } from '../storage/video-store.ts';
import { beatWhile } from './heartbeat.ts';

export type MaintenanceActivities = ReturnType<typeof createMaintenanceActivities>;

export interface MaintenanceDependencies {
  readonly database: Database;
  readonly store: VideoStore;
  readonly retention?: RetentionRules | undefined;
}

/** As many as a minute or two is enough for: what is done is on record, and what is left is for the next batch. */
const CAMPAIGNS_TO_ARCHIVE = 500;
const VIDEOS_TO_EXPIRE = 500;
const CAMPAIGNS_TO_DROP = 50;

export function createMaintenanceActivities({
  database,
  store,
  retention: rules = DEFAULT_RETENTION,
}: MaintenanceDependencies) {
  const dependencies = { database, store, rules };

  /** This month and the next ones, and whatever month has rows in the default partition: those are moved. */
  async function makePartitionsAhead(): Promise<{ readonly made: readonly string[] }> {
    const misplaced = await monthsInDefaultPartition(database);
    return { made: await ensurePartitions(database, [...monthsAhead(new Date()), ...misplaced]) };
  }

  async function refreshStatistics(): Promise<void> {
    using _ = beatWhile('refreshing the statistics');
    await analyzeMetricTables(database);
  }

  async function retireOldMonths(): Promise<RetiredMonths> {
    using work = atWork('looking for old months');
    return retireMonths(dependencies, new Date(), work.tell);
  }

  /** A batch of them. Returns how many there were: 0 when all is done. */
  async function archiveOldCampaigns(): Promise<number> {
    using work = atWork('looking for old campaigns');
    const done = await archiveCampaigns(dependencies, new Date(), CAMPAIGNS_TO_ARCHIVE, work.tell);
    return done.length;
  }

  /** A batch of them, likewise. */
  async function expireOldVideos(): Promise<ExpiredVideos> {
    using work = atWork('looking for old videos');
    return expireVideos(dependencies, new Date(), VIDEOS_TO_EXPIRE, work.tell);
  }

  /** A batch of them, likewise. */
  async function dropOldCampaigns(): Promise<number> {
    using work = atWork('looking for campaigns whose time is over');
    const done = await dropCampaigns(dependencies, new Date(), CAMPAIGNS_TO_DROP, work.tell);
    return done.length;
  }

  return {
    makePartitionsAhead,
    refreshStatistics,
    retireOldMonths,
    archiveOldCampaigns,
    expireOldVideos,
    dropOldCampaigns,
  };
}

/** As `beatWhile`; and stops between two steps when the worker shuts down: the next attempt goes on from there. */
function atWork(first: string): { tell(what: string): void; [Symbol.dispose](): void } {
  const { cancellationSignal } = Context.current();
  const beat = beatWhile(first);
  return {
    ...beat,
    tell(what) {
      cancellationSignal.throwIfAborted();
      beat.tell(what);
    },
  };
}
