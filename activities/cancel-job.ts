import { Context } from '@temporalio/activity';
import type { CancelOutcome, VideoProvider } from '../providers/video-provider.ts';

/** A provider that is away is asked again so often; then the job is over without its word. */
const CANCEL_ATTEMPTS = 5;

/** @throws while the provider can't be asked, for the activity to be tried again; in the end the outcome is unknown */
export async function cancelAtLast(provider: VideoProvider, providerJobId: string): Promise<CancelOutcome> {
  try {
    return await provider.cancel(providerJobId);
  } catch (error) {
    if (Context.current().info.attempt < CANCEL_ATTEMPTS) throw error;
    return 'unknown';
  }
}
