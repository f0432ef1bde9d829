import { Context } from '@temporalio/activity';
import { type CancelOutcome, RateLimited, type VideoProvider } from '../providers/video-provider.ts';

/** A provider that is away is asked again so often; then the job is over without its word. */
const CANCEL_ATTEMPTS = 5;
/** One that is only busy: about a quarter of an hour. */
const CANCEL_ATTEMPTS_WHEN_BUSY = 20;

/** @throws while the provider can't be asked, for the activity to be tried again; in the end the outcome is unknown */
export async function cancelAtLast(provider: VideoProvider, providerJobId: string): Promise<CancelOutcome> {
  try {
    return await provider.cancel(providerJobId);
  } catch (error) {
    const attempts = error instanceof RateLimited ? CANCEL_ATTEMPTS_WHEN_BUSY : CANCEL_ATTEMPTS;
    if (Context.current().info.attempt < attempts) throw error;
    return 'unknown';
  }
}
