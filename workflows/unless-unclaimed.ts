import { ActivityFailure, TimeoutFailure } from '@temporalio/common';
import { setCurrentDetails } from '@temporalio/workflow';
import { BACKUP_QUEUE } from './messages.ts';

/** Nothing was done, and why: no failure, since a database may well be backed up by others than us. */
export interface NotDone {
  readonly notDone: string;
}

/** How long a run waits for a worker that knows where backups are kept, in milliseconds. */
export interface Claim {
  readonly withinMs: number;
}
export const CLAIM: Claim = { withinMs: 600_000 };

/** What only such a worker can do: where there is none, that is the answer. */
export async function unlessUnclaimed<Result>(
  what: string,
  { withinMs }: Claim,
  work: () => Promise<Result>,
): Promise<Result | NotDone> {
  try {
    return await work();
  } catch (error) {
    if (!isUnclaimed(error)) throw error;
    const notDone = `No ${what}: no worker took it within ${withinMs / 1000} s. Workers that know SCREENTEST_BACKUP_DIR poll the queue ${BACKUP_QUEUE}; where backups are made otherwise, pause this schedule.`;
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
