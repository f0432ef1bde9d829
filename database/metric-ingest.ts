import { randomUUID } from 'node:crypto';
import { BadInput, PreconditionFailed } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { type ClosedMonths, readMetricRow } from '../domain/metric-range.ts';
import { type MetricName, metricUnit } from '../domain/metrics.ts';
import type { Platform } from '../domain/platforms.ts';
import type { Database, Queries } from './client.ts';
import { keepMonthsOpen } from './closed-months.ts';
import { recordEvent } from './events.ts';
import { allowIdle } from './idle-transactions.ts';
import { ensurePartitions } from './partitions.ts';
import { findOrCreateUser } from './people.ts';

/** One number as a platform reported it: what was counted for an ad in an interval that ended at `recordedAt`. */
export interface Observation {
  readonly variantId: VariantId;
  readonly platform: Platform;
  /** Empty where the export names none. */
  readonly ad: string;
  /** Ad set or campaign, and country or audience: where variants are compared with each other. Left out where there is none. */
  readonly adSet?: string;
  readonly market?: string;
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
/** Observations a statement: enough that the statement itself costs nothing beside them, and a bound on its parameters. */
const BATCH = 20_000;
/** Seconds. Between the statements of a large file the next one's parameters are put together. */
const IDLE_SECONDS = 60;

/**
 * The facts, the seed's roll-up and the totals people read, all in one transaction: what is read is never
 * stale. Importing the same file again changes nothing; restated values replace the earlier ones.
 * @param observations no two of them with the same variant, platform, ad set, market, ad, metric and time
 * @param onProgress told how many of them are written, after each batch
 * @throws BadInput naming the rows that the tables can't hold; PreconditionFailed for an archived group, whose totals
 *   are final, and for a month that is archived. Nothing is written then.
 */
export async function ingestObservations(
  database: Database,
  source: ImportSource,
  observations: readonly Observation[],
  onProgress: (written: number) => void = () => {},
): Promise<ImportCounts> {
  refuseUnfitRows(observations, new Date());
  // Before the transaction: its locks must not be held while rows are written.
  const instants = observations.map(({ recordedAt }) => recordedAt);
  await ensurePartitions(database, instants);
  return database.$transaction(
    async (tx) => {
      await allowIdle(tx, IDLE_SECONDS);
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
      const counts = await writeAll(tx, { importId, createdBy }, observations, onProgress);
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

/**
 * Until this import is done the group can't be archived, nor then a month of its. Only one that is completed can be: the
 * others' moves need not wait.
 */
async function refuseArchivedGroup(tx: Queries, id: GroupId): Promise<void> {
  const [group] = await tx.$queryRaw<{ test_status: string }[]>`
    SELECT test_status FROM variant_groups
    WHERE id = ${id}::uuid AND test_status IN ('completed', 'archived') FOR SHARE`;
  if (group?.test_status !== 'archived') return;
  throw new PreconditionFailed({
    code: 'GROUP_ARCHIVED',
    given: `The group ${id} is archived, and its numbers are final`,
    allowed: 'numbers for a group that is not archived',
  });
}

export interface Import {
  readonly importId: string;
  readonly createdBy: string;
}

async function writeAll(
  tx: Queries,
  by: Import,
  observations: readonly Observation[],
  onProgress: (written: number) => void,
): Promise<ImportCounts> {
  const publications = await writePublications(tx, observations, by.createdBy);
  const counts = { inserted: 0, changed: 0, unchanged: 0 };
  for (let start = 0; start < observations.length; start += BATCH) {
    const batch = observations.slice(start, start + BATCH);
    const { written, inserted } = await writeObservations(tx, by, batch, publications);
    counts.inserted += inserted;
    counts.changed += written - inserted;
    counts.unchanged += batch.length - written;
    if (written > 0) await rollUp(tx, by, batch, publications);
    onProgress(start + batch.length);
  }
  if (counts.inserted + counts.changed > 0) await recomputeTotals(tx, by.createdBy, observations);
  return counts;
}

type Placed = Pick<Observation, 'variantId' | 'platform' | 'ad' | 'adSet' | 'market'>;

/** What a publication is known by among those of a group. */
export function publicationKey({ variantId, platform, ad, adSet = '', market = '' }: Placed): string {
  return JSON.stringify([variantId, platform, ad, adSet, market]);
}

/** An ad of a variant on a platform. */
export interface Publication {
  readonly id: string;
  /** The variant has no other there, so that its numbers are the variant's. */
  readonly isAlone: boolean;
}

/** By `publicationKey`. */
export type Publications = ReadonlyMap<string, Publication>;

/** Made as needed. The ad's name identifies it until an export brings the platform's own id. */
export async function writePublications(
  tx: Queries,
  observations: readonly Observation[],
  createdBy: string,
): Promise<Publications> {
  const unique = [...new Map(observations.map((row) => [publicationKey(row), row])).values()];
  const variants = unique.map(({ variantId }) => variantId);
  const platforms = unique.map(({ platform }) => platform);
  const ads = unique.map(({ ad }) => ad);
  const adSets = unique.map(({ adSet = '' }) => adSet);
  const markets = unique.map(({ market = '' }) => market);
  await tx.$executeRaw`
    INSERT INTO variant_publications (video_variant_id, platform, ad_set, market, external_id, ad_name, created_by)
    SELECT variant, platform, ad_set, market, ad, nullif(ad, ''), ${createdBy}::uuid
    FROM unnest(${variants}::uuid[], ${platforms}::text[], ${adSets}::text[], ${markets}::text[], ${ads}::text[])
      AS given (variant, platform, ad_set, market, ad)
    ORDER BY variant, platform, ad_set, market, ad
    ON CONFLICT (video_variant_id, platform, ad_set, market, external_id) DO NOTHING`;
  const rows = await tx.$queryRaw<(Publication & PublicationPlace)[]>`
    SELECT p.id, p.video_variant_id AS "variantId", p.platform, p.ad_set AS "adSet", p.market, p.external_id AS ad, (
        SELECT count(*) = 1 FROM variant_publications other
        WHERE other.video_variant_id = p.video_variant_id AND other.platform = p.platform
      ) AS "isAlone"
    FROM variant_publications p
    JOIN unnest(${variants}::uuid[], ${platforms}::text[], ${adSets}::text[], ${markets}::text[], ${ads}::text[])
      AS given (variant, platform, ad_set, market, ad)
      ON p.video_variant_id = given.variant AND p.platform = given.platform AND p.ad_set = given.ad_set
        AND p.market = given.market AND p.external_id = given.ad`;
  return new Map(rows.map(({ id, isAlone, ...place }) => [publicationKey(place), { id, isAlone }]));
}

type PublicationPlace = Required<Placed>;

/**
 * Each publication's metric and each instant is sent once, and the rows as numbers that stand for them: parsing the
 * texts of every row took a tenth of the whole statement. A returned id that was made here is that of a new row.
 */
export async function writeObservations(
  tx: Queries,
  { importId, createdBy }: Import,
  observations: readonly Observation[],
  publications: Publications,
): Promise<{ written: number; inserted: number }> {
  const series = new Numbered<{ publication: string; metric: MetricName }>();
  const instants = new Numbered<string>();
  const rows = observations.map((row) => {
    const publication = publications.get(publicationKey(row))?.id ?? '';
    const at = row.recordedAt.toISOString();
    return {
      series: series.numberOf(`${publication}${row.metric}`, { publication, metric: row.metric }),
      instant: instants.numberOf(at, at),
    };
  });
  const ids = newIds();
  const [counts] = await tx.$queryRaw<{ written: number; inserted: number }[]>`
    WITH written AS (
      INSERT INTO metric_observations AS known
        (id, publication_id, metric_name, recorded_at, value, import_id, created_by)
      SELECT (${ids} || lpad(to_hex(row.number), 12, '0'))::uuid, series.publication, series.metric, instant.recorded,
        row.value, ${importId}::uuid, ${createdBy}::uuid
      FROM unnest(
          ${arrayOf(rows.map((row) => row.series))}::int[],
          ${arrayOf(rows.map((row) => row.instant))}::int[],
          ${arrayOf(observations.map(({ value }) => value))}::numeric[]
        ) WITH ORDINALITY AS row (series, instant, value, number)
      JOIN unnest(
          ${series.values.map(({ publication }) => publication)}::uuid[],
          ${series.values.map(({ metric }) => metric)}::text[]
        ) WITH ORDINALITY AS series (publication, metric, number) ON series.number = row.series
      JOIN unnest(${instants.values}::timestamptz[]) WITH ORDINALITY AS instant (recorded, number)
        ON instant.number = row.instant
      ON CONFLICT (publication_id, metric_name, attribution_window, recorded_at)
        DO UPDATE SET value = excluded.value, import_id = excluded.import_id
        WHERE known.value IS DISTINCT FROM excluded.value
      RETURNING id
    )
    SELECT count(*)::int AS written,
      (count(*) FILTER (WHERE id BETWEEN ${`${ids}000000000000`}::uuid AND ${`${ids}ffffffffffff`}::uuid))::int AS inserted
    FROM written`;
  return counts ?? { written: 0, inserted: 0 };
}

/** The beginning of new ids that differ in their last twelve digits: they come in order, which their index takes best. */
function newIds(): string {
  return randomUUID().slice(0, -12);
}

/** Different values in the order in which they came, each known by its number from 1. */
class Numbered<Value> {
  readonly values: Value[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf(key: string, value: Value): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.values.push(value);
    this.numbers.set(key, number);
    return number;
  }
}

/** Of numbers, as Postgres writes it: the driver would look for what must be quoted in each. */
function arrayOf(numbers: readonly (number | string)[]): string {
  return `{${numbers.join(',')}}`;
}

/**
 * The seed's table: per variant, platform, metric and instant, over all the variant's ads there. Where there are several,
 * each sum is a question of its own: nothing is known yet of a new group's publications, and joined in they made a plan
 * that took minutes.
 */
export async function rollUp(
  tx: Queries,
  { createdBy }: Import,
  observations: readonly Observation[],
  publications: Publications,
): Promise<void> {
  const series = new Numbered<Observation>();
  const instants = new Numbered<string>();
  const rows = observations.map((row) => {
    const at = row.recordedAt.toISOString();
    return { series: series.numberOf(seriesKey(row), row), instant: instants.numberOf(at, at) };
  });
  const { first, last } = spanOf(observations);
  await tx.$executeRaw`
    INSERT INTO variant_performance AS known
      (id, video_variant_id, platform, metric_name, metric_value, metric_unit, recorded_at, data_source, created_by)
    SELECT (${newIds()} || lpad(to_hex(row.number), 12, '0'))::uuid, series.variant, series.platform, series.metric,
      CASE WHEN series.is_alone THEN row.value ELSE (
        SELECT sum(o.value)
        FROM variant_publications p
        JOIN metric_observations o ON o.publication_id = p.id
        WHERE p.video_variant_id = series.variant AND p.platform = series.platform
          AND o.metric_name = series.metric AND o.attribution_window = '' AND o.recorded_at = instant.recorded
          AND o.recorded_at >= ${first.toISOString()}::timestamptz
          AND o.recorded_at <= ${last.toISOString()}::timestamptz
      ) END, series.unit, instant.recorded, ${CSV_SOURCE}, ${createdBy}::uuid
    FROM (
      SELECT series, instant, max(value) AS value, row_number() OVER () AS number
      FROM unnest(
        ${arrayOf(rows.map((row) => row.series))}::int[],
        ${arrayOf(rows.map((row) => row.instant))}::int[],
        ${arrayOf(observations.map(({ value }) => value))}::numeric[]
      ) AS given (series, instant, value)
      GROUP BY series, instant
    ) row
    JOIN unnest(
        ${series.values.map(({ variantId }) => variantId)}::uuid[],
        ${series.values.map(({ platform }) => platform)}::text[],
        ${series.values.map(({ metric }) => metric)}::text[],
        ${series.values.map(({ metric }) => metricUnit(metric))}::text[],
        ${series.values.map((row) => publications.get(publicationKey(row))?.isAlone === true)}::bool[]
      ) WITH ORDINALITY AS series (variant, platform, metric, unit, is_alone, number) ON series.number = row.series
    JOIN unnest(${instants.values}::timestamptz[]) WITH ORDINALITY AS instant (recorded, number)
      ON instant.number = row.instant
    ON CONFLICT (video_variant_id, platform, metric_name, recorded_at)
      DO UPDATE SET metric_value = excluded.metric_value
      WHERE known.metric_value IS DISTINCT FROM excluded.metric_value`;
}

function seriesKey(row: Pick<Observation, 'variantId' | 'platform' | 'metric'>): string {
  return `${row.variantId}/${row.platform}/${row.metric}`;
}

/** What people read, recomputed from the first to the last instant that is known of it. */
async function recomputeTotals(
  tx: Queries,
  createdBy: string,
  observations: readonly Observation[],
): Promise<void> {
  const touched = [...new Map(observations.map((row) => [seriesKey(row), row])).values()];
  const variants = touched.map(({ variantId }) => variantId);
  const platforms = touched.map(({ platform }) => platform);
  const metrics = touched.map(({ metric }) => metric);
  const span = spanOf(observations);
  const [bounds] = await tx.$queryRaw<{ first: Date; last: Date }[]>`
    SELECT least(${span.first.toISOString()}::timestamptz, min(t.first_recorded_at)) AS first,
      greatest(${span.last.toISOString()}::timestamptz, max(t.last_recorded_at)) AS last
    FROM variant_metric_totals t WHERE t.video_variant_id = ANY (${[...new Set(variants)]}::uuid[])`;
  const { first, last } = bounds ?? span;
  await tx.$executeRaw`
    INSERT INTO variant_metric_totals
      (video_variant_id, platform, metric_name, total_value, first_recorded_at, last_recorded_at, row_count, created_by)
    SELECT v.video_variant_id, v.platform, v.metric_name, sum(v.metric_value), min(v.recorded_at), max(v.recorded_at),
      count(*), ${createdBy}::uuid
    FROM unnest(${variants}::uuid[], ${platforms}::text[], ${metrics}::text[]) AS touched (variant, platform, metric)
    JOIN variant_performance v
      ON v.video_variant_id = touched.variant AND v.platform = touched.platform AND v.metric_name = touched.metric
    WHERE v.recorded_at >= ${first.toISOString()}::timestamptz AND v.recorded_at <= ${last.toISOString()}::timestamptz
    GROUP BY v.video_variant_id, v.platform, v.metric_name
    ON CONFLICT (video_variant_id, platform, metric_name) DO UPDATE SET
      total_value = excluded.total_value,
      first_recorded_at = excluded.first_recorded_at,
      last_recorded_at = excluded.last_recorded_at,
      row_count = excluded.row_count`;
}

/** Bounds for `recorded_at`: with them as parameters only the months concerned are touched. */
function spanOf(observations: readonly Observation[]): { first: Date; last: Date } {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { recordedAt } of observations) {
    first = Math.min(first, recordedAt.getTime());
    last = Math.max(last, recordedAt.getTime());
  }
  return { first: new Date(first), last: new Date(last) };
}
