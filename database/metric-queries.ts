import { NotFound } from '../domain/errors.ts';
import type { GroupId } from '../domain/ids.ts';
import type { Platform } from '../domain/platforms.ts';
import type { Queries } from './client.ts';

/** What people read of metrics. Every read of the partitioned table passes bounds on `recorded_at` as parameters. */

export interface MetricFilter {
  readonly groupId: GroupId;
  /** By its name. */
  readonly variant?: string | undefined;
  readonly platform?: Platform | undefined;
}

/** All that was reported of a metric for a variant on a platform, over all its ads there. */
export interface MetricTotal {
  readonly variant: string;
  readonly platform: string;
  readonly metric: string;
  readonly total: number;
  /** Of how many recorded values. */
  readonly count: number;
  readonly firstRecordedAt: Date;
  readonly lastRecordedAt: Date;
}

/** One recorded value: what was counted in an interval that ended at `recordedAt`. */
export interface MetricValue {
  readonly variant: string;
  readonly platform: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string | undefined;
  readonly recordedAt: Date;
}

/** In the variants' order. @throws NotFound naming the variants there are */
export async function readMetricTotals(
  queries: Queries,
  filter: MetricFilter,
): Promise<readonly MetricTotal[]> {
  const [variant, platform] = [filter.variant ?? null, filter.platform ?? null];
  const rows = await queries.$queryRaw<{ name: string; totals: readonly TotalRow[] | null }[]>`
    SELECT v.variant_name AS name, (
      SELECT json_agg(json_build_array(t.platform, t.metric_name, t.total_value, t.row_count, t.first_recorded_at, t.last_recorded_at)
        ORDER BY t.platform, t.metric_name)
      FROM variant_metric_totals t
      WHERE t.video_variant_id = v.id AND (${platform}::text IS NULL OR t.platform = ${platform})
    ) AS totals
    FROM video_variants v
    WHERE v.variant_group_id = ${filter.groupId}::uuid AND (${variant}::text IS NULL OR v.variant_name = ${variant})
    ORDER BY v.position`;
  if (rows.length === 0 && variant !== null) throw await noSuchVariant(queries, filter.groupId, variant);
  return rows.flatMap(({ name, totals }) =>
    (totals ?? []).map(([platformName, metric, total, count, first, last]) => ({
      variant: name,
      platform: platformName,
      metric,
      total,
      count,
      firstRecordedAt: new Date(first),
      lastRecordedAt: new Date(last),
    })),
  );
}

type TotalRow = readonly [
  platform: string,
  metric: string,
  total: number,
  count: number,
  first: string,
  last: string,
];

/** The oldest first. @throws NotFound naming the variants there are */
export async function readMetricValues(
  queries: Queries,
  filter: MetricFilter,
): Promise<readonly MetricValue[]> {
  const totals = await readMetricTotals(queries, filter);
  if (totals.length === 0) return [];
  const first = new Date(Math.min(...totals.map(({ firstRecordedAt }) => firstRecordedAt.getTime())));
  const last = new Date(Math.max(...totals.map(({ lastRecordedAt }) => lastRecordedAt.getTime())));
  const [variant, platform] = [filter.variant ?? null, filter.platform ?? null];
  const rows = await queries.$queryRaw<ValueRow[]>`
    SELECT v.variant_name AS variant, m.platform, m.metric_name AS metric, m.metric_value::float8 AS value,
      m.metric_unit AS unit, m.recorded_at
    FROM video_variants v
    JOIN variant_performance_all m ON m.video_variant_id = v.id
    WHERE v.variant_group_id = ${filter.groupId}::uuid
      AND (${variant}::text IS NULL OR v.variant_name = ${variant})
      AND (${platform}::text IS NULL OR m.platform = ${platform})
      AND m.recorded_at >= ${first.toISOString()}::timestamptz
      AND m.recorded_at <= ${last.toISOString()}::timestamptz
    ORDER BY m.recorded_at, v.position, m.platform, m.metric_name`;
  return rows.map(({ unit, recorded_at, ...row }) => ({
    ...row,
    unit: unit ?? undefined,
    recordedAt: recorded_at,
  }));
}

interface ValueRow {
  readonly variant: string;
  readonly platform: string;
  readonly metric: string;
  readonly value: number;
  readonly unit: string | null;
  readonly recorded_at: Date;
}

async function noSuchVariant(queries: Queries, groupId: GroupId, variant: string): Promise<NotFound> {
  const known = await queries.videoVariant.findMany({
    where: { variantGroupId: groupId },
    orderBy: { position: 'asc' },
    select: { variantName: true },
  });
  return new NotFound({
    code: 'VARIANT_UNKNOWN',
    given: `The group has no variant "${variant}"`,
    allowed: known.length === 0 ? 'it has none yet' : known.map(({ variantName }) => variantName).join(', '),
  });
}
