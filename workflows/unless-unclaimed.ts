import { ActivityFailure, TimeoutFailure } from '@temporalio/common';
import { setCurrentDetails } from '@temporalio/workflow';
import { BACKUP_QUEUE } from './messages.ts';

/** Nothing was done, and why: no failure, since a database may well be backed up by others than us. */
export interface NotDone {
  readonly notDone: string;
}

/** What only a worker can do that knows where backups are kept: where there is none, that is the answer. */
export async function unlessUnclaimed<Result>(
  what: string,
  work: () => Promise<Result>,
): Promise<Result | NotDone> {
  try {
    return await work();
  } catch (error) {
    if (!isUnclaimed(error)) throw error;
    const notDone = `No ${what}: no worker took it within 10 minutes. Workers that know SCREENTEST_BACKUP_DIR poll the queue ${BACKUP_QUEUE}; where backups are made otherwise, pause this schedule.`;
    setCurrentDetails(notDone);
    return { notDone };
  }
}

function isUnclaimed(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof TimeoutFailure &&
    error.cause.timeoutType === 'SCHEDULE_TO_START'
  );
}
