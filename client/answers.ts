import {
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { NotFound, PreconditionFailed, Unavailable } from '../domain/errors.ts';

/** Milliseconds. Whoever asks is told that nobody works, instead of waiting for ever. */
const ANSWER_WITHIN_MS = 60_000;

/** What Temporal answered in time, or its errors as ours. */
export async function answered<Answer>(request: Promise<Answer>): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noWorker()), ANSWER_WITHIN_MS);
  });
  try {
    return await Promise.race([translated(request), tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

/** What Temporal answers, however long it takes, or its errors as ours. */
export async function translated<Answer>(request: Promise<Answer>): Promise<Answer> {
  try {
    return await request;
  } catch (error) {
    throw asOurs(error);
  }
}

/**
 * What an update answers. A worker must take it in time; what it then does (stopping jobs, fetching a large
 * file) may take longer.
 */
export async function updateAnswered<Answer>(
  accepted: Promise<{ result(): Promise<Answer> }>,
): Promise<Answer> {
  const update = await answered(accepted);
  return translated(update.result());
}

function asOurs(error: unknown): unknown {
  if (error instanceof WorkflowExecutionAlreadyStartedError) return error;
  if (error instanceof WorkflowUpdateFailedError || error instanceof WorkflowFailedError) {
    return new PreconditionFailed({ code: 'REFUSED', given: innermostMessage(error), cause: error });
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return noWorker();
  if (error instanceof WorkflowNotFoundError) {
    return new NotFound({
      code: 'GROUP_NOT_RUNNING',
      given: 'The group has ended, or was never started',
      fix: 'see `screentest status` for how it ended',
      cause: error,
    });
  }
  if (!isGrpcServiceError(error)) return error;
  if (/search attribute/i.test(error.message)) {
    return new PreconditionFailed({
      code: 'SETUP_NEEDED',
      given: `Temporal's namespace lacks Screentest's search attributes (${error.details})`,
      fix: 'run `screentest setup` once for this namespace',
      cause: error,
    });
  }
  return new Unavailable({
    code: 'TEMPORAL_UNAVAILABLE',
    given: `Temporal could not do it: ${error.details || error.message}`,
    fix: 'check that the server runs and TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE name it; `screentest doctor` looks',
    cause: error,
  });
}

/** What went wrong, and not in which of Temporal's wrappings. */
function innermostMessage(error: Error): string {
  return error.cause instanceof Error ? innermostMessage(error.cause) : error.message;
}

function noWorker(): Unavailable {
  return new Unavailable({
    code: 'NO_WORKER',
    given: `Nobody answered within ${ANSWER_WITHIN_MS / 1000} s`,
    fix: 'check that a worker runs (`screentest worker`) against the same Temporal namespace',
  });
}
