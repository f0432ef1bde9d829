import type { Database } from '../database/client.ts';
import { variantIdsByName } from '../database/group-queries.ts';
import { settleHeld } from '../database/intent-endings.ts';
import { heldIntent } from '../database/intent-search.ts';
import { BadInput } from '../domain/errors.ts';
import type { GroupId } from '../domain/ids.ts';
import type { HeldOrder, VariantReceipt } from '../workflows/messages.ts';

/** A group that has ended has no workflow to ask; what its held order cost is still to be booked. */
export async function settleAfterTheEnd(
  database: Database,
  group: GroupId,
  { variant, rendition, wasCharged, by }: Omit<HeldOrder, 'jobId'> & { wasCharged: boolean },
): Promise<VariantReceipt> {
  const ids = await variantIdsByName(database, group);
  const id = ids.get(variant);
  if (id === undefined) {
    throw new BadInput({
      code: 'VARIANT_UNKNOWN',
      given: `There is no variant "${variant}"`,
      allowed: [...ids.keys()].join(', '),
    });
  }
  const intent = await heldIntent(database, id, rendition);
  await settleHeld(database, intent.id, { wasCharged, by });
  return { variant, status: 'failed' };
}
