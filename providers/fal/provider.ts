import { createFalClient } from '@fal-ai/client';
import { z } from 'zod';
import { Refused, ScreentestError } from '../../domain/errors.ts';
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
import { falInput } from './models.ts';

const FAL_QUEUE = 'https://queue.fal.run';
/** Milliseconds. */
const ANSWER_TIMEOUT_MS = 30_000;
const CHECK_TIMEOUT_MS = 5000;
/** Was never given: that it is not known there is an answer all the same. */
const NO_JOB = 'fal-ai/veo3.1/requests/00000000-0000-0000-0000-000000000000';

export interface FalOptions {
  readonly apiKey: string;
  /** Where fal's queue is reached, if not at fal: a proxy, or a simulator. */
  readonly baseUrl?: string | undefined;
  /** Servers that a file may be fetched from although they are not on the public internet. */
  readonly trustedOrigins?: readonly string[] | undefined;
}

/**
 * fal's queue (fal.ai/docs, Inference API). Its ids are its own paths, `<owner>/<app>/requests/<request id>`, since a
 * request can't be asked about without its app. It has no list and honours no keys: an order whose answer was lost is
 * held.
 */
export function createFalProvider(options: FalOptions): VideoProvider {
  const address = (options.baseUrl ?? FAL_QUEUE).replace(/\/+$/, '');
  const capabilities: ProviderCapabilities = {
    honoursIdempotencyKeys: false,
    listsJobs: false,
    // A request that waits is removed; one that runs is only told so, and may be finished and charged.
    cancelsJobs: false,
    sendsWebhooks: false,
    // Requests wait in fal's queue; none is refused for coming too soon.
    submitsPerMinute: undefined,
  };

  const fetchSafely = withoutSecret(options.apiKey);
  const fetchFile = fetchFileFrom(address, options.trustedOrigins);

  /** @param heard the text of each answer, which the client keeps to itself where it cancels */
  function clientOf(heard: (answer: string) => void = () => {}) {
    return createFalClient({
      credentials: options.apiKey,
      requestMiddleware: async (request) => ({ ...request, url: request.url.replace(FAL_QUEUE, address) }),
      fetch: async (input, init) => {
        const answer = await sendOnce(fetchSafely, input, init);
        heard(answer);
        return new Response(answer, { headers: { 'content-type': 'application/json' } });
      },
    });
  }
  const { queue } = clientOf();

  async function submit(order: VideoOrder): Promise<ProviderJob> {
    const input = falInput(order);
    try {
      const abortSignal = AbortSignal.timeout(SUBMIT_TIMEOUT_MS);
      const answer: unknown = await queue.submit<string>(order.model, { input, abortSignal });
      const { request_id } = submittedSchema.parse(answer);
      return {
        ...bareJob(jobIdOf(order.model, request_id), 'queued'),
        prompt: order.prompt,
        model: order.model,
        size: formatSize(order),
      };
    } catch (error) {
      throw submitFailure(failureOf(error), address, order.model);
    }
  }

  async function retrieve(id: string, abortSignal: AbortSignal): Promise<JobStatus> {
    const request = partsOf(id);
    const { app, requestId } = request;
    try {
      const answer: unknown = await queue.status(app, { requestId, abortSignal });
      const said = statusSchema.parse(answer);
      if (said.status === 'IN_QUEUE') return bareJob(id, 'queued');
      if (said.status !== 'COMPLETED') return bareJob(id, 'running');
      if (said.error != null) {
        return failedJob(id, { code: said.error_type ?? 'unknown', message: said.error });
      }
    } catch (error) {
      const failure = failureOf(error);
      if (failure.status === 404) return 'gone';
      throw readFailure(failure, address);
    }
    return finished(id, request, abortSignal);
  }

  /** A request that failed is COMPLETED as well: its result says so. */
  async function finished(id: string, request: FalRequest, signal: AbortSignal): Promise<JobStatus> {
    try {
      await resultOf(request, signal);
      return bareJob(id, 'completed');
    } catch (error) {
      const failure = failureOf(error);
      if (failure.status === 404) return 'gone';
      const refusal = refusalIn(error);
      if (refusal === undefined) throw readFailure(failure, address);
      return failedJob(id, refusal);
    }
  }

  async function resultOf({ app, requestId }: FalRequest, abortSignal: AbortSignal): Promise<unknown> {
    return (await queue.result<string>(app, { requestId, abortSignal })).data;
  }

  /** The link is open to everybody who knows it, so the key is not sent there. */
  async function content(id: string, signal: AbortSignal): Promise<VideoContent> {
    const request = partsOf(id);
    let failed: FailedRequest;
    try {
      const { video } = resultSchema.parse(await resultOf(request, signal));
      const opened = await openLink(video.url, signal, fetchFile);
      if (!('said' in opened)) return opened;
      // Another host's 401 and 403 are no word about our key.
      const isOurs = new URL(video.url).origin === new URL(address).origin;
      failed = { ...opened, sparesKey: !isOurs };
    } catch (error) {
      if (error instanceof ScreentestError) throw error;
      failed = failureOf(error);
    }
    throw contentFailure(failed, address);
  }

  async function cancel(id: string): Promise<CancelOutcome> {
    try {
      const before = await outcomeOf(id);
      if (before !== undefined) return before;
      const { app, requestId } = partsOf(id);
      let said = '';
      const { queue: listening } = clientOf((answer) => {
        said = answer;
      });
      await listening
        .cancel(app, { requestId, abortSignal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) })
        .catch((error: unknown) => {
          const failure = failureOf(error);
          // Over by now, or never there.
          if (failure.status !== 400 && failure.status !== 404) throw readFailure(failure, address);
        });
      // Anything else is a wish that was passed on to the model.
      if (cancelSchema.safeParse(jsonIn(said)).data?.status === 'OK') return 'stopped';
      return (await outcomeOf(id)) ?? 'unknown';
    } catch (error) {
      return outcomeAfter(error);
    }
  }

  /** Undefined while it may go on. */
  async function outcomeOf(id: string): Promise<CancelOutcome | undefined> {
    return endingOf(await retrieve(id, AbortSignal.timeout(ANSWER_TIMEOUT_MS)));
  }

  async function check(): Promise<void> {
    await retrieve(NO_JOB, AbortSignal.timeout(CHECK_TIMEOUT_MS));
  }

  return {
    name: 'fal',
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

interface FalRequest {
  /** `<owner>/<app>`, the beginning of the model's name. */
  readonly app: string;
  readonly requestId: string;
}

const submittedSchema = z.object({ request_id: z.string().min(1) });
const statusSchema = z.object({
  status: z.string(),
  error: z.string().nullish().catch(undefined),
  error_type: z.string().nullish().catch(undefined),
});
const resultSchema = z.object({ video: z.object({ url: z.url({ protocol: /^https?$/ }) }) });
const cancelSchema = z.object({ status: z.string() });
/** Why a model did not make a video: the model's own words with a type for each, or the platform's. */
const refusalSchema = z.union([
  z
    .object({ detail: z.array(z.object({ type: z.string(), msg: z.string() })).min(1) })
    .transform(({ detail }) => ({
      code: detail[0]?.type ?? 'unknown',
      message: detail.map(({ msg }) => msg).join('; '),
    })),
  z
    .object({ detail: z.string(), error_type: z.string() })
    .transform(({ detail, error_type }) => ({ code: error_type, message: detail })),
]);

/** An answer that says no. Not of the client's own kinds of error: see `sendOnce`. */
class FalFailure extends Error {
  readonly failed: FailedRequest;
  readonly body: unknown;

  constructor(failed: FailedRequest, body: unknown) {
    super(failed.said);
    this.failed = failed;
    this.body = body;
  }
}

/**
 * Sends a request, and reads all of its answer. The client would repeat a submit up to three times after a 429, a 502,
 * a 503, a 504 or a broken connection, whatever its settings say; it repeats only errors that it knows, and this one
 * it does not. It would lose `retry-after`, too.
 */
async function sendOnce(send: typeof fetch, ...request: Parameters<typeof fetch>): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await send(...request);
    text = await response.text();
  } catch (error) {
    throw new FalFailure(networkFailure(error), undefined);
  }
  if (response.ok) return text;
  const { status, headers } = response;
  const said = saidIn(text) || `HTTP ${status}`;
  throw new FalFailure({ status, headers, said, cause: undefined }, jsonIn(text));
}

function failureOf(error: unknown): FailedRequest {
  return error instanceof FalFailure ? error.failed : networkFailure(error);
}

function refusalIn(error: unknown) {
  return error instanceof FalFailure ? refusalSchema.safeParse(error.body).data : undefined;
}

function failedJob(id: string, error: NonNullable<ProviderJob['error']>): ProviderJob {
  return { ...bareJob(id, 'failed'), error };
}

/** Without the rest of the model's path, so that a request has one id. */
function jobIdOf(model: string, requestId: string): string {
  const [owner, app] = model.split('/');
  return `${owner}/${app}/requests/${requestId}`;
}

/** @throws Refused for an id that isn't fal's: its job is not called gone, since another provider may have it */
function partsOf(id: string): FalRequest {
  const [, app, requestId] = /^([^/]+\/[^/]+)\/requests\/([^/]+)$/.exec(id) ?? [];
  if (app !== undefined && requestId !== undefined) return { app, requestId };
  throw new Refused({
    code: 'JOB_OF_ANOTHER_PROVIDER',
    given: `"${id}" is no job of fal's`,
    allowed: '<owner>/<app>/requests/<request id>, as in the addresses that fal gives',
    fix: 'set VIDEO_PROVIDER to the one that has the job, until it is done',
  });
}
