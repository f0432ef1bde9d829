import { ScreentestError } from '../domain/errors.ts';
import { waitedOut } from '../providers/video-provider.ts';

/** An error that isn't retried would leave the job open: what ends a job is decided where `failJob` is called. */
export async function neverForGood<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof ScreentestError && !error.mayBeRetried ? waitedOut(error) : error;
  }
}
