import { ApplicationFailure } from '@temporalio/activity';
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker';
import { ScreentestError } from '../domain/errors.ts';

/**
 * The one place where our errors become Temporal's: the code is the failure's type, and only what may help
 * to repeat is repeated. Every other error is left as it is, and repeated.
 */
export const failureInterceptor: ActivityInboundCallsInterceptor = {
  async execute(
    input: ActivityExecuteInput,
    next: Next<ActivityInboundCallsInterceptor, 'execute'>,
  ): Promise<unknown> {
    try {
      return await next(input);
    } catch (error) {
      throw error instanceof ScreentestError ? failureOf(error) : error;
    }
  },
};

/** @param details what the history is to know besides */
export function failureOf(error: ScreentestError, ...details: readonly unknown[]): ApplicationFailure {
  return ApplicationFailure.create({
    type: error.code,
    message: error.message,
    nonRetryable: !error.mayBeRetried,
    cause: error,
    details: [...details],
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
    throw failureOf(error, { order: await order() });
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
