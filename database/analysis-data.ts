import type { Brief } from '../domain/brief.ts';
import type { GroupId } from '../domain/ids.ts';
import type { RateMetric } from '../domain/metrics.ts';
import type { Queries } from './client.ts';
import { briefIn } from './json.ts';
import { TAKES_PART } from './taking-part.ts';

/** What an analysis of a group needs: the metric and rules it is decided by, the variants that have a video, and their counts. */
export interface AnalysisData {
  readonly metric: RateMetric;
  readonly rules: {
    readonly smallestLift: number;
    readonly falseCallLimit: number;
    readonly method: Brief['decision']['method'];
    readonly equivalenceMargin: number | null;
  };
  readonly assignment: Brief['assignment'];
  readonly arms: readonly { readonly id: string; readonly name: string }[];
  readonly cells: readonly CountedCell[];
}

/** One variant's counts on one platform, in one comparison cell (ad set, market), on one day (UTC). */
export interface CountedCell {
  readonly armId: string;
  readonly platform: string;
  readonly cell: string;
  readonly day: string;
  readonly exposures: number;
  readonly conversions: number;
}

export async function readAnalysisData(queries: Queries, groupId: GroupId): Promise<AnalysisData> {
  const group = await queries.variantGroup.findUniqueOrThrow({
    where: { id: groupId },
    select: {
      variantGroupSettings: true,
      variants: {
        where: TAKES_PART,
        orderBy: { position: 'asc' },
        select: { id: true, variantName: true },
      },
    },
  });
  const { primaryMetric: metric, decision, assignment } = briefIn(group.variantGroupSettings);
  const arms = group.variants.map(({ id, variantName }) => ({ id, name: variantName }));
  const rules = { ...decision, equivalenceMargin: decision.equivalenceMargin ?? null };
  return { metric, rules, assignment, arms, cells: await countedCells(queries, groupId, metric) };
}

/**
 * The primary metric's counts by variant, platform, cell and day, from the raw observations, archived or not. The bounds on
 * `recorded_at` go in as parameters: joined in from a table they would keep Postgres from pruning partitions.
 * A day's numbers end with the first instant of the next one, which still belongs to the day. The days of a cell come
 * as JSON: as rows of their own they took three times as long to take in as to count.
 */
async function countedCells(
  queries: Queries,
  groupId: GroupId,
  metric: RateMetric,
): Promise<readonly CountedCell[]> {
  const span = await recordedSpan(queries, groupId);
  if (span === undefined) return [];
  const rows = await queries.$queryRaw<CellRow[]>`
    SELECT arm_id, platform, cell, json_agg(json_build_array(day, exposures, conversions) ORDER BY day) AS days
    FROM (
      SELECT
        p.video_variant_id AS arm_id,
        p.platform,
        concat_ws(' / ', nullif(p.ad_set, ''), nullif(p.market, '')) AS cell,
        ((o.recorded_at - INTERVAL '1 millisecond') AT TIME ZONE 'UTC')::date AS day,
        coalesce(sum(o.value) FILTER (WHERE o.metric_name = ${metric.denominator}), 0) AS exposures,
        coalesce(sum(o.value) FILTER (WHERE o.metric_name = ${metric.numerator}), 0) AS conversions
      FROM metric_observations_all o
      JOIN variant_publications p ON p.id = o.publication_id
      JOIN video_variants v ON v.id = p.video_variant_id
      WHERE v.variant_group_id = ${groupId}::uuid
        AND o.metric_name IN (${metric.numerator}, ${metric.denominator})
        AND NOT o.is_cumulative
        AND o.recorded_at >= ${span.first.toISOString()}::timestamptz
        AND o.recorded_at <= ${span.last.toISOString()}::timestamptz
      GROUP BY 1, 2, 3, 4
    ) daily
    GROUP BY arm_id, platform, cell
    ORDER BY arm_id, platform, cell`;
  return rows.flatMap(({ arm_id, platform, cell, days }) =>
    days.map(([day, exposures, conversions]) => ({
      armId: arm_id,
      platform,
      cell,
      day,
      exposures,
      conversions,
    })),
  );
}

interface CellRow {
  readonly arm_id: string;
  readonly platform: string;
  readonly cell: string;
  readonly days: readonly (readonly [day: string, exposures: number, conversions: number])[];
}

async function recordedSpan(
  queries: Queries,
  groupId: GroupId,
): Promise<{ first: Date; last: Date } | undefined> {
  const { _min, _max } = await queries.variantMetricTotal.aggregate({
    where: { videoVariant: { variantGroupId: groupId } },
    _min: { firstRecordedAt: true },
    _max: { lastRecordedAt: true },
  });
  const first = _min.firstRecordedAt;
  const last = _max.lastRecordedAt;
  return first === null || last === null ? undefined : { first, last };
}
