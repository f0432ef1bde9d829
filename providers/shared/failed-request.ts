import { AmbiguousOutcome, Refused, type ScreentestError, Unavailable } from '../../domain/errors.ts';
import { ContentExpired, KEY_REFUSED, RateLimited } from '../video-provider.ts';
import { clipped, messageOf } from './error-words.ts';
import { failedToConnect } from './failed-to-connect.ts';
import { retryAfterSeconds } from './retry-after.ts';

/** A request that a provider did not answer as it should: what of it decides how our error is called. */
export interface FailedRequest {
  /** Undefined where no answer came. */
  readonly status: number | undefined;
  readonly headers: Headers | undefined;
  /** The provider's words, or the network's. */
  readonly said: string;
  /** A 401 or 403 that is not about the key: about what was ordered, or from a host that has never seen it. */
  readonly sparesKey?: boolean;
  /** Refused because enough is running already: taken later. */
  readonly isBusy?: boolean;
  /** Never the client's own error where that holds the request, and so the key. */
  readonly cause: unknown;
}

const OUT_OF_CREDIT = /\b(balance|credits?|quota|budget)\b/i;

/**
 * A create that failed: the only question is whether a job may have been made all the same.
 * @param model where a 404 can mean nothing but that there is no such model
 */
export function submitFailure(failed: FailedRequest, address: string, model?: string): ScreentestError {
  const { status, cause } = failed;
  if (status === undefined && failedToConnect(cause)) return readFailure(failed, address);
  if (model !== undefined && (status === 404 || status === 410)) {
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
  if (status === 429 || failed.isBusy === true)
    return new RateLimited(retryAfterSeconds(headers), said, cause);
  // fal and New API say 403 where the account is empty.
  if (status === 402 || (status === 403 && OUT_OF_CREDIT.test(said) && failed.sparesKey !== true)) {
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
      given: `The video API at ${address} refused the key (${said})`,
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
  return { status: undefined, headers: undefined, said: messageOf(error), cause: error };
}
