import { Context } from '@temporalio/activity';
import { DuplicateVideo } from '../database/duplicates.ts';
import { failJob } from '../database/intent-endings.ts';
import { type Intent, intentById } from '../database/intents.ts';
import { type OrderRecord, orderRecord } from '../database/order-records.ts';
import { generatedFileOf, recordGeneratedVideo, type VideoFile } from '../database/stored-videos.ts';
import { orderOf, type VideoOrderRow } from '../database/video-orders.ts';
import { BadInput, Refused, Unavailable } from '../domain/errors.ts';
import type { GroupId, JobId, VariantId } from '../domain/ids.ts';
import type { MicroUsd } from '../domain/money.ts';
import { MAX_VIDEO_BYTES } from '../domain/video.ts';
import { REJECTED_FOLDER } from '../domain/video-keys.ts';
import { MISSES_THE_ORDER } from '../media/check.ts';
import { mislabelled } from '../media/label.ts';
import {
  ContentExpired,
  isKeyRefused,
  type ProviderJob,
  type VideoContent,
  waitedOut,
} from '../providers/video-provider.ts';
import type { ReceivedFile } from '../storage/video-store.ts';
import { checkFile, type FileProblem } from './check-file.ts';
import { tellingOf } from './failures.ts';
import { beatWhile } from './heartbeat.ts';
import { type JobDetails, JobProgress } from './job-progress.ts';
import { createJobWait, isAtProvider, type JobWaitDependencies, type SentIntent } from './job-wait.ts';
import { type KeepDependencies, keep, keyOf, VIDEO_TYPE } from './keep-video.ts';
import { neverForGood } from './never-for-good.ts';
import { spendOfVariant, type VariantSpend } from './variant-spend.ts';

export interface CollectVideoInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  readonly jobId: JobId;
}

/** With what a history needs to write the record again, where the database is lost. */
export interface CollectedJob extends VariantSpend {
  readonly order: OrderRecord | undefined;
  readonly file: VideoFile | undefined;
}

/** A file that is not what was ordered may have been cut off on the way: fetched so often before it counts as bad. */
const DOWNLOADS = 3;
/** A file that the provider says is not there is given up so long after the job's deadline: its assets live an hour. */
const ASSETS_LIVE_MS = 3_600_000;
/** And not for a single bad moment. */
const LATE_ATTEMPTS = 4;

export interface CollectionDependencies extends JobWaitDependencies, KeepDependencies {}

export type CollectionActivities = ReturnType<typeof createCollectionActivities>;

export function createCollectionActivities(dependencies: CollectionDependencies) {
  const { database, provider, store, ffmpeg } = dependencies;
  const wait = createJobWait(dependencies);

  /** Waits for the job, fetches its file, checks it and stores it. May be repeated at any point. */
  async function collectVideo(input: CollectVideoInput): Promise<CollectedJob> {
    const intent = await intentById(database, input.jobId);
    const record = () => orderRecord(database, intent.id);
    if (intent.jobStatus !== 'completed') {
      const order = await orderOf(database, input.variantId, intent.rendition);
      await tellingOf(() => collectOpen(intent, order), record);
    }
    return {
      order: await record(),
      file: await generatedFileOf(database, intent.variantId, intent.rendition),
      ...(await spendOfVariant(database, intent.groupId, intent.variantId)),
    };
  }

  async function collectOpen(intent: Intent, order: VideoOrderRow): Promise<void> {
    if (!isAtProvider(intent)) throw await wait.overAlready(intent);
    using beating = beatWhile<JobDetails | undefined>(undefined);
    const progress = new JobProgress(database, intent, Context.current().info.heartbeatDetails, beating.tell);
    const job = await wait.untilFinal(intent, order.model, progress);
    if (job.status === 'failed') throw await jobFailed(intent, job);
    progress.downloading();
    const cost = job.cost ?? intent.announced ?? intent.reserved;
    const done = { ...intent, figure: job.cost };
    const file = await fetchChecked(done, order);
    if (await recorded(done, file, cost)) return;
    const ended = await intentById(database, intent.id);
    if (ended.jobStatus !== 'completed') throw await wait.overAlready(ended);
  }

  /** Of two files with the same bytes that were checked at once, the second is found out here. */
  async function recorded(intent: DoneJob, file: VideoFile, cost: MicroUsd): Promise<boolean> {
    try {
      return await recordGeneratedVideo(database, intent, file, cost);
    } catch (error) {
      throw error instanceof DuplicateVideo ? await unusable(intent, error.given) : error;
    }
  }

  async function jobFailed(intent: Intent, job: ProviderJob): Promise<Error> {
    const reason =
      job.error === undefined ? 'no reason was given' : `${job.error.code}: ${job.error.message}`;
    await failJob(database, intent.id, 'failed', reason, false, job.cost);
    return new Refused({ code: 'JOB_FAILED', given: `The video API failed to make the video: ${reason}` });
  }

  async function fetchChecked(intent: DoneJob, order: VideoOrderRow): Promise<VideoFile> {
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
  async function receive(intent: DoneJob, content: VideoContent): Promise<ReceivedFile> {
    try {
      return await store.receive(content.body, MAX_VIDEO_BYTES);
    } catch (cause) {
      Context.current().cancellationSignal.throwIfAborted();
      if (cause instanceof BadInput) throw await unusable(intent, cause.message);
      throw cause;
    }
  }

  async function contentOf(intent: DoneJob): Promise<VideoContent> {
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
  async function expired({ id, figure }: DoneJob, said: string): Promise<Error> {
    const reason = `The video was made, but its link expired before it was fetched (${said})`;
    const fix = 'retry the variant, which is paid for again, or provide a video for it';
    await failJob(database, id, 'failed', `${reason}; ${fix}`, true, figure);
    return new Refused({ code: 'VIDEO_EXPIRED', given: reason, fix });
  }

  /** It was paid for: a video that only misses the order is kept, so that a person may provide it all the same. */
  async function rejected(
    intent: DoneJob,
    order: VideoOrderRow,
    received: ReceivedFile,
    problems: readonly FileProblem[],
  ): Promise<Error> {
    const said = problems.map(({ message }) => message).join('; ');
    if (!problems.every(({ code }) => code !== 'DUPLICATE' && MISSES_THE_ORDER.has(code)))
      return unusable(intent, said);
    const { url } = await received.keep(`${REJECTED_FOLDER}/${keyOf(received, order)}`, VIDEO_TYPE);
    return unusable(intent, `${said}. It is kept as ${url}`);
  }

  async function unusable({ id, figure }: DoneJob, problems: string): Promise<Error> {
    await failJob(database, id, 'failed', `the file is not what was ordered: ${problems}`, true, figure);
    return new Refused({ code: 'VIDEO_UNUSABLE', given: `The video is not what was ordered: ${problems}` });
  }

  return { collectVideo };
}

/** A job that is done. */
type DoneJob = SentIntent & {
  /** What the provider says that it charges, where it says so. */
  readonly figure: MicroUsd | undefined;
};
