import { ApplicationFailure } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { asRefusal } from '../database/refusals.ts';
import { ScreentestError } from '../domain/errors.ts';

/**
 * The one place where our errors, and what the database refused, become Temporal's: the code is the failure's type, and
 * only what may help to repeat is repeated. Every other error is left as it is, and repeated.
 */
export const failureInterceptor: ActivityInboundCallsInterceptor = {
  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    try {
      return await next(input);
    } catch (thrown) {
      const error = asRefusal(thrown);
      if (!(error instanceof ScreentestError)) throw error;
      // What Postgres said quotes the row; histories are kept longer than rows.
      throw failureOf(error, { keepsCause: error === thrown });
    }
  },
};

/** @param more details that the history is to know besides, and whether it may have the cause */
function failureOf(
  error: ScreentestError,
  { details = [], keepsCause = true }: { readonly details?: unknown[]; readonly keepsCause?: boolean },
): ApplicationFailure {
  return ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: !error.mayBeRetried,
    ...(keepsCause && { cause: error }),
    details,
  });
}

/** So that a history tells what became of the order although the activity failed for good. */
export async function tellingOf<Result>(
  work: () => Promise<Result>,
  order: () => Promise<unknown>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ScreentestError) || error.mayBeRetried) throw error;
    throw failureOf(error, { details: [{ order: await order() }] });
  }
}

/** Works on nothing while the database can't be trusted: whatever was to be done waits. */
export function guarding(check: () => Promise<void>): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next) {
      await check();
      return next(input);
    },
  };
}
