import { OpenRouterCore } from '@openrouter/sdk/core.js';
import { videoGenerationGenerate } from '@openrouter/sdk/funcs/videoGenerationGenerate.js';
import { videoGenerationGetGeneration } from '@openrouter/sdk/funcs/videoGenerationGetGeneration.js';
import { HTTPClient } from '@openrouter/sdk/lib/http.js';
import { OpenRouterError } from '@openrouter/sdk/models/errors';
import { z } from 'zod';
import { ScreentestError } from '../../domain/errors.ts';
import { fromUsd } from '../../domain/money.ts';
import { formatSize } from '../../domain/video.ts';
import { bareJob } from '../shared/bare-job.ts';
import { endingOf, outcomeAfter } from '../shared/cancelling.ts';
import { jsonIn, saidIn } from '../shared/error-words.ts';
import {
  contentFailure,
  type FailedRequest,
  networkFailure,
  readFailure,
  submitFailure,
} from '../shared/failed-request.ts';
import { fetchFileFrom } from '../shared/fetch-file.ts';
import { openLink } from '../shared/file-link.ts';
import { askOneByOne } from '../shared/one-by-one.ts';
import { withoutSecret } from '../shared/without-secret.ts';
import {
  type CancelOutcome,
  type JobStatus,
  type ProviderCapabilities,
  type ProviderJob,
  SUBMIT_TIMEOUT_MS,
  type VideoContent,
  type VideoOrder,
  type VideoProvider,
} from '../video-provider.ts';

const OPENROUTER = 'https://openrouter.ai/api/v1';
/** Milliseconds. */
const ANSWER_TIMEOUT_MS = 30_000;
const CHECK_TIMEOUT_MS = 5000;
/** Was never given: that it is not known there is an answer all the same. */
const NO_JOB = 'screentest-asks-whether-you-answer';

/** Without it the client repeats a create for an hour after a 5xx or a broken connection. */
const SENT_ONCE = { retries: { strategy: 'none' } } as const;
/** With OPENROUTER_DEBUG in the environment the client would print each request, its key among the headers. */
const SILENT = { group() {}, groupEnd() {}, log() {} };

export interface OpenRouterOptions {
  readonly apiKey: string;
  /** Up to and including `/v1`, if not OpenRouter's own: a proxy, or a simulator. */
  readonly baseUrl?: string | undefined;
  /** Servers that a file may be fetched from although they are not on the public internet. */
  readonly trustedOrigins?: readonly string[] | undefined;
}

/**
 * OpenRouter's video API (openrouter.ai/docs, Video Generation), which passes orders on to many makers of videos and
 * says what each cost. It has no list, no cancelling and honours no keys: an order whose answer was lost is held.
 */
export function createOpenRouterProvider(options: OpenRouterOptions): VideoProvider {
  const address = (options.baseUrl ?? OPENROUTER).replace(/\/+$/, '');
  const fetchSafely = withoutSecret(options.apiKey);
  const fetchFile = withoutSecret(options.apiKey, fetchFileFrom(address, options.trustedOrigins));
  const client = new OpenRouterCore({
    apiKey: options.apiKey,
    serverURL: address,
    retryConfig: SENT_ONCE.retries,
    debugLogger: SILENT,
    httpClient: new HTTPClient({ fetcher: fetchSafely }),
  });
  const capabilities: ProviderCapabilities = {
    honoursIdempotencyKeys: false,
    listsJobs: false,
    cancelsJobs: false,
    sendsWebhooks: false,
    submitsPerMinute: undefined,
  };

  async function submit(order: VideoOrder): Promise<ProviderJob> {
    const { model, prompt, seconds } = order;
    const size = formatSize(order);
    const request = { videoGenerationRequest: { model, prompt, duration: seconds, size } };
    const signal = AbortSignal.timeout(SUBMIT_TIMEOUT_MS);
    try {
      const answer = await answerOf(videoGenerationGenerate(client, request, { ...SENT_ONCE, signal }));
      return { ...readJob(answer), model, prompt, size };
    } catch (error) {
      throw submitFailure(failureOf(error), address, model);
    }
  }

  async function retrieve(jobId: string, signal: AbortSignal): Promise<JobStatus> {
    try {
      return readJob(
        await answerOf(videoGenerationGetGeneration(client, { jobId }, { ...SENT_ONCE, signal })),
      );
    } catch (error) {
      const failure = failureOf(error);
      if (failure.status === 404) return 'gone';
      throw readFailure(failure, address);
    }
  }

  /** Not by the client: it reads a file whole, as text, where it is labelled anything but `video/mp4`. */
  async function content(id: string, signal: AbortSignal): Promise<VideoContent> {
    let failed: FailedRequest;
    try {
      const url = `${address}/videos/${encodeURIComponent(id)}/content?index=0`;
      const opened = await openLink(url, signal, fetchFile, { authorization: `Bearer ${options.apiKey}` });
      if (!('said' in opened)) return opened;
      failed = opened;
    } catch (error) {
      if (error instanceof ScreentestError) throw error;
      failed = networkFailure(error);
    }
    throw contentFailure(failed, address);
  }

  async function cancel(id: string): Promise<CancelOutcome> {
    try {
      return endingOf(await retrieve(id, AbortSignal.timeout(ANSWER_TIMEOUT_MS))) ?? 'unknown';
    } catch (error) {
      return outcomeAfter(error);
    }
  }

  async function check(): Promise<void> {
    await retrieve(NO_JOB, AbortSignal.timeout(CHECK_TIMEOUT_MS));
  }

  return {
    name: 'openrouter',
    capabilities,
    check,
    submit,
    status: (ids, signal) => askOneByOne(ids, (id) => retrieve(id, signal)),
    content,
    cancel,
    async jobsSince() {
      return [];
    },
  };
}

const jobSchema = z.object({
  id: z.string().min(1),
  status: z.string(),
  // What only informs is left out where it has another form.
  error: z.string().nullish().catch(undefined),
  usage: z
    .object({ cost: z.number().min(0).nullish() })
    .nullish()
    .catch(undefined),
});

/** Left out: what isn't over yet, and words nobody knows. A job's own deadline ends those. */
const STATUS_WORDS: Readonly<Record<string, ProviderJob['status']>> = {
  pending: 'queued',
  completed: 'completed',
  failed: 'failed',
  cancelled: 'failed',
  expired: 'failed',
};

function readJob(answer: unknown): ProviderJob {
  const { id, status, error, usage } = jobSchema.parse(answer);
  const cost = usage?.cost ?? undefined;
  // One that was charged had a video; asking for it tells that it is gone.
  const meaning = status === 'expired' && cost !== undefined ? 'completed' : STATUS_WORDS[status];
  return {
    ...bareJob(id, meaning ?? 'running'),
    error: meaning === 'failed' ? { code: status, message: error ?? 'no reason was given' } : undefined,
    cost: cost === undefined ? undefined : fromUsd(cost),
  };
}

type Answer = Awaited<ReturnType<typeof videoGenerationGenerate | typeof videoGenerationGetGeneration>>;

/** What was answered, in a form that the client knows or not. @throws what was answered instead */
async function answerOf(asked: PromiseLike<Answer>): Promise<unknown> {
  const result = await asked;
  if (result.ok) return result.value;
  const { error } = result;
  if (error instanceof OpenRouterError && error.statusCode < 300) return jsonIn(error.body);
  throw error;
}

/** The client's own error holds the request, and so the key: it goes no further. */
function failureOf(error: unknown): FailedRequest {
  if (!(error instanceof OpenRouterError)) return networkFailure(error);
  const { statusCode: status, headers, body } = error;
  const sparesKey = moderationSchema.safeParse(jsonIn(body)).success;
  return { status, headers, said: saidIn(body) || `HTTP ${status}`, sparesKey, cause: undefined };
}

/** Its moderation answers 403, as does a key that is refused. */
const moderationSchema = z.object({
  error: z.object({ metadata: z.object({ reasons: z.array(z.string()) }) }),
});
