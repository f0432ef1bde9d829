import { setTimeout as wait } from 'node:timers/promises';
import { ApiError } from './api-error.ts';
import type { Fault } from './faults.ts';

/** The connection is to be closed without an answer. */
export class ConnectionDropped extends Error {}

type OnRequest = Extract<Fault, { does: 'answer' | 'drop' | 'hang' }>;

/** Waits, or throws what the request is to end with; returns where it may go on as if nothing had happened. */
export async function suffer(fault: OnRequest | undefined, stopping: AbortSignal): Promise<void> {
  if (fault === undefined) return;
  switch (fault.does) {
    case 'hang':
      await wait(fault.milliseconds, undefined, { signal: stopping });
      return;
    case 'drop':
      throw new ConnectionDropped();
    case 'answer':
      throw new ApiError(fault);
  }
}
