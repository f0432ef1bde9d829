import { finishSmokeTest, type SmokeTest } from '../database/smoke-tests.ts';
import type { VideoFile } from '../database/stored-videos.ts';
import { BadInput, NotFound, ScreentestError } from '../domain/errors.ts';
import { type MicroUsd, microUsd } from '../domain/money.ts';
import { MAX_VIDEO_BYTES } from '../domain/video.ts';
import { checkVideo } from '../media/check.ts';
import { mislabelled } from '../media/label.ts';
import {
  type CancelOutcome,
  ContentExpired,
  isFinal,
  isKeyRefused,
  type ProviderJob,
} from '../providers/video-provider.ts';
import type { ReceivedFile } from '../storage/video-store.ts';
import { pause } from './order.ts';
import type { SmokeTestParts } from './smoke-test.ts';

const VIDEO_TYPE = 'video/mp4';
/** A file that is not what was ordered may have been cut off on the way: fetched so often before it counts as bad. */
const DOWNLOADS = 3;
const CONTENT_AGAIN_MS = 1000;
/** A provider that is away is asked so often to cancel a job that is late. */
const CANCELS = 5;
const CANCEL_AGAIN_MS = 2000;

const NOTHING = microUsd(0);

/** Waits for the test's job, fetches its video, checks it as every video is checked, and records the result. */
export async function collectVideo(parts: SmokeTestParts, test: SmokeTest): Promise<void> {
  const ended = await untilOver(parts, test);
  const reported = 'job' in ended ? ended.job.cost : undefined;
  if ('reason' in ended) {
    await fail(
      parts,
      test,
      [ended.reason],
      reported ?? (ended.wasCharged ? (test.cost ?? test.price) : NOTHING),
    );
    return;
  }
  const cost = reported ?? test.cost ?? test.price;
  const fetched = await fetchChecked(parts, test);
  if ('problems' in fetched) await fail(parts, test, fetched.problems, cost);
  else await finishSmokeTest(parts.database, test.id, { result: 'PASS', reasons: [], cost, ...fetched });
}

async function fail(
  { database }: SmokeTestParts,
  { id }: SmokeTest,
  reasons: readonly string[],
  cost: MicroUsd,
): Promise<void> {
  await finishSmokeTest(database, id, { result: 'FAIL', reasons, cost });
}

type Over = { readonly job: ProviderJob } | { readonly reason: string; readonly wasCharged: boolean };

async function untilOver(parts: SmokeTestParts, test: SmokeTest): Promise<Over> {
  const { poller, signal } = parts;
  const jobId = idOf(test);
  const deadline = test.jobDeadline ?? new Date();
  const overdue = AbortSignal.timeout(Math.max(0, deadline.getTime() - Date.now()));
  let shown = '';
  const show = (line: string) => {
    if (line !== shown) parts.tell(line);
    shown = line;
  };
  parts.tell(`waiting for the job ${jobId}`);
  try {
    const awaited = { id: jobId, model: test.video.model, submittedAt: test.submittedAt ?? test.startedAt };
    const job = await poller.untilFinal(awaited, AbortSignal.any([signal, overdue]), {
      asked: () => {},
      seen: ({ status, progress }) => show(progress === undefined ? status : `${status}, ${progress}%`),
      troubled: (trouble) => show(trouble instanceof Error ? trouble.message : String(trouble)),
    });
    return asOver(job);
  } catch (error) {
    signal.throwIfAborted();
    if (overdue.aborted) return timedOut(parts, jobId, deadline);
    if (error instanceof NotFound) return { reason: error.message, wasCharged: true };
    throw error;
  }
}

function idOf({ id, providerJobId }: SmokeTest): string {
  if (providerJobId === undefined) throw new TypeError(`an accepted smoke test without a job: ${id}`);
  return providerJobId;
}

function asOver(job: ProviderJob): Over {
  if (job.status !== 'failed') return { job };
  const { code, message } = job.error ?? { code: 'unknown', message: 'no reason was given' };
  const reason = `The video API failed to make the video: ${code}: ${message}`;
  return { ...(job.cost !== undefined && { job }), reason, wasCharged: false };
}

/** It may have been done while nobody was there to see it: then it is paid for, and there to be fetched. */
async function timedOut(parts: SmokeTestParts, jobId: string, deadline: Date): Promise<Over> {
  const { provider, signal } = parts;
  const statuses = await provider.status([jobId], signal).catch(() => new Map<string, never>());
  const job = statuses.get(jobId);
  if (job !== undefined && job !== 'gone' && isFinal(job)) return asOver(job);
  const outcome = await cancelAtLast(parts, jobId);
  const reason = `The video API did not finish the job by ${deadline.toISOString()}`;
  switch (outcome) {
    case 'stopped':
      return { reason: `${reason}; it was cancelled there`, wasCharged: false };
    case 'failed':
      return { reason, wasCharged: false };
    default:
      return { reason: `${reason}; it could not be cancelled and may be charged`, wasCharged: true };
  }
}

async function cancelAtLast(parts: SmokeTestParts, jobId: string): Promise<CancelOutcome> {
  for (let attempt = 1; attempt <= CANCELS; attempt++) {
    try {
      return await parts.provider.cancel(jobId);
    } catch (error) {
      if (!(error instanceof ScreentestError)) throw error;
      if (attempt < CANCELS) await pause(parts, CANCEL_AGAIN_MS);
    }
  }
  return 'unknown';
}

type Fetched = { readonly file: VideoFile } | { readonly problems: readonly string[] };

async function fetchChecked(parts: SmokeTestParts, test: SmokeTest): Promise<Fetched> {
  const { width, height, seconds } = test.video;
  for (let download = 1; ; download++) {
    parts.tell('downloading the video');
    const received = await receive(parts, idOf(test));
    if ('problems' in received) return received;
    try {
      const check = await checkVideo(received.path, { width, height, durationSeconds: seconds });
      if (check.ok) {
        const { url, key } = await received.keep(`smoke-tests/${test.id}.mp4`, VIDEO_TYPE);
        return { file: { ...check.facts, key, url, sha256: received.sha256, contentType: VIDEO_TYPE } };
      }
      if (download === DOWNLOADS) {
        const said = check.problems.map(({ message }) => message);
        return { problems: said.map((problem) => `The video is not what was ordered: ${problem}`) };
      }
    } finally {
      await received.discard();
    }
  }
}

/** A file can lag behind its job's completion, and a connection can break; but not for ever. */
async function receive(
  parts: SmokeTestParts,
  jobId: string,
): Promise<ReceivedFile | { readonly problems: readonly string[] }> {
  const { provider, store, signal, timing } = parts;
  const giveUpAt = Date.now() + timing.contentWithinMs;
  for (let download = 1; ; download++) {
    try {
      const { body, contentType } = await provider.content(jobId, signal);
      const wrongLabel = await mislabelled(contentType, body);
      if (wrongLabel === undefined) return await store.receive(body, MAX_VIDEO_BYTES);
      if (download >= DOWNLOADS) return { problems: [`The video is not what was ordered: ${wrongLabel}`] };
    } catch (error) {
      signal.throwIfAborted();
      const isHopeless = error instanceof BadInput || error instanceof ContentExpired || isKeyRefused(error);
      if (isHopeless || Date.now() >= giveUpAt) {
        return { problems: [`The video can't be fetched: ${messageOf(error)}`] };
      }
    }
    await pause(parts, CONTENT_AGAIN_MS);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
