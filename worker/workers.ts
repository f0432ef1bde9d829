import { existsSync } from 'node:fs';
import { AsyncCompletionClient, Client } from '@temporalio/client';
import {
  type ActivityInterceptorsFactory,
  type NativeConnection,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { createAnalysisActivities } from '../activities/analysis.ts';
import { type BackupDuty, createBackupActivities } from '../activities/backup.ts';
import { type CollectionDependencies, createCollectionActivities } from '../activities/collection.ts';
import { failureInterceptor, guarding } from '../activities/failures.ts';
import { createGateActivities } from '../activities/gates.ts';
import { createGroupWatchActivities } from '../activities/group-watch.ts';
import { createHeldOrderActivities } from '../activities/held-orders.ts';
import { createInterimAnalysisActivities } from '../activities/interim-analysis.ts';
import { createMaintenanceActivities, type MaintenanceDependencies } from '../activities/maintenance.ts';
import { createMonitoringActivities } from '../activities/monitoring.ts';
import { createParentVideoActivities } from '../activities/parent-video.ts';
import { createPlanningActivities } from '../activities/planning.ts';
import {
  createProvidedVideoActivities,
  type ProvidedVideoDependencies,
} from '../activities/provided-video.ts';
import { createRecordActivities } from '../activities/records.ts';
import { createSettlementActivities } from '../activities/settlement.ts';
import { createSubmissionActivities, type SubmissionDependencies } from '../activities/submission.ts';
import { createWritingActivities, type WritingDependencies } from '../activities/writing.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import { withSteadyContent } from '../providers/steady-content.ts';
import { SUBMIT_TIMEOUT_MS } from '../providers/video-provider.ts';
import type { DatabaseGuard } from '../recovery/guard.ts';
import { workflowStateOf } from '../temporal/workflow-state.ts';
import {
  BACKUP_QUEUE,
  COLLECT_QUEUE,
  MAIN_QUEUE,
  submitQueueOf,
  workflowIdOf,
} from '../workflows/messages.ts';
import { submitTuner } from './submit-slots.ts';
import { tellingGroups } from './tell-groups.ts';

export interface WorkersOptions
  extends CollectionDependencies,
    Omit<SubmissionDependencies, 'heartbeatNow' | 'requireWholeDatabase'>,
    ProvidedVideoDependencies,
    WritingDependencies,
    MaintenanceDependencies {
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** The bundle made at build time. */
  readonly workflowBundlePath: string;
  /** As the provider publishes it, for the account and so for all its workers together. */
  readonly submitsPerMinute: number;
  /** Stands before every activity, and before every order. */
  readonly guard: DatabaseGuard;
  /** Left out, this worker takes no backups and holds no drills. */
  readonly backups?: BackupDuty | undefined;
  /** Hears of every attempt of an activity, with our own errors. */
  readonly observer?: ActivityInterceptorsFactory;
}

/** One slot for each job that is waited for. */
const OPEN_JOBS = 500;

/**
 * The queue's limit is for all workers of the account together; each spaces what it gets of it, and alone it goes
 * a little slower. A minute, and the second's worth that the queue hands out at once.
 */
export const QUEUE_LIMIT_SPANS_SECONDS = 61;

/** Orders that a poll brings wait here for their turn: no more than it takes to reach each partition of a queue. */
const SUBMIT_POLLS = 4;

/**
 * The three kinds of queue, each with what it may do at once: quick records never wait behind a video, and
 * only submissions are held back by the account's rate limit.
 */
export async function createWorkers(options: WorkersOptions): Promise<readonly Worker[]> {
  if (!existsSync(options.workflowBundlePath)) {
    throw new PreconditionFailed({
      code: 'WORKFLOWS_NOT_BUILT',
      given: `There is no workflow bundle at ${options.workflowBundlePath}`,
      fix: 'run `npm run build`',
    });
  }
  const { connection, namespace, guard } = options;
  const temporal = new Client({ connection, namespace });
  const completion = new AsyncCompletionClient({ connection, namespace });
  const { submitVideo } = createSubmissionActivities({
    ...options,
    requireWholeDatabase: guard.checkNow,
    heartbeatNow: (taskToken, details) => completion.heartbeat(taskToken, details),
  });
  const provider = withSteadyContent(options.provider);
  const { collectVideo } = createCollectionActivities({ ...options, provider });
  const { collectProvidedVideo, recordProvidedVideo } = createProvidedVideoActivities(options);
  const parentVideos = createParentVideoActivities(options);
  const heldOrders = createHeldOrderActivities(options);
  const writing = createWritingActivities(options);
  const { stopGeneration, recordVariantFailed } = createSettlementActivities(options);
  const records = {
    ...createPlanningActivities(options),
    ...createGateActivities(options),
    ...createRecordActivities(options),
    ...createAnalysisActivities(options),
    ...createMaintenanceActivities(options),
    ...createGroupWatchActivities({
      ...options,
      workflowOf: (group) => workflowStateOf(temporal, workflowIdOf(group)),
    }),
    ...createInterimAnalysisActivities({ ...options, tell: tellingGroups(temporal) }),
    ...createMonitoringActivities(options),
    recordVariantFailed,
    recordProvidedVideo,
  };
  const shared = {
    connection,
    namespace,
    interceptors: {
      activity: [
        () => ({ inbound: failureInterceptor }),
        ...(options.observer ? [options.observer] : []),
        () => ({ inbound: guarding(guard.check) }),
      ],
    },
  } satisfies Partial<WorkerOptions>;

  return Promise.all([
    Worker.create({
      ...shared,
      taskQueue: MAIN_QUEUE,
      workflowBundle: { codePath: options.workflowBundlePath },
      activities: records,
      maxConcurrentActivityTaskExecutions: 20,
      shutdownGraceTime: '10 seconds',
    }),
    Worker.create({
      ...shared,
      taskQueue: submitQueueOf(options.providerAccount),
      activities: { submitVideo },
      maxTaskQueueActivitiesPerSecond: options.submitsPerMinute / QUEUE_LIMIT_SPANS_SECONDS,
      tuner: submitTuner(options.pacer),
      maxConcurrentActivityTaskPolls: SUBMIT_POLLS,
      // So that one that waits out a rate limit soon hears that its group is cancelled.
      maxHeartbeatThrottleInterval: '3 seconds',
      // A POST under way is finished and its job id recorded before the worker stops.
      shutdownGraceTime: SUBMIT_TIMEOUT_MS + 10_000,
    }),
    Worker.create({
      ...shared,
      taskQueue: COLLECT_QUEUE,
      activities: {
        collectVideo,
        collectProvidedVideo,
        stopGeneration,
        ...parentVideos,
        ...heldOrders,
        ...writing,
      },
      maxConcurrentActivityTaskExecutions: OPEN_JOBS,
      // Keeps the progress in the Web UI fresh; the default would record it every 30 s at the most.
      maxHeartbeatThrottleInterval: '10 seconds',
      // Waiting is free to be interrupted: another worker goes on with it.
      shutdownGraceTime: '1 second',
    }),
    ...(options.backups === undefined
      ? []
      : [
          Worker.create({
            ...shared,
            taskQueue: BACKUP_QUEUE,
            activities: createBackupActivities(options.backups),
            // Each takes all that a disk gives.
            maxConcurrentActivityTaskExecutions: 1,
            // What is half done is removed; another worker starts anew.
            shutdownGraceTime: '1 second',
          }),
        ]),
  ]);
}
