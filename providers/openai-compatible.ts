import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { z } from 'zod';
import { AmbiguousOutcome, Refused, ScreentestError, Unavailable } from '../domain/errors.ts';
import { formatSize } from '../domain/video.ts';
import { forEachAtMost } from './for-each-at-most.ts';
import {
  type CancelOutcome,
  isKeyRefused,
  type JobStatus,
  KEY_REFUSED,
  type ProviderCapabilities,
  type ProviderJob,
  RateLimited,
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
/** Of a provider's own words, in characters: some answer with a whole web page. */
const LONGEST_MESSAGE = 500;

/** Above so many due jobs one page of the list is asked for first. */
const LIST_FROM = 4;
const LIST_PAGE = 100;
/** Pages read when looking for a job whose id was lost: the newest 1,000. */
const MAX_SEARCH_PAGES = 10;
/** Whatever the provider asks for, in seconds and milliseconds: longer waits are asked about again. */
const RETRY_AFTER_SECONDS = { least: 0.2, most: 600 };
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
  const capabilities: ProviderCapabilities = { honoursIdempotencyKeys: options.honoursIdempotencyKeys };

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
      return { body: response.body };
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

const jobSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  // What only informs is left out where it has another form.
  progress: z.number().nullish().catch(undefined),
  error: z
    .union([
      z.string().transform((message) => ({ code: undefined, message })),
      z.object({ code: z.coerce.string().nullish(), message: z.string().nullish() }),
    ])
    .nullish()
    .catch(undefined),
  created_at: z.number().nullish().catch(undefined),
  prompt: z.string().nullish().catch(undefined),
  model: z.string().nullish().catch(undefined),
  size: z.string().nullish().catch(undefined),
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
  succeeded: 'completed',
  success: 'completed',
  failed: 'failed',
  error: 'failed',
  cancelled: 'failed',
  canceled: 'failed',
};

/** Some servers count `created_at` in milliseconds: as seconds that would be in the year 5138 or later. */
const MILLISECONDS_FROM = 100_000_000_000;

function readJob(answer: unknown): ProviderJob {
  const job = jobSchema.parse(answer);
  return {
    id: job.id,
    // A word nobody knows is a job that isn't done yet; its own deadline ends it.
    status: STATUS_WORDS[job.status.toLowerCase()] ?? 'running',
    progress: job.progress ?? undefined,
    error:
      job.error == null
        ? undefined
        : { code: job.error.code ?? 'unknown', message: job.error.message ?? 'no reason was given' },
    createdAt: job.created_at == null ? undefined : instantOf(job.created_at),
    prompt: job.prompt ?? undefined,
    model: job.model ?? undefined,
    size: job.size ?? undefined,
    pollAfterMs: undefined,
  };
}

function instantOf(createdAt: number): Date {
  return new Date(createdAt >= MILLISECONDS_FROM ? createdAt : createdAt * 1000);
}

/** A list may hold jobs of other programs, in forms that aren't ours to understand. */
function readableJobs(answers: readonly unknown[]): ProviderJob[] {
  return answers.filter((answer) => jobSchema.safeParse(answer).success).map(readJob);
}

function refusedJob(id: string, error: APIError): ProviderJob {
  const code = error.code ?? String(error.status);
  return { ...readJob({ id, status: 'failed' }), error: { code, message: messageOf(error) } };
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
    if (error.status === 429)
      return new RateLimited(retryAfterSeconds(error.headers), messageOf(error), error);
    if (error.status === 401 || error.status === 403) {
      return new Refused({
        code: KEY_REFUSED,
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

const NO_CONNECTION: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
]);
/** A write can fail with some of these codes too, and then something may have been sent. */
const CONNECTING: ReadonlySet<string> = new Set(['connect', 'getaddrinfo']);

const causeSchema = z.object({
  code: z.string().optional().catch(undefined),
  syscall: z.string().optional().catch(undefined),
  // Where a name has several addresses, an error for each.
  errors: z.array(z.unknown()).optional().catch(undefined),
  cause: z.unknown().optional(),
});

/** The connection was never made, so nothing was sent. */
function neverArrived(error: unknown): boolean {
  if (!(error instanceof APIConnectionError) || error instanceof APIConnectionTimeoutError) return false;
  return failedToConnect(error.cause);
}

function failedToConnect(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code = '', syscall = '', errors = [], cause } = causeSchema.parse(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return true;
  if (NO_CONNECTION.has(code) && CONNECTING.has(syscall)) return true;
  if (errors.length > 0) return errors.every(failedToConnect);
  return failedToConnect(cause);
}

function retryAfterSeconds(headers: Headers | undefined): number {
  const given = headers?.get('retry-after') ?? '';
  const seconds = given === '' ? Number.NaN : Number(given);
  const until = Date.parse(given);
  if (Number.isFinite(seconds)) return bounded(seconds);
  return Number.isNaN(until) ? 5 : bounded((until - Date.now()) / 1000);
}

/** Zero would ask again without a pause, and a date far off is longer than a timer can wait. */
function bounded(seconds: number): number {
  return Math.min(RETRY_AFTER_SECONDS.most, Math.max(RETRY_AFTER_SECONDS.least, seconds));
}

function messageOf(error: unknown): string {
  const message = fullMessageOf(error);
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
}

function fullMessageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
