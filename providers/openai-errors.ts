import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { z } from 'zod';
import { AmbiguousOutcome, Refused, ScreentestError, Unavailable } from '../domain/errors.ts';
import { endpointTrouble } from './openai-gone.ts';
import { KEY_REFUSED, RateLimited } from './video-provider.ts';

/** Of a provider's own words, in characters: some answer with a whole web page. */
const LONGEST_MESSAGE = 500;
const OUT_OF_CREDIT = /\b(balance|credits?|quota|budget)\b/i;
/** Whatever the provider asks for, in seconds: longer waits are asked about again. */
const RETRY_AFTER_SECONDS = { least: 0.2, most: 600 };

/** A create that failed: the only question is whether a job may have been made all the same. */
export function submitError(error: unknown, baseUrl: string): Error {
  if (neverArrived(error)) return readError(error, baseUrl);
  const status = error instanceof APIError ? error.status : undefined;
  // 408 and 409 may stand for a create that went through; every other 4xx says that it did not.
  if (status !== undefined && status >= 400 && status < 500 && status !== 408 && status !== 409) {
    return endpointTrouble(baseUrl, status, messageOf(error), error) ?? readError(error, baseUrl);
  }
  return new AmbiguousOutcome({
    code: 'SUBMISSION_OUTCOME_UNKNOWN',
    given: `The video API at ${baseUrl} did not say whether it made the job (${messageOf(error)})`,
    cause: error,
  });
}

/** Any other request that failed: whether asking again can help. */
export function readError(error: unknown, baseUrl: string): ScreentestError {
  if (error instanceof ScreentestError) return error;
  if (error instanceof APIError && error.status !== undefined) {
    if (error.status === 429 || isBusy(error))
      return new RateLimited(retryAfterSeconds(error.headers), messageOf(error), error);
    // New API says 403 where the account is empty.
    if (error.status === 402 || (error.status === 403 && OUT_OF_CREDIT.test(messageOf(error)))) {
      return new Unavailable({
        code: 'PROVIDER_OUT_OF_CREDIT',
        given: `The account at ${baseUrl} has no credit left (${messageOf(error)})`,
        fix: 'add credit there; what waits goes on by itself',
        cause: error,
      });
    }
    if (error.status === 401 || error.status === 403) {
      return new Refused({
        code: KEY_REFUSED,
        given: `The video API at ${baseUrl} refused the key (${messageOf(error)})`,
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

/** Codes for too many jobs at once. Only codes: a message may quote the prompt. 1303 is Kling's, as gateways pass it on. */
const BUSY_CODE = /concurren|parallel|too_many|queue_(is_)?full|^1303$/i;

/** Some say under another status than 429 that enough is running; what that refused now they take later. */
function isBusy({ status, code, type }: APIError): boolean {
  const isRefusal = status === 400 || status === 403 || status === 422;
  return isRefusal && [code, type].some((word) => BUSY_CODE.test(String(word ?? '')));
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

export function messageOf(error: unknown): string {
  const message = fullMessageOf(error);
  return message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;
}

function fullMessageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
