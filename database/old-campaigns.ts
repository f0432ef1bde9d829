import { PreconditionFailed } from '../domain/errors.ts';
import { type GroupId, groupId } from '../domain/ids.ts';
import type { Database, Queries } from './client.ts';
import { recordArchival } from './group-records.ts';

/** Campaigns that ended long ago: archived first, dropped in the end. */

/** Those that are completed and ended before then, the oldest first. */
export async function campaignsToArchive(
  queries: Queries,
  endedBefore: Date,
  limit: number,
): Promise<readonly GroupId[]> {
  const rows = await queries.variantGroup.findMany({
    where: { testStatus: 'completed', completedAt: { lte: endedBefore } },
    orderBy: [{ completedAt: 'asc' }, { id: 'asc' }],
    take: limit,
    select: { id: true },
  });
  return rows.map(({ id }) => groupId(id));
}

export function archiveCampaign(database: Database, id: GroupId): Promise<void> {
  return recordArchival(database, id, 'screentest', 'retention');
}

export interface OldCampaign {
  readonly id: GroupId;
  readonly name: string;
}

/**
 * Those that are archived and ended before then, the oldest first, and that nothing is left to do for: none of their
 * numbers is still in the database, where deleting a variant would delete them without an export, and no order is open.
 */
export async function campaignsToDrop(
  queries: Queries,
  endedBefore: Date,
  limit: number,
): Promise<readonly OldCampaign[]> {
  const rows = await queries.$queryRaw<{ id: string; name: string }[]>`
    SELECT g.id, g.test_name AS name FROM variant_groups g
    WHERE g.test_status = 'archived' AND g.completed_at <= ${endedBefore.toISOString()}::timestamptz
      AND NOT EXISTS (
        SELECT FROM video_variants v JOIN variant_performance_all m ON m.video_variant_id = v.id
        WHERE v.variant_group_id = g.id)
      AND NOT EXISTS (
        SELECT FROM video_variants v JOIN variant_publications p ON p.video_variant_id = v.id
        JOIN metric_observations_all o ON o.publication_id = p.id
        WHERE v.variant_group_id = g.id)
      AND NOT EXISTS (SELECT FROM generation_spend s WHERE s.variant_group_id = g.id AND s.reserved_micro_usd > 0)
    ORDER BY g.completed_at, g.id
    LIMIT ${limit}`;
  return rows.map(({ id, name }) => ({ id: groupId(id), name }));
}

/** @throws PreconditionFailed GROUP_DROPPED for an id that a dropped campaign had: started again, it would be paid again. */
export async function refuseDropped(queries: Queries, id: GroupId): Promise<void> {
  const dropped = await queries.droppedGroup.findUnique({ where: { variantGroupId: id } });
  if (dropped === null) return;
  throw new PreconditionFailed({
    code: 'GROUP_DROPPED',
    given: `The group ${id} (${dropped.testName}) was run, and dropped on ${dropped.droppedAt.toISOString().slice(0, 10)}`,
    fix: 'leave "id" out of the brief to get a new one',
  });
}

/** Keys of a campaign's files as its rows have them, and whether another group's files may lie in the same folder. */
export async function filesOfCampaign(
  queries: Queries,
  id: GroupId,
): Promise<{ readonly keys: readonly string[]; readonly sharesFolder: boolean }> {
  const renditions = await queries.variantRendition.findMany({
    where: { videoVariant: { variantGroupId: id } },
    select: { storageKey: true, thumbnailKey: true, expiredAt: true },
  });
  const twins = await queries.$queryRaw<unknown[]>`
    SELECT FROM variant_groups WHERE id <> ${id}::uuid AND id::text LIKE ${`${id.slice(0, 8)}%`} LIMIT 1`;
  const keys = renditions.flatMap(({ storageKey, thumbnailKey, expiredAt }) => [
    ...(expiredAt === null ? [storageKey] : []),
    thumbnailKey,
  ]);
  return { keys: keys.filter((key) => key !== null), sharesFolder: twins.length > 0 };
}

/**
 * Deletes a campaign's rows, in one transaction, and leaves a line that tells what it was. Its files must be gone already.
 * Nothing is left to do when it has been dropped already.
 * @throws PreconditionFailed when it is not archived, or its time is not over
 */
export async function dropCampaign(database: Database, id: GroupId, endedBefore: Date): Promise<void> {
  await database.$transaction(async (tx) => {
    const [group] = await tx.$queryRaw<{ test_status: string; is_over: boolean }[]>`
      SELECT test_status, coalesce(completed_at <= ${endedBefore.toISOString()}::timestamptz, false) AS is_over
      FROM variant_groups WHERE id = ${id}::uuid FOR UPDATE`;
    if (group === undefined) return;
    if (group.test_status !== 'archived' || !group.is_over) {
      throw new PreconditionFailed({
        code: 'GROUP_STILL_KEPT',
        given: `The group ${id} is ${group.test_status}, or its time is not over`,
        allowed: 'an archived group that ended long enough ago',
      });
    }
    await tx.$executeRaw`
      INSERT INTO dropped_groups (variant_group_id, venture_id, use_case_template, test_name, outcome, winner_name,
        variant_count, spent_micro_usd, started_at, completed_at)
      SELECT g.id, g.venture_id, g.use_case_template, g.test_name, g.outcome, w.variant_name,
        (SELECT count(*) FROM video_variants v WHERE v.variant_group_id = g.id),
        (SELECT coalesce(sum(spent_micro_usd), 0) FROM generation_spend s WHERE s.variant_group_id = g.id),
        g.created_at, g.completed_at
      FROM variant_groups g LEFT JOIN video_variants w ON w.id = g.winner_variant_id
      WHERE g.id = ${id}::uuid`;
    // The audit trail goes with what it tells of; its trigger wants to hear that this is meant.
    await tx.$executeRaw`SELECT set_config('screentest.erasure', 'on', true)`;
    await tx.$executeRaw`DELETE FROM group_events WHERE variant_group_id = ${id}::uuid`;
    await tx.$executeRaw`DELETE FROM variant_groups WHERE id = ${id}::uuid`;
  });
}
