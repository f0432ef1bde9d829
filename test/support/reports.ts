import { randomUUID } from 'node:crypto';
import { createDatabase, type Database } from '../../database/client.ts';
import { recordPlan } from '../../database/group-records.ts';
import { ingestObservations } from '../../database/metric-ingest.ts';
import { ensurePartitions } from '../../database/partitions.ts';
import { findVenture } from '../../database/people.ts';
import { writeTemplates } from '../../database/templates.ts';
import type { BriefInput } from '../../domain/brief.ts';
import { AUTOMATIC } from '../../domain/generation-mode.ts';
import { type GroupId, groupId, type VariantId } from '../../domain/ids.ts';
import type { MetricName } from '../../domain/metrics.ts';
import { readLongCsv } from '../../metrics/long-csv.ts';
import { planVariants } from '../../planning/plan.ts';
import { briefWith } from '../domain/example-brief.ts';
import { createTestDatabase } from './database.ts';

const BY = 'ana@example.com';
const DAY_MS = 86_400_000;

/** One number for each day, as a platform's connector would leave it. */
export interface Reported {
  readonly variant: string;
  readonly platform?: string;
  readonly ad?: string;
  readonly adSet?: string;
  readonly market?: string;
  readonly metric: MetricName;
  /** The first day; YYYY-MM-DD. */
  readonly from: string;
  /** A day each from the first; undefined for a day that is missing. */
  readonly values: readonly (number | undefined)[];
  readonly window?: string;
  readonly currency?: string;
  readonly isCumulative?: boolean;
}

export interface TestedGroup {
  readonly id: GroupId;
  readonly variants: ReadonlyMap<string, VariantId>;
  /** A file in the long form, through the product's reader and ingest. */
  importCsv(rows: readonly string[]): Promise<void>;
  report(...reported: readonly Reported[]): Promise<void>;
}

export interface ReportsDatabase {
  readonly database: Database;
  /** A group with these variants, all with a video. */
  group(brief: Partial<BriefInput>, variants?: readonly string[]): Promise<TestedGroup>;
  drop(): Promise<void>;
}

/** Groups that are tested, in a database without Temporal. */
export async function openReportsDatabase(): Promise<ReportsDatabase> {
  const testDatabase = await createTestDatabase({ migrated: true });
  const database = createDatabase(testDatabase.url, 5);
  await writeTemplates(database);
  const ventureId = await findVenture(database, 'Crema & Co', { missing: true, by: BY });
  return {
    database,
    group: (brief, variants = ['Control', 'B']) => testedGroup(database, ventureId, brief, variants),
    async drop() {
      await database.$disconnect();
      await testDatabase.drop();
    },
  };
}

async function testedGroup(
  database: Database,
  ventureId: string,
  changes: Partial<BriefInput>,
  names: readonly string[],
): Promise<TestedGroup> {
  const id = groupId(randomUUID());
  const brief = briefWith({ variants: names.map((name) => ({ name, prompt: name })), ...changes });
  const planned = await recordPlan(database, {
    groupId: id,
    brief,
    ventureId,
    startedBy: BY,
    startKey: 'key',
    generation: AUTOMATIC,
    plan: planVariants(brief),
    estimatedMicroUsd: 0,
    costMicroUsd: 0,
  });
  await database.videoVariant.updateMany({
    where: { variantGroupId: id },
    data: { generationStatus: 'manual' },
  });
  const variants = new Map(planned.map((variant) => [variant.name, variant.id]));
  return {
    id,
    variants,
    async importCsv(rows) {
      const csv = ['variant,platform,metric,value,recorded_at,ad,ad_set,market', ...rows].join('\n');
      const { observations, problems } = readLongCsv(csv, variants, new Date());
      if (problems.length > 0) throw new Error(problems.join('\n'));
      const source = { groupId: id, fileName: 'a.csv', fileSha256: 'a'.repeat(64), by: BY, skipped: 0 };
      await ingestObservations(database, source, observations);
    },
    report: (...reported) => writeReports(database, variants, reported),
  };
}

/** What a connector would have written of them: publications, facts, and the span that the totals know. */
async function writeReports(
  database: Database,
  variants: ReadonlyMap<string, VariantId>,
  reported: readonly Reported[],
): Promise<void> {
  const series = reported.map(
    ({ variant, platform = 'tiktok', ad = '', adSet = '', market = '', ...one }) => {
      const values = one.values.flatMap((value, day) =>
        value === undefined
          ? []
          : [{ value, recordedAt: new Date(Date.parse(one.from) + (day + 1) * DAY_MS) }],
      );
      const key = { videoVariantId: variants.get(variant) ?? '', platform, adSet, market, externalId: ad };
      return { ...one, key, values, instants: values.map(({ recordedAt }) => recordedAt) };
    },
  );
  await database.variantPublication.createMany({
    data: series.map(({ key }) => ({ ...key, adName: key.externalId === '' ? null : key.externalId })),
    skipDuplicates: true,
  });
  const publications = await database.variantPublication.findMany({
    where: { videoVariantId: { in: [...variants.values()] } },
  });
  const idOf = (key: (typeof series)[number]['key']) =>
    publications.find((one) => Object.entries(key).every(([name, value]) => Reflect.get(one, name) === value))
      ?.id ?? '';
  await ensurePartitions(
    database,
    series.flatMap(({ instants }) => instants),
  );
  await database.metricObservation.createMany({
    data: series.flatMap(({ key, metric, window = '', currency = null, isCumulative = false, values }) => {
      const publicationId = idOf(key);
      const common = { publicationId, metricName: metric, attributionWindow: window, currency, isCumulative };
      return values.map((value) => ({ ...common, ...value }));
    }),
  });
  await database.variantMetricTotal.createMany({
    data: series.map(({ key: { videoVariantId, platform }, metric, instants }) => {
      const same = series.filter(
        (other) => other.key.videoVariantId === videoVariantId && other.metric === metric,
      );
      const all = same
        .flatMap((other) => other.instants)
        .sort((one, other) => one.getTime() - other.getTime());
      const [firstRecordedAt = new Date(), lastRecordedAt = new Date()] = [all[0], all.at(-1)];
      const rowCount = instants.length;
      return {
        videoVariantId,
        platform,
        metricName: metric,
        totalValue: 0,
        firstRecordedAt,
        lastRecordedAt,
        rowCount,
      };
    }),
    skipDuplicates: true,
  });
}
