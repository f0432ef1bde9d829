import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { z } from 'zod';
import { AmbiguousOutcome, Refused, ScreentestError, Unavailable } from '../domain/errors.ts';
import { formatSize } from '../domain/video.ts';
import {
  isFinal,
  type JobStatus,
  type ProviderCapabilities,
  type ProviderJob,
  RateLimited,
  type VideoContent,
  type VideoOrder,
  type VideoProvider,
} from './video-provider.ts';

/** How long a create may take, in milliseconds. The worker's grace time on shutdown exceeds it. */
export const SUBMIT_TIMEOUT_MS = 30_000;

/** Above so many due jobs one page of the list is asked for first. */
const LIST_FROM = 4;
const LIST_PAGE = 100;
/** Pages read when looking for a job whose id was lost: the newest 1,000. */
const MAX_SEARCH_PAGES = 10;

export interface OpenAICompatibleOptions {
  /** Up to and including `/v1`. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly honoursIdempotencyKeys: boolean;
  readonly cancelsJobs: boolean;
}

/** Any server of the `/v1/videos` protocol: the video API that outlived its first service. */
export function createOpenAICompatibleProvider(options: OpenAICompatibleOptions): VideoProvider {
  const client = new OpenAI({ baseURL: options.baseUrl, apiKey: options.apiKey });
  const capabilities: ProviderCapabilities = {
    honoursIdempotencyKeys: options.honoursIdempotencyKeys,
    cancelsJobs: options.cancelsJobs,
    listsJobs: true,
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
      // The SDK would send a failed create up to three times, each of them charged; and it drops its own
      // `idempotencyKey` option on this call.
      const video: unknown = await client.videos.create(body, {
        maxRetries: 0,
        timeout: SUBMIT_TIMEOUT_MS,
        headers: { 'Idempotency-Key': idempotencyKey },
      });
      return readJob(video);
    } catch (error) {
      throw submitError(error, options.baseUrl);
    }
  }

  async function status(
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, JobStatus>> {
    const found = new Map<string, JobStatus>();
    try {
      if (ids.length >= LIST_FROM) {
        const wanted = new Set(ids);
        const page = await client.videos.list({ limit: LIST_PAGE, order: 'desc' }, { signal });
        for (const job of page.data.map(readJob)) if (wanted.has(job.id)) found.set(job.id, job);
      }
      const missing = ids.filter((id) => !found.has(id));
      await Promise.all(missing.map(async (id) => found.set(id, await retrieve(id, signal))));
      return found;
    } catch (error) {
      throw readError(error, options.baseUrl);
    }
  }

  async function retrieve(id: string, signal?: AbortSignal): Promise<JobStatus> {
    try {
      const { data, response } = await client.videos
        .retrieve(id, { ...(signal && { signal }) })
        .withResponse();
      const hint = Number(response.headers.get('openai-poll-after-ms'));
      return { ...readJob(data), pollAfterMs: hint > 0 ? hint : undefined };
    } catch (error) {
      if (error instanceof APIError && error.status === 404) return 'gone';
      throw error;
    }
  }

  async function content(id: string, signal: AbortSignal): Promise<VideoContent> {
    try {
      const response = await client.videos.downloadContent(id, { variant: 'video' }, { signal });
      if (response.body === null) throw new TypeError('the answer has no body');
      return { body: response.body, contentType: response.headers.get('content-type') ?? undefined };
    } catch (error) {
      throw readError(error, options.baseUrl);
    }
  }

  async function cancel(id: string): Promise<boolean> {
    if (!options.cancelsJobs) return false;
    try {
      // Deleting a completed job deletes its video.
      const job = await retrieve(id);
      if (job === 'gone' || isFinal(job)) return false;
      return (await client.videos.delete(id)).deleted;
    } catch (error) {
      const failure = readError(error, options.baseUrl);
      if (failure.kind === 'refused') return false;
      throw failure;
    }
  }

  async function jobsSince(since: Date): Promise<readonly ProviderJob[]> {
    const jobs: ProviderJob[] = [];
    try {
      let page = await client.videos.list({ limit: LIST_PAGE, order: 'desc' });
      for (let pages = 1; ; pages++) {
        const recent = page.data
          .map(readJob)
          .filter(({ createdAt }) => createdAt === undefined || createdAt >= since);
        jobs.push(...recent);
        if (recent.length < page.data.length || pages === MAX_SEARCH_PAGES || !page.hasNextPage())
          return jobs;
        page = await page.getNextPage();
      }
    } catch (error) {
      throw readError(error, options.baseUrl);
    }
  }

  return { name: 'openai-compatible', capabilities, submit, status, content, cancel, jobsSince };
}

const jobSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  progress: z.number().nullish(),
  error: z.object({ code: z.coerce.string().nullish(), message: z.string().nullish() }).nullish(),
  created_at: z.number().nullish(),
  prompt: z.string().nullish(),
  model: z.string().nullish(),
  size: z.string().nullish(),
});

/** Words for a status that servers of the protocol use, besides the protocol's own four. */
const STATUS_WORDS: Readonly<Record<string, ProviderJob['status']>> = {
  queued: 'queued',
  submitted: 'queued',
  pending: 'queued',
  in_progress: 'running',
  processing: 'running',
  running: 'running',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'failed',
};

function readJob(answer: unknown): ProviderJob {
  const job = jobSchema.parse(answer);
  return {
    id: job.id,
    // A word nobody knows is a job that isn't done yet; its own deadline ends it.
    status: STATUS_WORDS[job.status] ?? 'running',
    progress: job.progress ?? undefined,
    error:
      job.error == null
        ? undefined
        : { code: job.error.code ?? 'unknown', message: job.error.message ?? 'no reason was given' },
    createdAt: job.created_at == null ? undefined : new Date(job.created_at * 1000),
    prompt: job.prompt ?? undefined,
    model: job.model ?? undefined,
    size: job.size ?? undefined,
    pollAfterMs: undefined,
  };
}

/** A create that failed: the only question is whether a job may have been made all the same. */
function submitError(error: unknown, baseUrl: string): Error {
  if (neverArrived(error)) return readError(error, baseUrl);
  const status = error instanceof APIError ? error.status : undefined;
  // 408 and 409 may stand for a create that went through; every other 4xx says that it did not.
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409) {
    return readError(error, baseUrl);
  }
  return new AmbiguousOutcome({
    code: 'SUBMISSION_OUTCOME_UNKNOWN',
    given: `The video API at ${baseUrl} did not say whether it made the job (${messageOf(error)})`,
    cause: error,
  });
}

function readError(error: unknown, baseUrl: string): ScreentestError {
  if (error instanceof ScreentestError) return error;
  if (error instanceof APIError && error.status !== undefined) {
    if (error.status === 429) return new RateLimited(retryAfterSeconds(error.headers), error);
    if (error.status === 401 || error.status === 403) {
      return new Refused({
        code: 'PROVIDER_KEY_REFUSED',
        given: `The video API at ${baseUrl} refused the key (${error.status})`,
        fix: 'set VIDEO_API_KEY to a key that may make videos there',
        cause: error,
      });
    }
    if (error.status >= 400 && error.status < 500 && error.status !== 408) {
      return new Refused({
        code: 'PROVIDER_REFUSED',
        given: `The video API said no (${error.status}): ${messageOf(error)}`,
        cause: error,
      });
    }
  }
  return new Unavailable({
    code: 'PROVIDER_UNAVAILABLE',
    given: `The video API at ${baseUrl} does not answer as it should (${messageOf(error)})`,
    fix: 'check that it runs, and VIDEO_API_BASE_URL',
    cause: error,
  });
}

/** The connection was never made, so nothing was sent. */
function neverArrived(error: unknown): boolean {
  if (!(error instanceof APIConnectionError) || error instanceof APIConnectionTimeoutError) return false;
  const codes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN']);
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && codes.has(cause.code)) return true;
  }
  return false;
}

function retryAfterSeconds(headers: Headers | undefined): number {
  const given = headers?.get('retry-after') ?? '';
  const seconds = Number(given);
  if (given !== '' && Number.isFinite(seconds)) return Math.max(0, seconds);
  const until = Date.parse(given);
  return Number.isNaN(until) ? 5 : Math.max(0, (until - Date.now()) / 1000);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
