import { APIError } from 'openai';
import { ScreentestError } from '../../domain/errors.ts';
import { messageOf } from '../shared/error-words.ts';
import { type FailedRequest, networkFailure, readFailure, submitFailure } from '../shared/failed-request.ts';
import { endpointTrouble } from './gone.ts';

/** A create that failed: the only question is whether a job may have been made all the same. */
export function submitError(error: unknown, baseUrl: string): ScreentestError {
  const failed = failureOf(error);
  const { status, said } = failed;
  const trouble = status === undefined ? undefined : endpointTrouble(baseUrl, status, said, error);
  return trouble ?? submitFailure(failed, baseUrl);
}

/** Any other request that failed: whether asking again can help. */
export function readError(error: unknown, baseUrl: string): ScreentestError {
  return error instanceof ScreentestError ? error : readFailure(failureOf(error), baseUrl);
}

function failureOf(error: unknown): FailedRequest {
  if (!(error instanceof APIError) || error.status === undefined) return networkFailure(error);
  const { status, headers } = error;
  return { status, headers, said: messageOf(error), isBusy: isBusy(error), cause: error };
}

/** Codes for too many jobs at once. Only codes: a message may quote the prompt. 1303 is Kling's, as gateways pass it on. */
const BUSY_CODE = /concurren|parallel|too_many|queue_(is_)?full|^1303$/i;

/** Some say under another status than 429 that enough is running; what that refused now they take later. */
function isBusy({ status, code, type }: APIError): boolean {
  const isRefusal = status === 400 || status === 403 || status === 422;
  return isRefusal && [code, type].some((word) => BUSY_CODE.test(String(word ?? '')));
}
