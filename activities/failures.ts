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
      throw ApplicationFailure.create({
        type: error.code,
        message: error.message,
        nonRetryable: !error.mayBeRetried,
        // What Postgres said quotes the row; histories are kept longer than rows.
        ...(error === thrown && { cause: error }),
      });
    }
  },
};
