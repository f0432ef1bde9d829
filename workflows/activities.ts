import { type ActivityOptions, proxyActivities } from '@temporalio/workflow';
import type { AnalysisActivities } from '../activities/analysis.ts';
import type { BackupActivities } from '../activities/backup.ts';
import type { CollectionActivities } from '../activities/collection.ts';
import type { GateActivities } from '../activities/gates.ts';
import type { GroupWatchActivities } from '../activities/group-watch.ts';
import type { HeldOrderActivities } from '../activities/held-orders.ts';
import type { InterimAnalysisActivities } from '../activities/interim-analysis.ts';
import type { MaintenanceActivities } from '../activities/maintenance.ts';
import type { MonitoringActivities } from '../activities/monitoring.ts';
import type { ParentVideoActivities } from '../activities/parent-video.ts';
import type { PlanningActivities } from '../activities/planning.ts';
import type { ProvidedVideoActivities } from '../activities/provided-video.ts';
import type { RecordActivities } from '../activities/records.ts';
import type { SettlementActivities } from '../activities/settlement.ts';
import type { SubmissionActivities } from '../activities/submission.ts';
import type { WritingActivities } from '../activities/writing.ts';
import { BACKUP_QUEUE, COLLECT_QUEUE, MAIN_QUEUE, submitQueueOf } from './messages.ts';

/**
 * The activities, grouped by how they may be repeated. Errors that repeating can't mend come back as
 * non-retryable, so every group may be tried for ever.
 */

/** Records in Postgres: each write is idempotent and guarded, so they go on until the database is back. */
const records = proxyActivities<
  PlanningActivities &
    GateActivities &
    RecordActivities &
    AnalysisActivities &
    Pick<SettlementActivities, 'recordVariantFailed'> &
    Pick<ProvidedVideoActivities, 'recordProvidedVideo'>
>({
  taskQueue: MAIN_QUEUE,
  startToCloseTimeout: '30 seconds',
  retry: { initialInterval: '200 milliseconds', maximumInterval: '30 seconds' },
});

/** May wait for a quiet moment of busy tables. Repeating changes nothing. */
const maintaining = proxyActivities<
  Pick<MaintenanceActivities, 'makePartitionsAhead'> & MonitoringActivities & GroupWatchActivities
>({
  taskQueue: MAIN_QUEUE,
  startToCloseTimeout: '10 minutes',
  retry: { initialInterval: '10 seconds', maximumInterval: '10 minutes' },
});

/** Go through all that is old, for as long as it takes; each step is on record, and a repetition goes on after it. */
const retiring = proxyActivities<Omit<MaintenanceActivities, 'makePartitionsAhead'>>({
  taskQueue: MAIN_QUEUE,
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '10 seconds', maximumInterval: '10 minutes' },
});

/** Look at one test after the other; what a look found is on record. A test that can't be analysed is told of and passed over. */
const analyzing = proxyActivities<InterimAnalysisActivities>({
  taskQueue: MAIN_QUEUE,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '1 second', maximumInterval: '5 minutes' },
});

/**
 * Only a worker that was told where backups are kept takes these; where none is, the schedule's run ends soon and says
 * so. Another attempt starts anew, beside what the first one left: more than a few would only fill the disk.
 */
const backingUp = proxyActivities<BackupActivities>({
  taskQueue: BACKUP_QUEUE,
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '1 minute',
  retry: { initialInterval: '1 minute', maximumAttempts: 3 },
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});

/** Waiting and storing can be repeated for ever: the job id is known, the object's key is its checksum. */
const collecting = proxyActivities<CollectionActivities & ParentVideoActivities>({
  taskQueue: COLLECT_QUEUE,
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '500 milliseconds', maximumInterval: '1 minute' },
  // Not waited for: it hears of a cancellation with its next recorded heartbeat, up to 10 s later, and can't
  // do any harm until then, since every write is guarded by the job's state.
  cancellationType: 'TRY_CANCEL',
});

/** A person waits for the answer: a few tries, then they hear what is wrong. */
const receiving = proxyActivities<
  Pick<ProvidedVideoActivities, 'collectProvidedVideo'> & HeldOrderActivities
>({
  taskQueue: COLLECT_QUEUE,
  startToCloseTimeout: '10 minutes',
  heartbeatTimeout: '20 seconds',
  retry: { maximumAttempts: 3 },
  // Until it has stopped nobody knows whether the variant has its video.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});

/**
 * Words cost a little. Each answer is kept under its question, so another attempt asks only for what is missing; the
 * activity itself gives up waiting for a language model, long before this time is over.
 */
const writing = proxyActivities<WritingActivities>({
  taskQueue: COLLECT_QUEUE,
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds' },
  cancellationType: 'TRY_CANCEL',
});

/** Cancelling at the provider may be repeated; what can't be cancelled is recorded as charged. */
const stopping = proxyActivities<Pick<SettlementActivities, 'stopGeneration'>>({
  taskQueue: COLLECT_QUEUE,
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '20 seconds',
  retry: { initialInterval: '1 second', maximumInterval: '1 minute' },
});

/**
 * Submitting costs money. Retried so that a dead worker is noticed at once; but only the first claim of the
 * intent may POST, every later attempt reconciles. The long timeout is for waiting out rate limits.
 */
function submitting(providerAccount: string, ventureId: string) {
  return proxyActivities<SubmissionActivities>({
    taskQueue: submitQueueOf(providerAccount),
    startToCloseTimeout: '30 minutes',
    heartbeatTimeout: '15 seconds',
    retry: { initialInterval: '500 milliseconds', maximumInterval: '1 minute' },
    // A started POST is never abandoned: its job id must be recorded before the group moves on.
    cancellationType: 'WAIT_CANCELLATION_COMPLETED',
    priority: { fairnessKey: ventureId },
  }).submitVideo;
}

interface Proxied<Args extends unknown[], Result> {
  executeWithOptions(options: ActivityOptions, args: Args): Promise<Result>;
}

/** An activity with a summary that the Web UI's timeline shows. The SDK marks the call experimental: wrapped once. */
export function named<Args extends unknown[], Result>(
  activity: Proxied<Args, Result>,
  summary: string,
  otherwise: ActivityOptions = {},
): (...args: Args) => Promise<Result> {
  return (...args) => activity.executeWithOptions({ ...otherwise, summary }, args);
}

export const { planGroup, moveGroup, completeGroup, archiveGroupRow } = records;
export const { changeGroupPlan, approveGroupPlan, reviewVideo, readReview, leaveOutVideos } = records;
export const { recordVariantFailed, recordRefusedMessage, recordProvidedVideo, analyzeGroup } = records;
export const { recordVerdict } = records;
export const { findTestsToAnalyze, analyzeTests } = analyzing;
export const { makePartitionsAhead, sampleDatabase, findStoppedGroups } = maintaining;
export const { refreshStatistics, retireOldMonths } = retiring;
export const { archiveOldCampaigns, expireOldVideos, dropOldCampaigns } = retiring;
export const { takeScheduledBackup, runScheduledDrill } = backingUp;
export const { collectVideo, takeOverVideo } = collecting;
export const { collectProvidedVideo, adoptJob, settleHeldOrder } = receiving;
export const { writeLevels } = writing;
export const { stopGeneration } = stopping;
export const submitVideoTo = submitting;
