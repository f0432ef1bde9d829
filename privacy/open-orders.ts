import type { Database } from '../database/client.ts';
import { cancelIntent } from '../database/intent-endings.ts';
import { openIntents } from '../database/intent-search.ts';
import type { GroupId } from '../domain/ids.ts';
import type { VideoApi } from './provider-copies.ts';

/**
 * Orders of groups whose workflow could not stop them: called off where the video API can be asked. What was not sent is
 * released; what nobody can tell counts as charged.
 */
export async function stopOrders(
  database: Database,
  api: VideoApi | undefined,
  groups: readonly GroupId[],
): Promise<void> {
  for (const group of groups) {
    for (const { id, state, providerJobId } of await openIntents(database, group)) {
      if (state === 'claimed') continue;
      const outcome =
        api === undefined || providerJobId === undefined
          ? 'unknown'
          : await api.provider.cancel(providerJobId).catch(() => 'unknown' as const);
      const wasCharged = outcome === 'completed' || outcome === 'unknown';
      await cancelIntent(database, id, { wasCharged, note: 'ended when the group was erased' });
    }
  }
}
