import { randomUUID } from 'node:crypto';
import { BadInput, PreconditionFailed } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { type ClosedMonths, readMetricRow } from '../domain/metric-range.ts';
import { type MetricName, metricUnit } from '../domain/metrics.ts';
import type { Platform } from '../domain/platforms.ts';
import type { Database, Queries } from './client.ts';
import { keepMonthsOpen } from './closed-months.ts';
import { recordEvent } from './events.ts';
import { ensurePartitions } from './partitions.ts';
import { findOrCreateUser } from './people.ts';

/** One number as a platform reported it: what was counted for an ad in an interval that ended at `recordedAt`. */
export interface Observation {
  readonly variantId: VariantId;
  readonly platform: Platform;
  /** Empty where the export names none. */
  readonly ad: string;
  readonly metric: MetricName;
  /** A decimal number as text, so that nothing is rounded on the way. */
  readonly value: string;
  /** UTC, in whole milliseconds. */
  readonly recordedAt: Date;
}

export interface ImportSource {
  readonly groupId: GroupId;
  readonly fileName: string;
  readonly fileSha256: string;
  readonly by: string;
  readonly skipped: number;
}

export interface ImportCounts {
  readonly inserted: number;
  readonly changed: number;
  readonly unchanged: number;
}

/** What a CSV import writes as `variant_performance.data_source`. */
const CSV_SOURCE = 'csv';

/**
 * The facts, the seed's roll-up and the totals people read, all in one transaction: what is read is never
 * stale. Importing the same file again changes nothing; restated values replace the earlier ones.
 * @throws BadInput naming the rows that the tables can't hold; PreconditionFailed for an archived group, whose totals
 *   are final, and for a month that is archived. Nothing is written then.
 */
export async function ingestObservations(
  database: Database,
  source: ImportSource,
  observations: readonly Observation[],
): Promise<ImportCounts> {
  refuseUnfitRows(observations, new Date());
  // Before the transaction: its locks must not be held while rows are written.
  const instants = observations.map(({ recordedAt }) => recordedAt);
  await ensurePartitions(database, instants);
  return database.$transaction(
    async (tx) => {
      // One import of a group at a time: two at once would each sum up without the other's new rows.
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${source.groupId}, 0))`;
      await refuseArchivedGroup(tx, source.groupId);
      await keepMonthsOpen(tx, instants);
      const createdBy = await findOrCreateUser(tx, source.by);
      const { id: importId } = await tx.metricImport.create({
        data: {
          variantGroupId: source.groupId,
          fileName: source.fileName,
          fileSha256: source.fileSha256,
          source: CSV_SOURCE,
          rowsSkipped: source.skipped,
          createdBy,
        },
        select: { id: true },
      });
      const counts = await writeAll(tx, observations, importId, createdBy);
      await tx.metricImport.update({
        where: { id: importId },
        data: { rowsInserted: counts.inserted, rowsChanged: counts.changed, rowsUnchanged: counts.unchanged },
      });
      await recordEvent(tx, {
        groupId: source.groupId,
        event: 'metrics imported',
        actor: source.by,
        details: { file: source.fileName, sha256: source.fileSha256, skipped: source.skipped, ...counts },
        key: `imported/${importId}`,
      });
      return counts;
    },
    { timeout: 300_000, maxWait: 10_000 },
  );
}

const SHOWN_PROBLEMS = 20;

/** What a file's reader has checked already, for whoever else brings numbers. Rows count from 1. */
function refuseUnfitRows(observations: readonly Observation[], now: Date): void {
  const anyMonth: ClosedMonths = new Set();
  const problems = observations.flatMap((row, at) => {
    const read = readMetricRow(row, now, anyMonth);
    return typeof read === 'string' ? [`  row ${at + 1}: ${read}`] : [];
  });
  if (problems.length === 0) return;
  const more = problems.length > SHOWN_PROBLEMS ? [`  and ${problems.length - SHOWN_PROBLEMS} more`] : [];
  throw new BadInput({
    code: 'METRIC_ROWS_INVALID',
    given: `${problems.length} of ${observations.length} rows can't be stored:\n${[...problems.slice(0, SHOWN_PROBLEMS), ...more].join('\n')}`,
    fix: 'correct them or leave them out; nothing was written',
  });
}

/** Until this import is done the group can't be archived, nor then a month of its. */
async function refuseArchivedGroup(tx: Queries, id: GroupId): Promise<void> {
  const [group] = await tx.$queryRaw<{ test_status: string }[]>`
    SELECT test_status FROM variant_groups WHERE id = ${id}::uuid FOR SHARE`;
  if (group?.test_status !== 'archived') return;
  throw new PreconditionFailed({
    code: 'GROUP_ARCHIVED',
    given: `The group ${id} is archived, and its numbers are final`,
    allowed: 'numbers for a group that is not archived',
  });
}

async function writeAll(
  tx: Queries,
  observations: readonly Observation[],
  importId: string,
  createdBy: string,
): Promise<ImportCounts> {
  if (observations.length === 0) return { inserted: 0, changed: 0, unchanged: 0 };
  const publications = await writePublications(tx, observations, createdBy);
  const counts = await writeObservations(tx, observations, publications, importId, createdBy);
  await rollUp(tx, observations, createdBy);
  await recomputeTotals(tx, observations);
  return counts;
}

function publicationKey(row: Pick<Observation, 'variantId' | 'platform' | 'ad'>): string {
  return JSON.stringify([row.variantId, row.platform, row.ad]);
}

/** Made as needed. The ad's name identifies it until an export brings the platform's own id. */
async function writePublications(
  tx: Queries,
  observations: readonly Observation[],
  createdBy: string,
): Promise<ReadonlyMap<string, string>> {
  const unique = [...new Map(observations.map((row) => [publicationKey(row), row])).values()];
  const variants = unique.map(({ variantId }) => variantId);
  const platforms = unique.map(({ platform }) => platform);
  const ads = unique.map(({ ad }) => ad);
  await tx.$executeRaw`
    INSERT INTO variant_publications (video_variant_id, platform, external_id, ad_name, created_by)
    SELECT variant, platform, ad, nullif(ad, ''), ${createdBy}::uuid
    FROM unnest(${variants}::uuid[], ${platforms}::text[], ${ads}::text[]) AS given (variant, platform, ad)
    ORDER BY variant, platform, ad
    ON CONFLICT (video_variant_id, platform, ad_set, market, external_id) DO NOTHING`;
  const rows = await tx.$queryRaw<{ id: string; variant: VariantId; platform: Platform; ad: string }[]>`
    SELECT p.id, p.video_variant_id AS variant, p.platform, p.external_id AS ad
    FROM variant_publications p
    JOIN unnest(${variants}::uuid[], ${platforms}::text[], ${ads}::text[]) AS given (variant, platform, ad)
      ON p.video_variant_id = given.variant AND p.platform = given.platform AND p.external_id = given.ad
    WHERE p.ad_set = '' AND p.market = ''`;
  return new Map(
    rows.map(({ id, variant, platform, ad }) => [publicationKey({ variantId: variant, platform, ad }), id]),
  );
}

/** The ids are ours, so that a returned one that we made was inserted and any other was changed. */
async function writeObservations(
  tx: Queries,
  observations: readonly Observation[],
  publications: ReadonlyMap<string, string>,
  importId: string,
  createdBy: string,
): Promise<ImportCounts> {
  const ids = observations.map(() => randomUUID());
  const publicationIds = observations.map((row) => publications.get(publicationKey(row)) ?? '');
  const metrics = observations.map(({ metric }) => metric);
  const recorded = observations.map(({ recordedAt }) => recordedAt.toISOString());
  const values = observations.map(({ value }) => value);
  const written = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO metric_observations AS known (id, publication_id, metric_name, recorded_at, value, import_id, created_by)
    SELECT id, publication, metric, recorded, value, ${importId}::uuid, ${createdBy}::uuid
    FROM unnest(${ids}::uuid[], ${publicationIds}::uuid[], ${metrics}::text[], ${recorded}::timestamptz[], ${values}::numeric[])
      AS given (id, publication, metric, recorded, value)
    ORDER BY publication, metric, recorded
    ON CONFLICT (publication_id, metric_name, attribution_window, recorded_at)
      DO UPDATE SET value = excluded.value, import_id = excluded.import_id
      WHERE known.value IS DISTINCT FROM excluded.value
    RETURNING id`;
  const ours = new Set<string>(ids);
  const inserted = written.filter(({ id }) => ours.has(id)).length;
  return { inserted, changed: written.length - inserted, unchanged: observations.length - written.length };
}

/** The seed's table: per variant, platform, metric and instant, over all the variant's ads there. */
async function rollUp(tx: Queries, observations: readonly Observation[], createdBy: string): Promise<void> {
  const variants = observations.map(({ variantId }) => variantId);
  const platforms = observations.map(({ platform }) => platform);
  const metrics = observations.map(({ metric }) => metric);
  const units = observations.map(({ metric }) => metricUnit(metric));
  const recorded = observations.map(({ recordedAt }) => recordedAt.toISOString());
  const { first, last } = spanOf(observations);
  await tx.$executeRaw`
    INSERT INTO variant_performance AS known
      (video_variant_id, platform, metric_name, metric_value, metric_unit, recorded_at, data_source, created_by)
    SELECT touched.variant, touched.platform, touched.metric, sum(o.value), touched.unit, touched.recorded,
      ${CSV_SOURCE}, ${createdBy}::uuid
    FROM (
      SELECT DISTINCT variant, platform, metric, unit, recorded
      FROM unnest(${variants}::uuid[], ${platforms}::text[], ${metrics}::text[], ${units}::text[], ${recorded}::timestamptz[])
        AS given (variant, platform, metric, unit, recorded)
    ) touched
    JOIN variant_publications p ON p.video_variant_id = touched.variant AND p.platform = touched.platform
    JOIN metric_observations o ON o.publication_id = p.id AND o.metric_name = touched.metric
      AND o.recorded_at = touched.recorded AND o.attribution_window = ''
      AND o.recorded_at >= ${first.toISOString()}::timestamptz AND o.recorded_at <= ${last.toISOString()}::timestamptz
    GROUP BY touched.variant, touched.platform, touched.metric, touched.unit, touched.recorded
    ORDER BY touched.variant, touched.platform, touched.metric, touched.recorded
    ON CONFLICT (video_variant_id, platform, metric_name, recorded_at)
      DO UPDATE SET metric_value = excluded.metric_value
      WHERE known.metric_value IS DISTINCT FROM excluded.metric_value`;
}

/** What people read, recomputed for what this import touched. */
async function recomputeTotals(tx: Queries, observations: readonly Observation[]): Promise<void> {
  const touched = [
    ...new Map(
      observations.map(({ variantId, platform, metric }) => [
        JSON.stringify([variantId, platform, metric]),
        { variantId, platform, metric },
      ]),
    ).values(),
  ];
  const variants = touched.map(({ variantId }) => variantId);
  const platforms = touched.map(({ platform }) => platform);
  const metrics = touched.map(({ metric }) => metric);
  await tx.$executeRaw`
    INSERT INTO variant_metric_totals
      (video_variant_id, platform, metric_name, total_value, first_recorded_at, last_recorded_at, row_count)
    SELECT v.video_variant_id, v.platform, v.metric_name, sum(v.metric_value), min(v.recorded_at), max(v.recorded_at), count(*)
    FROM variant_performance v
    JOIN unnest(${variants}::uuid[], ${platforms}::text[], ${metrics}::text[]) AS touched (variant, platform, metric)
      ON v.video_variant_id = touched.variant AND v.platform = touched.platform AND v.metric_name = touched.metric
    GROUP BY v.video_variant_id, v.platform, v.metric_name
    ORDER BY v.video_variant_id, v.platform, v.metric_name
    ON CONFLICT (video_variant_id, platform, metric_name) DO UPDATE SET
      total_value = excluded.total_value,
      first_recorded_at = excluded.first_recorded_at,
      last_recorded_at = excluded.last_recorded_at,
      row_count = excluded.row_count`;
}

/** Bounds for `recorded_at`, so that only the months concerned are touched. */
function spanOf(observations: readonly Observation[]): { first: Date; last: Date } {
  const instants = observations.map(({ recordedAt }) => recordedAt.getTime());
  const first = instants.reduce((least, instant) => Math.min(least, instant), Number.POSITIVE_INFINITY);
  const last = instants.reduce((most, instant) => Math.max(most, instant), Number.NEGATIVE_INFINITY);
  return { first: new Date(first), last: new Date(last) };
}
