import type { Queries } from '../database/client.ts';
import { otherUnsettled, takenJobIds } from '../database/intent-search.ts';
import type { Intent } from '../database/intents.ts';
import { orderOf } from '../database/video-orders.ts';
import { Refused } from '../domain/errors.ts';
import { formatSize } from '../domain/video.ts';
import {
  isKeyRefused,
  type ProviderJob,
  type VideoOrder,
  type VideoProvider,
  waitedOut,
} from '../providers/video-provider.ts';

type JobList = Pick<VideoProvider, 'jobsSince'>;

/** The provider's clock and ours may differ by this, in milliseconds. */
const CLOCK_SKEW_MS = 60_000;

/**
 * The one job in the provider's list that can be this order's, whose id was never received: made of the same prompt,
 * model and size since the order was claimed, and no other order's. Undefined where there is none, or a doubt.
 */
export async function onlyMatchingJob(
  { database, provider }: { readonly database: Queries; readonly provider: JobList },
  intent: Intent,
  order: VideoOrder,
): Promise<ProviderJob | undefined> {
  const since = new Date((intent.claimedAt ?? new Date()).getTime() - CLOCK_SKEW_MS);
  const jobs = await listedSince(provider, since);
  const alike = jobs.filter(
    ({ prompt, model, size }) =>
      prompt === order.prompt && model === order.model && size === formatSize(order),
  );
  // In this order: a twin that is accepted between the two questions is seen by the second one.
  if (await hasUnsettledTwin(database, intent, order)) return undefined;
  const taken = await takenJobIds(
    database,
    alike.map(({ id }) => id),
  );
  const [match, ...others] = alike.filter(({ id }) => !taken.has(id));
  return others.length === 0 ? match : undefined;
}

/** Another order of the very same video, whose job nobody knows either. */
async function hasUnsettledTwin(database: Queries, intent: Intent, order: VideoOrder): Promise<boolean> {
  for (const { variantId, rendition } of await otherUnsettled(database, intent, order)) {
    if ((await orderOf(database, variantId, rendition)).prompt === order.prompt) return true;
  }
  return false;
}

/** Nothing where the list is refused. */
async function listedSince(provider: JobList, since: Date): Promise<readonly ProviderJob[]> {
  try {
    return await provider.jobsSince(since);
  } catch (error) {
    if (isKeyRefused(error)) throw waitedOut(error);
    if (error instanceof Refused) return [];
    throw error;
  }
}
