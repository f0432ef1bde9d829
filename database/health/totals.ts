import type { TotalsFacts } from '../../domain/database-health.ts';
import type { Queries } from '../client.ts';

/** Variants of each kind that one look sums up anew. */
const VARIANTS = 20;
/** The newest rows, whose variants are looked at. */
const NEWEST_ROWS = 1000;

/**
 * Totals against the rows that they stand for: of the variants that were measured last, and of some others, which are
 * different ones each time. Archived groups are left out: their rows leave the table, and their totals stay.
 */
export async function readTotals(queries: Queries): Promise<TotalsFacts> {
  const rows = await queries.$queryRaw<{ id: string }[]>`
    (SELECT video_variant_id AS id FROM (
      SELECT video_variant_id FROM variant_performance
      WHERE recorded_at >= now() - interval '40 days' ORDER BY recorded_at DESC LIMIT ${NEWEST_ROWS}
    ) newest GROUP BY video_variant_id LIMIT ${VARIANTS})
    UNION
    (SELECT id FROM video_variants WHERE id >= gen_random_uuid() ORDER BY id LIMIT ${VARIANTS})`;
  return compareTotals(
    queries,
    rows.map(({ id }) => id),
  );
}

/** All of them: a read of the whole table, for once a day. */
export async function readAllTotals(queries: Queries): Promise<TotalsFacts> {
  const [all] = await queries.$queryRaw<{ variants: number }[]>`
    SELECT count(DISTINCT video_variant_id)::int AS variants FROM variant_metric_totals`;
  return { checked: all?.variants ?? 0, stale: await staleAmong(queries, undefined) };
}

async function compareTotals(queries: Queries, ids: readonly string[]): Promise<TotalsFacts> {
  return { checked: ids.length, stale: await staleAmong(queries, ids) };
}

/** @param ids undefined for all */
async function staleAmong(queries: Queries, ids: readonly string[] | undefined): Promise<readonly string[]> {
  const among = ids ?? null;
  const rows = await queries.$queryRaw<{ id: string }[]>`
    WITH sums AS (
      SELECT video_variant_id, platform, metric_name, sum(metric_value) AS total, count(*) AS rows
      FROM variant_performance
      WHERE ${among}::uuid[] IS NULL OR video_variant_id = ANY (${among}::uuid[])
      GROUP BY video_variant_id, platform, metric_name
    ), totals AS (
      SELECT video_variant_id, platform, metric_name, total_value, row_count FROM variant_metric_totals
      WHERE ${among}::uuid[] IS NULL OR video_variant_id = ANY (${among}::uuid[])
    )
    SELECT DISTINCT v.id
    FROM sums FULL JOIN totals USING (video_variant_id, platform, metric_name)
    JOIN video_variants v ON v.id = video_variant_id
    JOIN variant_groups g ON g.id = v.variant_group_id AND g.test_status <> 'archived'
    WHERE sums.total IS DISTINCT FROM totals.total_value OR sums.rows IS DISTINCT FROM totals.row_count::bigint
    ORDER BY v.id LIMIT 1000`;
  return rows.map(({ id }) => id);
}
