import OpenAI, { APIError } from 'openai';
import { formatSize } from '../domain/video.ts';
import { forEachAtMost } from './for-each-at-most.ts';
import { readError, submitError } from './openai-errors.ts';
import { readableJobs, readJob, refusedJob } from './openai-jobs.ts';
import {
  type CancelOutcome,
  isKeyRefused,
  type JobStatus,
  type ProviderCapabilities,
  type ProviderJob,
  type VideoContent,
  type VideoOrder,
  type VideoProvider,
  waitedOut,
} from './video-provider.ts';

/** How long a create may take, in milliseconds. The worker's grace time on shutdown exceeds it. */
export const SUBMIT_TIMEOUT_MS = 30_000;

/** Every other answer, in milliseconds; of a video only its headers, since the SDK's timer stops there. */
const ANSWER_TIMEOUT_MS = 30_000;
const RETRIEVES_AT_ONCE = 20;
/** A gateway without a list may get one: asked again after so long. */
const LIST_AGAIN_MS = 10 * 60_000;

/** Above so many due jobs one page of the list is asked for first. */
const LIST_FROM = 4;
const LIST_PAGE = 100;
/** Pages read when looking for a job whose id was lost: the newest 1,000. */
const MAX_SEARCH_PAGES = 10;
/** Milliseconds; whatever the provider hints at, it is asked again after so long. */
const LONGEST_HINT_MS = 60_000;

export interface OpenAICompatibleOptions {
  /** Up to and including `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly honoursIdempotencyKeys: boolean;
  readonly cancelsJobs: boolean;
}

/** Any server of the `/v1/videos` protocol: the video API that outlived its first service. */
export function createOpenAICompatibleProvider(options: OpenAICompatibleOptions): VideoProvider {
  // The SDK would wait ten minutes, three times; whoever asks here asks again by itself.
  const client = new OpenAI({
    baseURL: options.baseUrl,
    apiKey: options.apiKey,
    timeout: ANSWER_TIMEOUT_MS,
    maxRetries: 0,
  });
  const capabilities: ProviderCapabilities = {
    honoursIdempotencyKeys: options.honoursIdempotencyKeys,
    cancelsJobs: options.cancelsJobs,
    listsJobs: true,
    sendsWebhooks: false,
    submitsPerMinute: undefined,
  };

  async function submit(order: VideoOrder, idempotencyKey: string): Promise<ProviderJob> {
    // Other servers take other lengths and sizes than the SDK's types name.
    const body = {
      prompt: order.prompt,
      model: order.model,
      seconds: String(order.seconds),
      size: formatSize(order),
    } as OpenAI.VideoCreateParams;
    try {
      // Sent once: a failed create that the SDK repeats is charged each time. It drops its own
      // `idempotencyKey` option on this call.
      const video: unknown = await client.videos.create(body, {
        maxRetries: 0,
        timeout: SUBMIT_TIMEOUT_MS,
        signal: AbortSignal.timeout(SUBMIT_TIMEOUT_MS),
        headers: { 'Idempotency-Key': idempotencyKey },
      });
      return readJob(video);
    } catch (error) {
      throw submitError(error, options.baseUrl);
    }
  }

  let listAgainAt = 0;
  const hasList = () => Date.now() >= listAgainAt;

  function learnOfList(error: unknown): void {
    const status = error instanceof APIError ? error.status : undefined;
    if (status === 404 || status === 405 || status === 501) listAgainAt = Date.now() + LIST_AGAIN_MS;
  }

  async function status(
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, JobStatus>> {
    const found = new Map<string, JobStatus>();
    if (hasList() && ids.length >= LIST_FROM) {
      const wanted = new Set(ids);
      for (const job of await newestJobs(signal)) if (wanted.has(job.id)) found.set(job.id, job);
    }
    const failures: unknown[] = [];
    const missing = ids.filter((id) => !found.has(id));
    await forEachAtMost(RETRIEVES_AT_ONCE, missing, async (id) => {
      try {
        found.set(id, await retrieve(id, signal));
      } catch (error) {
        failures.push(error);
      }
    });
    if (found.size === 0 && failures.length > 0) throw readError(failures[0], options.baseUrl);
    return found;
  }

  /** One page. None where there is no list, or a broken one: the jobs are asked for one by one then. */
  async function newestJobs(signal: AbortSignal): Promise<readonly ProviderJob[]> {
    try {
      const page = await client.videos.list({ limit: LIST_PAGE, order: 'desc' }, { signal });
      return readableJobs(page.data);
    } catch (error) {
      const status = error instanceof APIError ? error.status : undefined;
      // Away, or busy: a request for each job would make it worse.
      if (status === undefined || status === 429) throw readError(error, options.baseUrl);
      learnOfList(error);
      return [];
    }
  }

  async function retrieve(id: string, signal: AbortSignal): Promise<JobStatus> {
    try {
      const { data, response } = await client.videos.retrieve(id, { signal }).withResponse();
      const hint = Math.min(Number(response.headers.get('openai-poll-after-ms')), LONGEST_HINT_MS);
      return { ...readJob(data), pollAfterMs: hint > 0 ? hint : undefined };
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      if (error.status === 404 || error.status === 410) return 'gone';
      // vLLM-Omni answers so for a job that its guardrail refused.
      if (error.status === 400 || error.status === 422) return refusedJob(id, error);
      throw error;
    }
  }

  async function content(id: string, signal: AbortSignal): Promise<VideoContent> {
    try {
      const response = await client.videos.downloadContent(id, { variant: 'video' }, { signal });
      if (response.body === null) throw new TypeError('the answer has no body');
      const [contentType] = (response.headers.get('content-type') ?? '').toLowerCase().split(';');
      return { body: response.body, contentType: contentType?.trim() || undefined };
    } catch (error) {
      throw readError(error, options.baseUrl);
    }
  }

  async function cancel(id: string): Promise<CancelOutcome> {
    try {
      // Deleting a completed job deletes its video.
      const job = await retrieve(id, AbortSignal.timeout(ANSWER_TIMEOUT_MS));
      if (job === 'gone') return 'unknown';
      if (job.status === 'completed' || job.status === 'failed') return job.status;
      if (!options.cancelsJobs) return 'unknown';
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      return (await client.videos.delete(id, { signal })).deleted ? 'stopped' : 'unknown';
    } catch (error) {
      const failure = readError(error, options.baseUrl);
      if (isKeyRefused(failure)) throw waitedOut(failure);
      if (failure.kind === 'refused') return 'unknown';
      throw failure;
    }
  }

  async function jobsSince(since: Date): Promise<readonly ProviderJob[]> {
    if (!hasList()) return [];
    const jobs: ProviderJob[] = [];
    try {
      let page = await client.videos.list({ limit: LIST_PAGE, order: 'desc' });
      for (let pages = 1; ; pages++) {
        const readable = readableJobs(page.data);
        const recent = readable.filter(({ createdAt }) => createdAt === undefined || createdAt >= since);
        jobs.push(...recent);
        if (recent.length < readable.length || pages === MAX_SEARCH_PAGES || !page.hasNextPage()) return jobs;
        page = await page.getNextPage();
      }
    } catch (error) {
      learnOfList(error);
      if (!hasList()) return [];
      throw readError(error, options.baseUrl);
    }
  }

  return { name: 'openai-compatible', capabilities, submit, status, content, cancel, jobsSince };
}
