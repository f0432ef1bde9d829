import type { Arm } from '../analysis/cells.ts';
import type { Report } from '../analysis/report.ts';
import { metricsRead, testDataOf } from '../analysis/reported-test.ts';
import type { TestData } from '../analysis/test-data.ts';
import type { Brief } from '../domain/brief.ts';
import { controlLevels } from '../domain/changes.ts';
import { NotFound } from '../domain/errors.ts';
import { type Review, takesPart } from '../domain/gates.ts';
import type { GroupId } from '../domain/ids.ts';
import type { GenerationStatus } from '../domain/lifecycle.ts';
import type { MetricName } from '../domain/metrics.ts';
import { type Factor, isFactor, readMutations } from '../domain/mutations.ts';
import type { Queries } from './client.ts';
import { Prisma } from './generated/client.ts';
import { briefIn } from './json.ts';

/**
 * All that an analysis of a group needs: its arms with what they were made of, what was reported of the metrics that the
 * brief is decided and guarded by, and the brief's rules.
 * @param now days are settled or not by its day (UTC)
 * @throws NotFound
 */
export async function readAnalysisData(
  queries: Queries,
  groupId: GroupId,
  now: Date = new Date(),
): Promise<TestData> {
  const group = await readTestedGroup(queries, groupId);
  const brief = briefIn(group.settings);
  const variants = group.variants ?? [];
  return testDataOf({
    brief,
    arms: armsOf(variants, brief),
    reports: await readReports(queries, group, metricsRead(brief)),
    today: now.toISOString().slice(0, 10),
  });
}

type VariantRow = readonly [
  id: string,
  name: string,
  status: GenerationStatus,
  review: Review | null,
  /** A person changed its prompt: nobody knows which levels it carries. */
  isRewritten: boolean,
  mutations: unknown,
];

type PublicationRow = readonly [
  id: string,
  variantId: string,
  platform: string,
  adSet: string,
  market: string,
  label: string,
];

interface TestedGroup {
  readonly settings: Prisma.JsonValue;
  readonly variants: readonly VariantRow[] | null;
  readonly publications: readonly PublicationRow[] | null;
  /** Of all that was reported; null before anything was. */
  readonly first: Date | null;
  readonly last: Date | null;
  /** Some month of these is in the archive. */
  readonly is_archived: boolean;
}

async function readTestedGroup(queries: Queries, groupId: GroupId): Promise<TestedGroup> {
  const [group] = await queries.$queryRaw<TestedGroup[]>`
    SELECT g.variant_group_settings AS settings, span.first, span.last, (
        SELECT json_agg(json_build_array(v.id, v.variant_name, v.generation_status, v.review,
           v.planned_prompt IS NOT NULL, v.prompt_mutations) ORDER BY v.position)
        FROM video_variants v WHERE v.variant_group_id = g.id
      ) AS variants, (
        SELECT json_agg(json_build_array(p.id, v.id, p.platform, p.ad_set, p.market,
          concat_ws(', ', v.variant_name, nullif(coalesce(p.ad_name, p.external_id), '')))
          ORDER BY v.position, p.platform, p.ad_set, p.market, p.external_id)
        FROM video_variants v JOIN variant_publications p ON p.video_variant_id = v.id
        WHERE v.variant_group_id = g.id
      ) AS publications, EXISTS (
        SELECT FROM archived_partitions a
        WHERE a.table_name = 'metric_observations' AND a.month >= span.first - INTERVAL '1 month' AND a.month <= span.last
      ) AS is_archived
    FROM variant_groups g CROSS JOIN LATERAL (
      SELECT min(t.first_recorded_at) AS first, max(t.last_recorded_at) AS last
      FROM video_variants v JOIN variant_metric_totals t ON t.video_variant_id = v.id
      WHERE v.variant_group_id = g.id
    ) span
    WHERE g.id = ${groupId}::uuid`;
  if (group !== undefined) return group;
  throw new NotFound({ code: 'GROUP_UNKNOWN', given: `There is no group ${groupId} in the database` });
}

/** The variants that take part, each with its level of every factor that some variant changes. */
function armsOf(variants: readonly VariantRow[], brief: Brief): readonly Arm[] {
  const made = variants
    .filter(([, , status, review]) => takesPart({ status, review: review ?? undefined }))
    .map(([id, name, , , isRewritten, mutations]) => ({
      id,
      name,
      isRewritten,
      levels: readMutations(mutations),
    }));
  const changed = [...new Set(made.flatMap(({ levels }) => Object.keys(levels)))].filter(isFactor);
  if (changed.length === 0) return made.map(({ id, name }) => ({ id, name }));
  const control = controlLevels(brief);
  const levelOf = ({ name, isRewritten, levels }: (typeof made)[number], factor: Factor) =>
    isRewritten ? `as ${name} has it` : (levels[factor] ?? control[factor] ?? UNKNOWN_LEVEL);
  return made.map((one) => ({
    id: one.id,
    name: one.name,
    factors: Object.fromEntries(changed.map((factor) => [factor, levelOf(one, factor)])),
  }));
}

/** Of a control whose prompt is somebody's own words, and says nothing of its levels. */
const UNKNOWN_LEVEL = 'as the control';

/** Seconds since 1970 at which an interval ended, and what was reported of it. */
type SeriesRow = readonly [
  publication: number,
  metric: MetricName,
  window: string,
  currency: string | null,
  isCumulative: boolean,
  ends: readonly number[],
  values: readonly number[],
];

/**
 * Each publication's days, metric by metric, as two arrays: nothing is joined or worked out for a single row, and the
 * index has all that is asked for. Bounds on `recorded_at` go in as parameters: joined in they would keep Postgres from
 * pruning partitions. The archive is asked only where it has a month of these.
 */
async function readReports(
  queries: Queries,
  { publications, first, last, is_archived }: TestedGroup,
  metrics: readonly MetricName[],
): Promise<readonly Report[]> {
  if (publications === null || first === null || last === null) return [];
  const observations = Prisma.raw(is_archived ? 'metric_observations_all' : 'metric_observations');
  const [row] = await queries.$queryRaw<{ series: readonly SeriesRow[] | null }[]>`
    SELECT json_agg(json_build_array(p.number, m.name, o.attribution_window, o.currency, o.is_cumulative, o.ends, o.values)
      ORDER BY p.number, m.number) AS series
    FROM unnest(${publications.map(([id]) => id)}::uuid[]) WITH ORDINALITY AS p (id, number)
    CROSS JOIN unnest(${[...metrics]}::text[]) WITH ORDINALITY AS m (name, number)
    CROSS JOIN LATERAL (
      SELECT attribution_window, currency, is_cumulative,
        json_agg(date_part('epoch', recorded_at)) AS ends, json_agg(value) AS values
      FROM ${observations}
      WHERE publication_id = p.id AND metric_name = m.name
        AND recorded_at >= ${first.toISOString()}::timestamptz
        AND recorded_at <= ${last.toISOString()}::timestamptz
      GROUP BY attribution_window, currency, is_cumulative
    ) o`;
  const dayOf = dayNames();
  return (row?.series ?? []).flatMap(
    ([number, metric, attributionWindow, currency, isCumulative, ends, values]): Report[] => {
      const publication = publications[number - 1];
      if (publication === undefined) return [];
      const [publicationId, armId, platform, adSet, market, label] = publication;
      const head = { armId, publicationId, publication: label, platform, adSet, market, metric };
      const ordered = isCumulative ? inOrder(ends, values) : { ends, values };
      return [
        {
          ...head,
          reporting: isCumulative ? 'cumulative' : 'interval',
          attributionWindow,
          currency,
          days: ordered.ends.map(dayOf),
          values: ordered.values,
        },
      ];
    },
  );
}

/** Differences of running totals need them in their order; sums don't. */
function inOrder(ends: readonly number[], values: readonly number[]) {
  const order = ends.map((_, i) => i).sort((one, other) => (ends[one] ?? 0) - (ends[other] ?? 0));
  return { ends: order.map((i) => ends[i] ?? 0), values: order.map((i) => values[i] ?? 0) };
}

const DAY_SECONDS = 86_400;
/** A day's numbers end with the first instant of the next one, which still belongs to the day. */
const INSTANT_SECONDS = 0.001;

/** The day (UTC) of each end, worked out once. */
function dayNames(): (end: number) => string {
  const known = new Map<number, string>();
  const nameOf = (end: number): string => {
    const day = Math.floor((end - INSTANT_SECONDS / 2) / DAY_SECONDS);
    return new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 10);
  };
  return (end) => {
    const name = known.get(end) ?? nameOf(end);
    known.set(end, name);
    return name;
  };
}
