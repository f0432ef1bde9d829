import { APIError } from 'openai';
import { ScreentestError } from '../domain/errors.ts';
import { messageOf } from './error-words.ts';
import { type FailedRequest, networkFailure, readFailure, submitFailure } from './failed-request.ts';
import { endpointTrouble } from './openai-gone.ts';

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
  return { status: error.status, headers: error.headers, said: messageOf(error), cause: error };
}
