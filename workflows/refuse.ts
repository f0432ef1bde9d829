import { ApplicationFailure } from '@temporalio/workflow';

/** The answer to a message that can't be taken. @throws always */
export function refuse(reason: string): never {
  throw ApplicationFailure.create({ type: 'MESSAGE_REFUSED', message: reason, nonRetryable: true });
}
