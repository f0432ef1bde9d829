import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { ScreentestError } from '../domain/errors.ts';
import { QUERY_BOUNDS } from '../domain/latency.ts';
import type { JobPoller } from '../providers/job-poller.ts';
import type { SubmitPacer } from '../providers/submit-pacer.ts';
import {
  ContentExpired,
  isKeyRefused,
  RateLimited,
  type VideoProvider,
} from '../providers/video-provider.ts';
import type { Histogram, Metrics } from '../telemetry/metrics.ts';

/** Seconds: from a quick record to a video that is waited for. */
const ACTIVITY_BOUNDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 900, 3600];
/** Seconds: of one request, of which a create may take half a minute. */
const REQUEST_BOUNDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** What a worker counts of its own work, by standing between its parts: none of them knows of it. */
export interface WorkerMetrics {
  readonly queries: Histogram;
  readonly activities: ActivityInterceptorsFactory;
  provider(provider: VideoProvider): VideoProvider;
  poller(poller: JobPoller): JobPoller;
  pacer(pacer: SubmitPacer): void;
}

/** Activities whose success is a stored video. */
const STORING = new Set(['collectVideo', 'collectProvidedVideo']);

export function createWorkerMetrics(metrics: Metrics): WorkerMetrics {
  const queries = metrics.histogram(
    {
      name: 'screentest_query_duration_seconds',
      help: 'How long statements took, from being asked to their last row, by kind: read or write',
      labels: ['kind'],
    },
    QUERY_BOUNDS,
  );
  const activityDurations = metrics.histogram(
    {
      name: 'screentest_activity_duration_seconds',
      help: 'How long attempts of activities took, by how they ended: ok, refused, failed or cancelled',
      labels: ['activity', 'outcome'],
    },
    ACTIVITY_BOUNDS,
  );
  const requestDurations = metrics.histogram(
    {
      name: 'screentest_provider_request_duration_seconds',
      help: 'How long the video API took to answer',
      labels: ['operation'],
    },
    REQUEST_BOUNDS,
  );
  const requestErrors = metrics.counter({
    name: 'screentest_provider_errors_total',
    help: 'Requests to the video API that brought no answer, or a no, by kind',
    labels: ['operation', 'kind'],
  });
  // The first of a kind is an increase only where there was a zero before.
  for (const operation of OPERATIONS) for (const kind of KINDS) requestErrors.add(0, { operation, kind });
  const ordersSubmitted = metrics.counter({
    name: 'screentest_orders_submitted_total',
    help: 'Orders that the video API took',
  });
  const videosStored = metrics.counter({
    name: 'screentest_videos_stored_total',
    help: 'Activities that ended with their video stored; one repeated after its answer was lost counts again',
  });
  const pollRounds = metrics.counter({
    name: 'screentest_poll_rounds_total',
    help: 'Rounds of questions about jobs, each for all jobs that were due',
  });
  let jobsWaitedFor = 0;
  metrics.gauge(
    { name: 'screentest_jobs_waited_for', help: 'Jobs that this worker waits for' },
    () => jobsWaitedFor,
  );
  const pacers: SubmitPacer[] = [];
  metrics.gauge(
    {
      name: 'screentest_submit_rate_per_minute',
      help: 'Orders a minute that this worker sends at the most, after what the video API had against it',
    },
    () => pacers.reduce((sum, pacer) => sum + pacer.ratePerMinute(), 0),
  );
  metrics.gauge(
    { name: 'screentest_submit_turns_waiting', help: 'Orders in this worker that wait for their turn' },
    () => pacers.reduce((sum, pacer) => sum + pacer.waiting(), 0),
  );

  async function request<Answer>(operation: Operation, ask: () => Promise<Answer>): Promise<Answer> {
    const startedAt = performance.now();
    try {
      return await ask();
    } catch (error) {
      requestErrors.add(1, { operation, kind: kindOf(error) });
      throw error;
    } finally {
      requestDurations.observe((performance.now() - startedAt) / 1000, { operation });
    }
  }

  return {
    queries,
    activities: ({ info: { activityType: activity }, cancellationSignal }) => ({
      inbound: {
        async execute(input, next) {
          const startedAt = performance.now();
          let outcome = 'ok';
          try {
            const result: unknown = await next(input);
            if (STORING.has(activity)) videosStored.add();
            return result;
          } catch (error) {
            outcome = cancellationSignal.aborted ? 'cancelled' : outcomeOf(error);
            throw error;
          } finally {
            activityDurations.observe((performance.now() - startedAt) / 1000, { activity, outcome });
          }
        },
      },
    }),
    provider: (provider) => ({
      ...provider,
      async submit(order, key) {
        const job = await request('submit', () => provider.submit(order, key));
        ordersSubmitted.add();
        return job;
      },
      status(ids, signal) {
        pollRounds.add();
        return request('status', () => provider.status(ids, signal));
      },
      content: (id, signal) => request('content', () => provider.content(id, signal)),
      cancel: (id) => request('cancel', () => provider.cancel(id)),
      jobsSince: (since) => request('list', () => provider.jobsSince(since)),
    }),
    poller: (poller) => ({
      nudge: poller.nudge,
      async untilFinal(job, signal, watcher) {
        jobsWaitedFor += 1;
        try {
          return await poller.untilFinal(job, signal, watcher);
        } finally {
          jobsWaitedFor -= 1;
        }
      },
    }),
    pacer(pacer) {
      pacers.push(pacer);
    },
  };
}

const OPERATIONS = ['submit', 'status', 'content', 'cancel', 'list'] as const;
type Operation = (typeof OPERATIONS)[number];

/** Few and fixed: never the text of an answer. */
const KINDS = [
  'ambiguous',
  'content_expired',
  'given_up',
  'key_refused',
  'other',
  'rate_limited',
  'refused',
  'unavailable',
] as const;

function kindOf(error: unknown): (typeof KINDS)[number] {
  if (error instanceof RateLimited) return 'rate_limited';
  if (error instanceof ContentExpired) return 'content_expired';
  if (isKeyRefused(error)) return 'key_refused';
  if (error instanceof Error && error.name === 'AbortError') return 'given_up';
  const kind = error instanceof ScreentestError ? error.kind : 'other';
  return KINDS.find((known) => known === kind) ?? 'other';
}

function outcomeOf(error: unknown): string {
  return error instanceof ScreentestError && !error.mayBeRetried ? 'refused' : 'failed';
}
