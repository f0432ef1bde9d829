import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Context } from '@temporalio/activity';
import type { Database } from '../database/client.ts';
import { failJob, type Intent, intentById } from '../database/paying-ledger.ts';
import { recordGeneratedVideo, recordManualVideo, type VideoFile } from '../database/stored-videos.ts';
import { orderOf, type VideoOrderRow } from '../database/video-orders.ts';
import { BadInput, Refused, ScreentestError, Unavailable } from '../domain/errors.ts';
import type { GroupId, JobId, VariantId } from '../domain/ids.ts';
import { checkVideo } from '../media/check.ts';
import { probeVideo } from '../media/probe.ts';
import type { JobPoller } from '../providers/job-poller.ts';
import { isFinal, type ProviderJob, type VideoProvider } from '../providers/video-provider.ts';
import type { ReceivedFile, VideoStore } from '../storage/video-store.ts';
import { beatWhile } from './heartbeat.ts';

export interface CollectVideoInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  readonly jobId: JobId;
}

export interface CollectedVideo {
  readonly costMicroUsd: number;
}

export interface ProvidedVideoInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  /** An http(s) address, or the path of a file that this worker can read. */
  readonly source: string;
  readonly by: string;
}

/** Far above the largest ad of a minute; a runaway download stops here. */
const MAX_VIDEO_BYTES = 2_000_000_000;
const VIDEO_TYPE = 'video/mp4';
/** A file that is not what was ordered may have been cut off on the way: fetched so often before it counts as bad. */
const DOWNLOADS = 3;
/** Past the job's deadline a file that can't be fetched is given up, but not for a single bad moment. */
const LATE_ATTEMPTS = 4;

export interface CollectionDependencies {
  readonly database: Database;
  readonly provider: VideoProvider;
  readonly poller: JobPoller;
  readonly store: VideoStore;
}

export type CollectionActivities = ReturnType<typeof createCollectionActivities>;

export function createCollectionActivities({ database, provider, poller, store }: CollectionDependencies) {
  /** Waits for the job, fetches its file, checks it and stores it. May be repeated at any point. */
  async function collectVideo(input: CollectVideoInput): Promise<CollectedVideo> {
    const intent = await intentById(database, input.jobId);
    if (intent.jobStatus === 'completed') return { costMicroUsd: intent.reserved };
    if (intent.jobStatus !== 'submitted' && intent.jobStatus !== 'processing') throw overAlready(intent);
    const order = await orderOf(database, input.variantId);
    using beating = beatWhile<{ status: string; progress?: number }>({ status: 'waiting' });
    const { job, polls } = await untilFinal(intent, order.model, (seen) => {
      beating.tell({
        status: seen.status,
        ...(seen.progress === undefined ? {} : { progress: seen.progress }),
      });
    });
    if (job.status === 'failed') throw await jobFailed(intent, job);
    beating.tell({ status: 'downloading' });
    const file = await fetchChecked(intent, job.id, order);
    await recordGeneratedVideo(database, intent, file, intent.reserved, polls);
    return { costMicroUsd: intent.reserved };
  }

  async function untilFinal(
    intent: Intent,
    model: string,
    tell: (job: ProviderJob) => void,
  ): Promise<{ job: ProviderJob; polls: number }> {
    if (intent.providerJobId === undefined) throw new TypeError(`${intent.id} has no job to wait for`);
    const polling = new Polling(intent.id);
    try {
      const job = await finalJob(intent, intent.providerJobId, model, (seen) => {
        polling.count();
        tell(seen);
      });
      return { job, polls: await polling.record(database) };
    } catch (error) {
      await polling.record(database);
      throw error;
    }
  }

  async function finalJob(
    intent: Intent,
    providerJobId: string,
    model: string,
    seen: (job: ProviderJob) => void,
  ): Promise<ProviderJob> {
    const { cancellationSignal } = Context.current();
    const overdue = new AbortController();
    const timer = setTimeout(() => overdue.abort(), Math.max(0, intent.jobDeadline.getTime() - Date.now()));
    try {
      const signal = AbortSignal.any([cancellationSignal, overdue.signal]);
      return await poller.untilFinal(providerJobId, model, signal, seen);
    } catch (error) {
      if (overdue.signal.aborted && !cancellationSignal.aborted)
        return await lastLook(intent, providerJobId, seen);
      if (error instanceof ScreentestError && !error.mayBeRetried) {
        await failJob(database, intent.id, 'failed', error.message, true);
      }
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** It may have been done while no worker was there to see it; then it is paid for, and there to be fetched. */
  async function lastLook(
    intent: Intent,
    providerJobId: string,
    seen: (job: ProviderJob) => void,
  ): Promise<ProviderJob> {
    const statuses = await provider.status([providerJobId], Context.current().cancellationSignal);
    const job = statuses.get(providerJobId);
    if (job === undefined || job === 'gone') throw await jobTimedOut(intent, providerJobId);
    seen(job);
    if (isFinal(job)) return job;
    throw await jobTimedOut(intent, providerJobId);
  }

  async function jobFailed(intent: Intent, job: ProviderJob): Promise<Error> {
    const reason =
      job.error === undefined ? 'no reason was given' : `${job.error.code}: ${job.error.message}`;
    await failJob(database, intent.id, 'failed', reason, false);
    return new Refused({ code: 'JOB_FAILED', given: `The video API failed to make the video: ${reason}` });
  }

  /** A job that was stopped is not charged; one that could not be stopped counts as charged. */
  async function jobTimedOut(intent: Intent, providerJobId: string): Promise<Error> {
    const wasStopped = await provider.cancel(providerJobId);
    const reason = `not done by ${intent.jobDeadline.toISOString()}`;
    await failJob(database, intent.id, 'timeout', reason, !wasStopped);
    return new Refused({
      code: 'JOB_TIMEOUT',
      given: `The video API did not finish the job in time: ${reason}`,
    });
  }

  async function fetchChecked(
    intent: Intent,
    providerJobId: string,
    order: VideoOrderRow,
  ): Promise<VideoFile> {
    for (let download = 1; ; download++) {
      const received = await fetchContent(intent, providerJobId);
      try {
        const { width, height, seconds } = order;
        const check = await checkVideo(received.path, { width, height, durationSeconds: seconds });
        if (check.ok) return await keep(received, order, check.facts);
        if (download === DOWNLOADS)
          throw await unusable(intent, check.problems.map(({ message }) => message).join('; '));
      } finally {
        await received.discard();
      }
    }
  }

  async function fetchContent(intent: Intent, providerJobId: string): Promise<ReceivedFile> {
    const { cancellationSignal, info } = Context.current();
    try {
      const content = await provider.content(providerJobId, cancellationSignal);
      return await store.receive(content.body, MAX_VIDEO_BYTES);
    } catch (cause) {
      cancellationSignal.throwIfAborted();
      if (cause instanceof BadInput) throw await unusable(intent, cause.message);
      const isLate = Date.now() > intent.jobDeadline.getTime() && info.attempt >= LATE_ATTEMPTS;
      if (isLate) throw await unusable(intent, `it can't be fetched (${String(cause)})`);
      // A file can lag behind its job's completion; the activity is tried again, up to the job's deadline.
      if (!(cause instanceof Refused)) throw cause;
      throw new Unavailable({
        code: 'CONTENT_NOT_READY',
        given: `The job is completed, but its file is not there (${cause.message})`,
        cause,
      });
    }
  }

  async function unusable(intent: Intent, problems: string): Promise<Error> {
    await failJob(database, intent.id, 'failed', `the file is not what was ordered: ${problems}`, true);
    return new Refused({ code: 'VIDEO_UNUSABLE', given: `The video is not what was ordered: ${problems}` });
  }

  /** A person's video: any length and size, but it must be a video that plays. */
  async function collectProvidedVideo(input: ProvidedVideoInput): Promise<void> {
    const order = await orderOf(database, input.variantId);
    using _beating = beatWhile({ status: 'fetching' });
    const received = await store.receive(await open(input.source), MAX_VIDEO_BYTES);
    try {
      const facts = await probeVideo(received.path);
      const file = await keep(received, order, facts);
      await recordManualVideo(database, input.variantId, order, file, input.by);
    } finally {
      await received.discard();
    }
  }

  return { collectVideo, collectProvidedVideo };
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

async function open(source: string): Promise<AsyncIterable<Uint8Array>> {
  if (!/^https?:\/\//.test(source)) return openFile(source);
  const response = await fetch(source, { signal: Context.current().cancellationSignal });
  if (response.ok && response.body !== null) return response.body;
  throw new BadInput({
    code: 'VIDEO_NOT_FOUND',
    given: `${source} answers with ${response.status}`,
    allowed: 'an address that answers with the video',
  });
}

async function openFile(path: string): Promise<AsyncIterable<Uint8Array>> {
  const isFile = await stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
  if (isFile) return createReadStream(path);
  throw new BadInput({
    code: 'VIDEO_NOT_FOUND',
    given: `The worker finds no file at ${path}`,
    allowed: "a file's path that the worker can read, or an http(s) address",
  });
}

async function keep(
  received: ReceivedFile,
  order: VideoOrderRow,
  facts: { width: number; height: number; durationSeconds: number },
): Promise<VideoFile> {
  const { sha256, sizeBytes } = received;
  const folder = `${slug(order.groupName)}-${order.groupId.slice(0, 8)}`;
  const stored = await received.keep(`${folder}/${slug(order.variantName)}-${sha256.slice(0, 12)}.mp4`);
  const { width, height, durationSeconds } = facts;
  return { ...stored, sha256, sizeBytes, contentType: VIDEO_TYPE, width, height, durationSeconds };
}

/** So that a person finds a file by the names they gave: `variant-b`. */
function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return plain.slice(0, 60) || 'unnamed';
}
