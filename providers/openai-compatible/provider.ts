import type OpenAI from 'openai';
import { APIError, type APIPromise } from 'openai';
import { ZodError } from 'zod';
import type { DialectName } from '../../domain/dialects.ts';
import { formatSize } from '../../domain/video.ts';
import { endingOf, outcomeAfter } from '../shared/cancelling.ts';
import { fetchFileFrom } from '../shared/fetch-file.ts';
import { forEachAtMost } from '../shared/for-each-at-most.ts';
import {
  type CancelOutcome,
  isKeyRefused,
  type JobStatus,
  type ProviderCapabilities,
  type ProviderJob,
  RateLimited,
  SUBMIT_TIMEOUT_MS,
  type VideoContent,
  type VideoOrder,
  type VideoProvider,
} from '../video-provider.ts';
import { ANSWER_TIMEOUT_MS, createClient } from './client.ts';
import { openContent } from './content.ts';
import { reportedCost } from './cost.ts';
import { DIALECT } from './dialects.ts';
import { checkEndpoint } from './endpoint.ts';
import { readError, submitError } from './errors.ts';
import { retiredEndpoint, retiredService } from './gone.ts';
import { readJob, refusedJob, wasDeleted } from './jobs.ts';
import { newestPages } from './list.ts';

const RETRIEVES_AT_ONCE = 20;
/** A gateway without a list may get one: asked again after so long. */
const LIST_AGAIN_MS = 10 * 60_000;
/** From so many due jobs on the list is asked first, and from so many on a page of it was worth its request. */
const LIST_FROM = 4;
/** Milliseconds; whatever the provider hints at, it is asked again after so long. */
const LONGEST_HINT_MS = 60_000;

export interface OpenAICompatibleOptions {
  /** Up to and including `/v1`; a query in it is sent with every request. */
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly dialect?: DialectName | undefined;
  /** Known better than the dialect says. */
  readonly honoursIdempotencyKeys?: boolean | undefined;
  readonly cancelsJobs?: boolean | undefined;
  /** Servers that a file may be fetched from although they are not on the public internet. */
  readonly trustedOrigins?: readonly string[] | undefined;
}

/** Any server of the `/v1/videos` protocol: the video API that outlived its first service. */
export function createOpenAICompatibleProvider(options: OpenAICompatibleOptions): VideoProvider {
  const { baseUrl } = options;
  const dialect = DIALECT[options.dialect ?? 'openai'];
  const fetchFile = fetchFileFrom(baseUrl, options.trustedOrigins);
  const client = createClient(baseUrl, options.apiKey, dialect, fetchFile);
  const capabilities: ProviderCapabilities = {
    honoursIdempotencyKeys: options.honoursIdempotencyKeys ?? dialect.honoursIdempotencyKeys,
    cancelsJobs: options.cancelsJobs ?? dialect.cancelsJobs,
    listsJobs: dialect.list === 'with prompts',
    sendsWebhooks: false,
    submitsPerMinute: undefined,
  };

  async function submit(order: VideoOrder, idempotencyKey: string): Promise<ProviderJob> {
    const service = retiredService(baseUrl);
    if (service !== undefined) throw retiredEndpoint(baseUrl, service);
    // Other servers take other lengths and sizes than the SDK's types name.
    const body = {
      prompt: order.prompt,
      model: order.model,
      seconds: String(order.seconds),
      size: formatSize(order),
    } as OpenAI.VideoCreateParams;
    try {
      const { data, response } = await sent(body, idempotencyKey).withResponse();
      return { ...readJob(data), cost: reportedCost(dialect, response.headers) };
    } catch (error) {
      throw submitError(error, baseUrl);
    }
  }

  /** Once: a failed create that the SDK repeats is charged each time. It drops its own `idempotencyKey` option here. */
  function sent(body: OpenAI.VideoCreateParams, idempotencyKey: string): APIPromise<unknown> {
    const options = {
      maxRetries: 0,
      timeout: SUBMIT_TIMEOUT_MS,
      signal: AbortSignal.timeout(SUBMIT_TIMEOUT_MS),
      headers: { 'Idempotency-Key': idempotencyKey },
    };
    return dialect.ordersAs === 'json'
      ? client.post<unknown>('/videos', { body, ...options })
      : client.videos.create(body, options);
  }

  let listAgainAt = 0;
  const hasList = () => dialect.list !== 'none' && Date.now() >= listAgainAt;

  function learnOfList(error: unknown): void {
    const status = error instanceof APIError ? error.status : undefined;
    if (status === 404 || status === 405 || status === 501) listAgainAt = Date.now() + LIST_AGAIN_MS;
  }

  /** Met by some jobs while others were answered for: their time is kept by the next question. */
  let limited: { readonly by: RateLimited; readonly until: number } | undefined;

  async function status(
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, JobStatus>> {
    const limitedForMs = (limited?.until ?? 0) - Date.now();
    if (limited !== undefined && limitedForMs > 0) throw limited.by.stillFor(limitedForMs / 1000);
    const found = new Map<string, JobStatus>();
    if (hasList() && ids.length >= LIST_FROM) {
      for (const job of await listed(new Set(ids), signal)) found.set(job.id, job);
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
    const troubles = failures.map((error) => readError(error, baseUrl));
    if (found.size === 0 && troubles[0] !== undefined) throw troubles[0];
    const limit = troubles.find((trouble) => trouble instanceof RateLimited);
    if (limit !== undefined) limited = { by: limit, until: Date.now() + limit.retryAfterSeconds * 1000 };
    return found;
  }

  /**
   * Those that the list's newest pages have, as long as a page has more than a few of them. None where there is no list,
   * or a broken one: what is missing is asked for one by one.
   */
  async function listed(wanted: ReadonlySet<string>, signal: AbortSignal): Promise<readonly ProviderJob[]> {
    const found: ProviderJob[] = [];
    try {
      for await (const jobs of newestPages(client, signal)) {
        const ours = jobs.filter(({ id }) => wanted.has(id));
        found.push(...ours);
        if (ours.length < LIST_FROM || found.length >= wanted.size) break;
      }
    } catch (error) {
      const isBroken = error instanceof ZodError || (error instanceof APIError && error.status !== undefined);
      // Away, or busy: a request for each job would make it worse.
      if (!isBroken || (error instanceof APIError && error.status === 429)) throw readError(error, baseUrl);
      learnOfList(error);
    }
    return found;
  }

  async function retrieve(id: string, signal: AbortSignal): Promise<JobStatus> {
    try {
      const { data, response } = await client.videos.retrieve(id, { signal }).withResponse();
      const hint = Math.min(Number(response.headers.get('openai-poll-after-ms')), LONGEST_HINT_MS);
      return { ...ownAnswer(readJob(data), id), pollAfterMs: hint > 0 ? hint : undefined };
    } catch (error) {
      if (!(error instanceof APIError)) throw error;
      if (error.status === 404 || error.status === 410) return 'gone';
      if (error.code != null && error.code === dialect.unknownJobCode) return 'gone';
      const isRefusal = error.status === 400 || error.status === 422;
      if (isRefusal && dialect.refusalEndsJob) return refusedJob(id, error);
      throw error;
    }
  }

  async function content(id: string, signal: AbortSignal): Promise<VideoContent> {
    try {
      return await openContent(client, fetchFile, id, signal);
    } catch (error) {
      throw readError(error, baseUrl);
    }
  }

  async function cancel(id: string): Promise<CancelOutcome> {
    try {
      // Deleting a completed job deletes its video.
      const job = await retrieve(id, AbortSignal.timeout(ANSWER_TIMEOUT_MS));
      const ending = endingOf(job);
      if (ending !== undefined) return ending;
      if (!capabilities.cancelsJobs) return 'unknown';
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      return wasDeleted(await client.videos.delete(id, { signal })) ? 'stopped' : 'unknown';
    } catch (error) {
      return outcomeAfter(readError(error, baseUrl));
    }
  }

  async function erase(id: string): Promise<boolean> {
    try {
      const signal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
      return wasDeleted(await client.videos.delete(id, { signal }));
    } catch (error) {
      const failure = readError(error, baseUrl);
      if (failure.kind !== 'refused' || isKeyRefused(failure)) throw failure;
    }
    // No such job, or no such request: only the job itself tells them apart.
    try {
      return (await retrieve(id, AbortSignal.timeout(ANSWER_TIMEOUT_MS))) === 'gone';
    } catch (error) {
      throw readError(error, baseUrl);
    }
  }

  async function jobsSince(since: Date): Promise<readonly ProviderJob[]> {
    if (!capabilities.listsJobs || !hasList()) return [];
    const found: ProviderJob[] = [];
    try {
      for await (const jobs of newestPages(client)) {
        const recent = jobs.filter(({ createdAt }) => createdAt === undefined || createdAt >= since);
        found.push(...recent);
        if (recent.length < jobs.length) break;
      }
      return found;
    } catch (error) {
      learnOfList(error);
      if (!hasList()) return [];
      throw readError(error, baseUrl);
    }
  }

  const check = () => checkEndpoint(client, baseUrl);

  return {
    name: 'openai-compatible',
    capabilities,
    check,
    submit,
    status,
    content,
    cancel,
    erase,
    jobsSince,
  };
}

/**
 * Several servers may stand behind one address, and one that knows nothing of the job may tell of another.
 * @throws TypeError for an answer about another job: it says nothing about this one, which is asked for again
 */
function ownAnswer(job: ProviderJob, id: string): ProviderJob {
  if (job.id === id) return job;
  throw new TypeError(`the answer about the job ${id} is about ${job.id}`);
}
