import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';

/** The answer to a message that can't be taken. @throws always */
export function refuse(reason: string): never {
  throw ApplicationFailure.create({ type: 'MESSAGE_REFUSED', message: reason, nonRetryable: true });
}

/** What an activity refused or failed of is the answer to whoever asked for it. @throws always */
export function refuseAsActivity(error: unknown): never {
  if (error instanceof ActivityFailure) refuse(causeOf(error).message);
  throw error;
}

/** What the activity said, and not that an activity failed. */
export function causeOf(error: ActivityFailure): { type: string; message: string } {
  const { cause } = error;
  return cause instanceof ApplicationFailure
    ? { type: cause.type ?? 'UNKNOWN', message: cause.message }
    : { type: 'ACTIVITY_FAILED', message: cause?.message ?? error.message };
}
