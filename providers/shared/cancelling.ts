import { Refused } from '../../domain/errors.ts';
import { type CancelOutcome, isKeyRefused, type JobStatus, waitedOut } from '../video-provider.ts';

/** How a job ended by itself, so that there is nothing to cancel; undefined while it may go on. */
export function endingOf(job: JobStatus): CancelOutcome | undefined {
  if (job === 'gone') return 'unknown';
  return job.status === 'completed' || job.status === 'failed' ? job.status : undefined;
}

/**
 * What an attempt at cancelling tells that failed: nothing, where the provider refused it.
 * @throws what can be waited out, a refused key among it
 */
export function outcomeAfter(failure: unknown): CancelOutcome {
  if (isKeyRefused(failure)) throw waitedOut(failure);
  if (failure instanceof Refused) return 'unknown';
  throw failure;
}
