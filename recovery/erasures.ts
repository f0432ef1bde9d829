import { z } from 'zod';
import { personById } from '../database/erasure.ts';
import type { ErasureParts } from '../privacy/erase-user.ts';
import { replayErasures } from '../privacy/replay.ts';
import { type Tombstone, tombstoneOf, tombstones } from '../privacy/tombstones.ts';
import type { GroupHistory } from './histories.ts';
import type { ReconcileStep } from './reconcile.ts';

/** A restored database has people back who were erased. They are erased again before anything else is done. */
export function erasuresAgain(parts: ErasureParts): ReconcileStep {
  return {
    name: 'people who were erased',
    async run(isForGood) {
      if (isForGood) {
        const { erased } = await replayErasures(parts);
        return erased.length === 0 ? [] : [`${erased.length} were back, and are erased again`];
      }
      const back: Tombstone[] = [];
      for await (const tombstone of tombstones(parts.store)) {
        if ((await personById(parts.database, tombstone.person)) !== undefined) back.push(tombstone);
      }
      return back.length === 0 ? [] : [`${back.length} are back, and would be erased again`];
    },
  };
}

/** Tells whether a group was erased, or is that of somebody who was erased after it was started. */
export function erasedGroups({
  store,
}: Pick<ErasureParts, 'store'>): (history: GroupHistory) => Promise<boolean> {
  let groups: Promise<ReadonlySet<string>> | undefined;
  // Looking for an address is slow on purpose: once for each.
  const erasedAt = new Map<string, Promise<string | undefined>>();
  return async ({ groupId, start }) => {
    groups ??= groupsOfTombstones(store);
    if ((await groups).has(groupId)) return true;
    const by = z.object({ startedBy: z.string() }).safeParse(start.input).data?.startedBy;
    if (by === undefined) return false;
    const known = erasedAt.get(by) ?? tombstoneOf(store, by).then((tombstone) => tombstone?.at);
    erasedAt.set(by, known);
    const at = await known;
    return at !== undefined && Date.parse(at) >= start.at.getTime();
  };
}

async function groupsOfTombstones(store: ErasureParts['store']): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  for await (const { groups } of tombstones(store)) for (const id of groups) ids.add(id);
  return ids;
}
