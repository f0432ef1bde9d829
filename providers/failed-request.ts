import { z } from 'zod';
import { AmbiguousOutcome, Refused, type ScreentestError, Unavailable } from '../domain/errors.ts';
import { failedToConnect, retryAfterSeconds } from './openai-errors.ts';
import { ContentExpired, KEY_REFUSED, RateLimited } from './video-provider.ts';

/** A request that a provider did not answer as it should: what of it decides how our error is called. */
export interface FailedRequest {
  /** Undefined where no answer came. */
  readonly status: number | undefined;
  readonly headers: Headers | undefined;
  /** The provider's words, or the network's. */
  readonly said: string;
  /** A 401 or 403 that is not about the key: about what was ordered, or from a host that has never seen it. */
  readonly sparesKey?: boolean;
  /** Never the client's own error where that holds the request, and so the key. */
  readonly cause: unknown;
}

/** Of a provider's own words, in characters: some answer with a whole web page. */
const LONGEST_MESSAGE = 500;

/** A create that failed: the only question is whether a job may have been made all the same. */
export function submitFailure(failed: FailedRequest, address: string, model: string): ScreentestError {
  const { status, cause } = failed;
  if (status === undefined && failedToConnect(cause)) return readFailure(failed, address);
  if (status === 404 || status === 410) {
    return new Refused({
      code: 'ENDPOINT_MISSING',
      given: `There is no "${model}" at ${address}, or not any more (${status}: ${clipped(failed.said)})`,
      fix: 'name another model under video.model in the brief; check VIDEO_API_BASE_URL where it is set',
      cause,
    });
  }
  // 408 and 409 may stand for a create that went through; every other 4xx says that it did not.
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409) {
    return readFailure(failed, address);
  }
  return new AmbiguousOutcome({
    code: 'SUBMISSION_OUTCOME_UNKNOWN',
    given: `The video API at ${address} did not say whether it made the job (${clipped(failed.said)})`,
    cause,
  });
}

/** Any other request that failed: whether asking again can help. */
export function readFailure(failed: FailedRequest, address: string): ScreentestError {
  const { status, headers, cause } = failed;
  const said = clipped(failed.said);
  if (status === 429) return new RateLimited(retryAfterSeconds(headers), said, cause);
  // fal locks an account without credit, and says why.
  if (status === 402 || (status === 403 && /balance|credits/i.test(said) && failed.sparesKey !== true)) {
    return new Unavailable({
      code: 'PROVIDER_OUT_OF_CREDIT',
      given: `The account at ${address} has no credit left (${said})`,
      fix: 'add credit there; what waits goes on by itself',
      cause,
    });
  }
  if ((status === 401 || status === 403) && failed.sparesKey !== true) {
    return new Refused({
      code: KEY_REFUSED,
      given: `The video API at ${address} refused the key (${status}: ${said})`,
      fix: 'set VIDEO_API_KEY to a key that may make videos there',
      cause,
    });
  }
  if (status !== undefined && status >= 400 && status < 500 && status !== 408) {
    return new Refused({
      code: 'PROVIDER_REFUSED',
      given: `The video API said no (${status}): ${said}`,
      cause,
    });
  }
  return new Unavailable({
    code: 'PROVIDER_UNAVAILABLE',
    given: `The video API at ${address} does not answer as it should (${said})`,
    fix: 'check that it runs, and VIDEO_API_BASE_URL where it is set',
    cause,
  });
}

/** A file that was not handed over. */
export function contentFailure(failed: FailedRequest, address: string): ScreentestError {
  if (failed.status === 410) return new ContentExpired(clipped(failed.said), failed.cause);
  return readFailure(failed, address);
}

/** What went wrong before there was an answer, or in the middle of one. */
export function networkFailure(error: unknown): FailedRequest {
  return { status: undefined, headers: undefined, said: wordsOf(error), cause: error };
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

const errorBody = z.union([
  // OpenRouter, and OpenAI's own form.
  z.object({ error: z.object({ message: z.string() }) }).transform(({ error }) => error.message),
  z.object({ error: z.string() }).transform(({ error }) => error),
  // fal: a text, or what is wrong with each field.
  z.object({ detail: z.string() }).transform(({ detail }) => detail),
  z
    .object({ detail: z.array(z.object({ msg: z.string() })).min(1) })
    .transform(({ detail }) => detail.map(({ msg }) => msg).join('; ')),
]);

/** The sentence in an error's body, or the body itself. */
export function saidIn(body: string): string {
  const parsed = errorBody.safeParse(jsonIn(body));
  return parsed.success ? parsed.data : body;
}

/** Undefined for text that is no JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function clipped(message: string): string {
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
}
