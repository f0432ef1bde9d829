import { type GroupId, groupId } from '../domain/ids.ts';
import { latestSnapshot, type Snapshot } from './analysis-snapshots.ts';
import type { Queries } from './client.ts';
import { heardBy, VERDICT_EVENTS } from './verdicts-heard.ts';

/** What the hourly analysis asks: which tests to look at, and what their groups have yet to hear. */

/**
 * Groups in testing with an import that their newest snapshot does not know, whose newest snapshot is of an earlier day (a
 * day may have settled since), or that have not heard what it decides. In the order of their ids, after that one.
 */
export async function testsToAnalyze(
  queries: Queries,
  {
    after,
    limit,
    today,
  }: { readonly after: string | undefined; readonly limit: number; readonly today: Date },
): Promise<readonly GroupId[]> {
  const rows = await queries.$queryRaw<{ id: string }[]>`
    SELECT g.id FROM variant_groups g
    LEFT JOIN LATERAL (
      SELECT s.imports, s.confirmed_at, coalesce(s.verdict #>> '{call,said}', 'none') AS said
      FROM analysis_snapshots s WHERE s.variant_group_id = g.id ORDER BY s.look DESC LIMIT 1
    ) newest ON true
    LEFT JOIN LATERAL (
      SELECT coalesce(e.details ->> 'said', 'none') AS said FROM group_events e
      WHERE e.variant_group_id = g.id AND e.event = ANY (${VERDICT_EVENTS})
      ORDER BY e.id DESC LIMIT 1
    ) heard ON true
    WHERE g.test_status = 'testing' AND g.id > coalesce(${after ?? null}::uuid, '00000000-0000-0000-0000-000000000000')
      AND EXISTS (SELECT FROM metric_imports i WHERE i.variant_group_id = g.id)
      AND (
        newest.confirmed_at IS NULL
        OR newest.confirmed_at < date_trunc('day', ${today.toISOString()}::timestamptz, 'UTC')
        OR newest.said <> coalesce(heard.said, 'none')
        OR EXISTS (SELECT FROM metric_imports i WHERE i.variant_group_id = g.id AND i.id <> ALL (newest.imports))
      )
    ORDER BY g.id LIMIT ${limit}`;
  return rows.map(({ id }) => groupId(id));
}

/** The newest snapshot, where it decides something else than the group has heard. */
export async function unheardSnapshot(queries: Queries, id: GroupId): Promise<Snapshot | undefined> {
  const newest = await latestSnapshot(queries, id);
  return newest?.call.said === (await heardBy(queries, id)) ? undefined : newest;
}
