import { Context } from '@temporalio/activity';
import type { Database } from '../database/client.ts';
import { DuplicateVideo } from '../database/duplicates.ts';
import { failJob, type Intent, intentById } from '../database/intents.ts';
import { recordGeneratedVideo, type VideoFile } from '../database/stored-videos.ts';
import { orderOf, type VideoOrderRow } from '../database/video-orders.ts';
import { BadInput, Refused, ScreentestError, Unavailable } from '../domain/errors.ts';
import type { GroupId, JobId, VariantId } from '../domain/ids.ts';
import { MAX_VIDEO_BYTES } from '../domain/video.ts';
import { mislabelled } from '../media/label.ts';
import type { JobPoller, JobWatcher } from '../providers/job-poller.ts';
import {
  ContentExpired,
  isFinal,
  isKeyRefused,
  type ProviderJob,
  type VideoContent,
  type VideoProvider,
  waitedOut,
} from '../providers/video-provider.ts';
import type { ReceivedFile } from '../storage/video-store.ts';
import { cancelAtLast } from './cancel-job.ts';
import { checkFile, type FileProblem } from './check-file.ts';
import { beatWhile, type ProviderTrouble, troubleOf } from './heartbeat.ts';
import { type KeepDependencies, keep, keyOf, VIDEO_TYPE } from './keep-video.ts';
import { spendOfVariant, type VariantSpend } from './variant-spend.ts';

export interface CollectVideoInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  readonly jobId: JobId;
}

/** What is wrong with a file that plays. */
const MISSES_THE_ORDER: ReadonlySet<FileProblem['code']> = new Set(['WRONG_DURATION', 'WRONG_RESOLUTION']);
/** A file that is not what was ordered may have been cut off on the way: fetched so often before it counts as bad. */
const DOWNLOADS = 3;
/** A file that the provider says is not there is given up so long after the job's deadline: its assets live an hour. */
const ASSETS_LIVE_MS = 3_600_000;
/** And not for a single bad moment. */
const LATE_ATTEMPTS = 4;

export interface CollectionDependencies extends KeepDependencies {
  readonly database: Database;
  readonly provider: VideoProvider;
  readonly poller: JobPoller;
}

export type CollectionActivities = ReturnType<typeof createCollectionActivities>;

export function createCollectionActivities({
  database,
  provider,
  poller,
  store,
  ffmpeg,
}: CollectionDependencies) {
  /** Waits for the job, fetches its file, checks it and stores it. May be repeated at any point. */
  async function collectVideo(input: CollectVideoInput): Promise<VariantSpend> {
    const intent = await intentById(database, input.jobId);
    if (intent.jobStatus !== 'completed') {
      await collectOpen(intent, await orderOf(database, input.variantId, intent.rendition));
    }
    return spendOfVariant(database, intent.groupId, intent.variantId);
  }

  async function collectOpen(intent: Intent, order: VideoOrderRow): Promise<void> {
    if (!isAtProvider(intent)) throw overAlready(intent);
    using beating = beatWhile<CollectionDetails>({ status: 'waiting' });
    const { job, polls } = await untilFinal(intent, order.model, {
      seen: ({ status, progress }) => beating.tell({ status, ...(progress !== undefined && { progress }) }),
      troubled: (trouble, againInMs) => beating.tell(troubleOf(trouble, againInMs)),
    });
    if (job.status === 'failed') throw await jobFailed(intent, job);
    beating.tell({ status: 'downloading' });
    const file = await fetchChecked(intent, order);
    if (await recorded(intent, file, polls)) return;
    const ended = await intentById(database, intent.id);
    if (ended.jobStatus !== 'completed') throw overAlready(ended);
  }

  /** Of two files with the same bytes that were checked at once, the second is found out here. */
  async function recorded(intent: Intent, file: VideoFile, polls: number): Promise<boolean> {
    try {
      return await recordGeneratedVideo(database, intent, file, intent.reserved, polls);
    } catch (error) {
      throw error instanceof DuplicateVideo ? await unusable(intent, error.given) : error;
    }
  }

  async function untilFinal(
    intent: SentIntent,
    model: string,
    watcher: JobWatcher,
  ): Promise<{ job: ProviderJob; polls: number }> {
    const polling = new Polling(intent.id);
    try {
      const job = await finalJob(intent, model, {
        ...watcher,
        seen(status) {
          polling.count();
          watcher.seen(status);
        },
      });
      return { job, polls: await polling.record(database) };
    } catch (error) {
      await polling.record(database);
      throw error;
    }
  }

  async function finalJob(intent: SentIntent, model: string, watcher: JobWatcher): Promise<ProviderJob> {
    const { cancellationSignal } = Context.current();
    const overdue = new AbortController();
    const timer = setTimeout(() => overdue.abort(), Math.max(0, intent.jobDeadline.getTime() - Date.now()));
    try {
      const signal = AbortSignal.any([cancellationSignal, overdue.signal]);
      return await poller.untilFinal(intent.providerJobId, model, signal, watcher);
    } catch (error) {
      if (overdue.signal.aborted && !cancellationSignal.aborted) return await lastLook(intent, watcher);
      if (error instanceof ScreentestError && !error.mayBeRetried) {
        await failJob(database, intent.id, 'failed', error.message, true);
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** It may have been done while no worker was there to see it; then it is paid for, and there to be fetched. */
  async function lastLook(intent: SentIntent, watcher: JobWatcher): Promise<ProviderJob> {
    const { providerJobId } = intent;
    const { cancellationSignal } = Context.current();
    const statuses = await neverForGood(provider.status([providerJobId], cancellationSignal));
    const job = statuses.get(providerJobId);
    if (job !== undefined && job !== 'gone') {
      watcher.seen(job);
      if (isFinal(job)) return job;
    }
    const outcome = await neverForGood(cancelAtLast(provider, providerJobId));
    // Done in the moment between the two questions.
    if (outcome === 'completed' || outcome === 'failed') return lastLook(intent, watcher);
    throw await jobTimedOut(intent, outcome === 'unknown');
  }

  async function jobFailed(intent: Intent, job: ProviderJob): Promise<Error> {
    const reason =
      job.error === undefined ? 'no reason was given' : `${job.error.code}: ${job.error.message}`;
    await failJob(database, intent.id, 'failed', reason, false);
    return new Refused({ code: 'JOB_FAILED', given: `The video API failed to make the video: ${reason}` });
  }

  /** A job that was stopped is not charged; one that could not be stopped counts as charged. */
  async function jobTimedOut(intent: SentIntent, wasCharged: boolean): Promise<Error> {
    const reason = `not done by ${intent.jobDeadline.toISOString()}`;
    await failJob(database, intent.id, 'timeout', reason, wasCharged);
    return new Refused({
      code: 'JOB_TIMEOUT',
      given: `The video API did not finish the job in time: ${reason}`,
    });
  }

  async function fetchChecked(intent: SentIntent, order: VideoOrderRow): Promise<VideoFile> {
    for (let download = 1; ; download++) {
      const isLast = download === DOWNLOADS;
      const content = await contentOf(intent);
      const wrongLabel = await mislabelled(content.contentType, content.body);
      if (wrongLabel !== undefined) {
        if (isLast) throw await unusable(intent, wrongLabel);
        continue;
      }
      const received = await receive(intent, content);
      try {
        const check = await neverForGood(checkFile(database, received, order, intent));
        if (check.ok) return await keep({ store, ffmpeg }, received, order, check.facts);
        if (isLast) throw await rejected(intent, order, received, check.problems);
      } finally {
        await received.discard();
      }
    }
  }

  /** What goes wrong here says nothing about the video, unless it has no end. */
  async function receive(intent: SentIntent, content: VideoContent): Promise<ReceivedFile> {
    try {
      return await store.receive(content.body, MAX_VIDEO_BYTES);
    } catch (cause) {
      Context.current().cancellationSignal.throwIfAborted();
      if (cause instanceof BadInput) throw await unusable(intent, cause.message);
      throw cause;
    }
  }

  async function contentOf(intent: SentIntent): Promise<VideoContent> {
    const { cancellationSignal, info } = Context.current();
    try {
      return await provider.content(intent.providerJobId, cancellationSignal);
    } catch (cause) {
      cancellationSignal.throwIfAborted();
      if (isKeyRefused(cause)) throw waitedOut(cause);
      if (!(cause instanceof Refused)) throw cause;
      if (cause instanceof ContentExpired) throw await expired(intent, cause.given);
      const isLate = Date.now() > intent.jobDeadline.getTime() + ASSETS_LIVE_MS;
      if (isLate && info.attempt >= LATE_ATTEMPTS) throw await expired(intent, cause.given);
      // A file can lag behind its job's completion.
      throw new Unavailable({
        code: 'CONTENT_NOT_READY',
        given: `The job is completed, but its file is not there (${cause.message})`,
        cause,
      });
    }
  }

  /** It was made, and so it is charged; nobody can get it any more. */
  async function expired(intent: Intent, said: string): Promise<Error> {
    const reason = `The video was made, but its link expired before it was fetched (${said})`;
    const fix = 'retry the variant, which is paid for again, or provide a video for it';
    await failJob(database, intent.id, 'failed', `${reason}; ${fix}`, true);
    return new Refused({ code: 'VIDEO_EXPIRED', given: reason, fix });
  }

  /** It was paid for: a video that only misses the order is kept, so that a person may provide it all the same. */
  async function rejected(
    intent: Intent,
    order: VideoOrderRow,
    received: ReceivedFile,
    problems: readonly FileProblem[],
  ): Promise<Error> {
    const said = problems.map(({ message }) => message).join('; ');
    if (!problems.every(({ code }) => MISSES_THE_ORDER.has(code))) return unusable(intent, said);
    const { url } = await received.keep(`rejected/${keyOf(received, order)}`, VIDEO_TYPE);
    return unusable(intent, `${said}. It is kept as ${url}`);
  }

  async function unusable(intent: Intent, problems: string): Promise<Error> {
    await failJob(database, intent.id, 'failed', `the file is not what was ordered: ${problems}`, true);
    return new Refused({ code: 'VIDEO_UNUSABLE', given: `The video is not what was ordered: ${problems}` });
  }

  return { collectVideo };
}

type CollectionDetails = { readonly status: string; readonly progress?: number } | ProviderTrouble;

/** An order that the provider has accepted, and whose job is not over. */
type SentIntent = Intent & { readonly providerJobId: string; readonly jobDeadline: Date };

function isAtProvider(intent: Intent): intent is SentIntent {
  const isOpen = intent.jobStatus === 'submitted' || intent.jobStatus === 'processing';
  return isOpen && intent.providerJobId !== undefined && intent.jobDeadline !== undefined;
}

/** An error that isn't retried would leave the job open: what ends a job is decided where `failJob` is called. */
async function neverForGood<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof ScreentestError && !error.mayBeRetried ? waitedOut(error) : error;
  }
}

/** How often one attempt has asked about a job; added to what earlier attempts have recorded. */
class Polling {
  private polls = 0;
  private lastAt: Date | undefined;
  private readonly jobId: JobId;

  constructor(jobId: JobId) {
    this.jobId = jobId;
  }

  count(): void {
    this.polls += 1;
    this.lastAt = new Date();
  }

  /** @returns how often it was asked about in all */
  async record(database: Database): Promise<number> {
    const { pollingCount } = await database.videoGenerationJob.update({
      where: { id: this.jobId },
      data: {
        pollingCount: { increment: this.polls },
        ...(this.lastAt && { lastPolledAt: this.lastAt }),
      },
      select: { pollingCount: true },
    });
    return pollingCount;
  }
}

/** An earlier attempt ended it, and its answer was lost on the way. */
function overAlready(intent: Intent): Refused {
  return new Refused({
    code: 'JOB_FAILED',
    given: `The job ended without a video: ${intent.jobError ?? intent.state}`,
  });
}
