import { randomUUID } from 'node:crypto';
import { type GroupId, groupId } from '../domain/ids.ts';
import { GROUP_STATUSES } from '../domain/lifecycle.ts';
import type { Database, Queries } from './client.ts';
import { recordEvent } from './events.ts';

/** Groups that are not over and whose workflow is. */

/** How a workflow ended: the values of the CHECK on `stopped_groups.how`. */
export type StoppedHow = 'failed' | 'terminated' | 'timed out' | 'canceled' | 'completed' | 'not there';

const UNFINISHED = GROUP_STATUSES.filter((status) => status !== 'completed' && status !== 'archived');

export async function unfinishedGroups(queries: Queries): Promise<readonly GroupId[]> {
  const rows = await queries.variantGroup.findMany({
    where: { testStatus: { in: UNFINISHED } },
    orderBy: { createdAt: 'asc' },
    select: { id: true },
  });
  return rows.map(({ id }) => groupId(id));
}

/** An event tells of it, once. @returns false for a group that was completed meanwhile */
export async function recordStopped(database: Database, id: GroupId, how: StoppedHow): Promise<boolean> {
  return database.$transaction(async (tx) => {
    const [row] = await tx.$queryRaw<{ test_status: string }[]>`
      SELECT test_status FROM variant_groups WHERE id = ${id}::uuid FOR SHARE`;
    if (!UNFINISHED.some((status) => status === row?.test_status)) return false;
    const { count } = await tx.stoppedGroup.createMany({
      data: [{ variantGroupId: id, how }],
      skipDuplicates: true,
    });
    if (count === 0) return true;
    await recordEvent(tx, {
      groupId: id,
      event: 'workflow found ended',
      actor: 'screentest',
      details: { how },
      key: `stopped/${randomUUID()}`,
    });
    return true;
  });
}

/** Somebody works on it again. */
export async function recordRunningWorkflow(queries: Queries, id: GroupId): Promise<void> {
  await queries.stoppedGroup.deleteMany({ where: { variantGroupId: id } });
}

/** Who had another workflow go on with the group. */
export async function recordResumption(
  database: Database,
  id: GroupId,
  resumption: { readonly by: string; readonly runId: string; readonly how: StoppedHow },
): Promise<void> {
  const { by, runId, how } = resumption;
  await database.$transaction(async (tx) => {
    await recordRunningWorkflow(tx, id);
    await recordEvent(tx, {
      groupId: id,
      event: 'resumed',
      actor: by,
      details: { runId, before: how },
      key: `resumed/${runId}`,
    });
  });
}

export async function countStopped(queries: Queries): Promise<number> {
  return queries.stoppedGroup.count();
}
