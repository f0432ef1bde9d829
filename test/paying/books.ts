import { expect } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import type { Rig } from '../support/rig.ts';

/** The group's orders, in the order they were made. */
export function ordersOf(rig: Rig, groupId: GroupId) {
  return rig.database.videoGenerationJob.findMany({
    where: { videoVariant: { variantGroupId: groupId } },
    orderBy: [{ videoVariant: { position: 'asc' } }, { ordinal: 'asc' }],
  });
}

/** Every order that the provider received under a key of the group: how often, and what came of it. */
export async function postsOf(rig: Rig, groupId: GroupId): Promise<{ posts: number; jobs: number }[]> {
  const { byIdempotencyKey } = await rig.ledger();
  const orders = await ordersOf(rig, groupId);
  return orders.map(({ idempotencyKey }) => byIdempotencyKey[idempotencyKey] ?? { posts: 0, jobs: 0 });
}

/** Each order reserves once; one that is over is settled or released, once; one that is open or held is neither. */
export async function expectBalancedBooks(rig: Rig, groupId: GroupId): Promise<void> {
  const entries = await rig.database.budgetLedgerEntry.findMany({ where: { variantGroupId: groupId } });
  for (const order of await ordersOf(rig, groupId)) {
    const own = entries.filter(({ jobId }) => jobId === order.id).map(({ entry }) => entry);
    const isOver = ['completed', 'failed', 'timeout'].includes(order.jobStatus);
    const isAccepted = order.submissionState === 'held' && own.includes('settle');
    const ends = own.filter((entry) => entry !== 'reserve');
    expect({ key: order.idempotencyKey, reserved: own.length - ends.length, ended: ends.length }).toEqual({
      key: order.idempotencyKey,
      reserved: 1,
      ended: isOver || isAccepted ? 1 : 0,
    });
  }
}

export async function entriesOf(rig: Rig, jobId: string): Promise<string[]> {
  const entries = await rig.database.budgetLedgerEntry.findMany({
    where: { jobId },
    orderBy: { entry: 'asc' },
  });
  return entries.map(({ entry }) => entry);
}
