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
      const csv = ['variant,platform,metric,value,recorded_at,ad', ...rows].join('\n');
      const { observations, problems } = readLongCsv(csv, variants, new Date());
      if (problems.length > 0) throw new Error(problems.join('\n'));
      const source = { groupId: id, fileName: 'a.csv', fileSha256: 'a'.repeat(64), by: BY, skipped: 0 };
      await ingestObservations(database, source, observations);
    },
    async report(...reported) {
      for (const one of reported) await writeReported(database, variants, one);
    },
  };
}

async function writeReported(
  database: Database,
  variants: ReadonlyMap<string, VariantId>,
  reported: Reported,
): Promise<void> {
  const { variant, metric, from, values } = reported;
  const videoVariantId = variants.get(variant) ?? '';
  const platform = reported.platform ?? 'tiktok';
  const place = { platform, adSet: reported.adSet ?? '', market: reported.market ?? '' };
  const key = { videoVariantId, ...place, externalId: reported.ad ?? '' };
  const { id: publicationId } = await database.variantPublication.upsert({
    where: { naturalKey: key },
    create: { ...key, adName: reported.ad ?? null },
    update: {},
  });
  const rows = values.flatMap((value, day) =>
    value === undefined ? [] : [{ value, recordedAt: new Date(Date.parse(from) + (day + 1) * 86_400_000) }],
  );
  const instants = rows.map(({ recordedAt }) => recordedAt);
  await ensurePartitions(database, instants);
  await database.metricObservation.createMany({
    data: rows.map(({ value, recordedAt }) => ({
      publicationId,
      metricName: metric,
      recordedAt,
      value,
      attributionWindow: reported.window ?? '',
      currency: reported.currency ?? null,
      isCumulative: reported.isCumulative ?? false,
    })),
  });
  const [firstRecordedAt = new Date(), lastRecordedAt = new Date()] = [instants[0], instants.at(-1)];
  const totals = { videoVariantId, platform, metricName: metric };
  await database.variantMetricTotal.upsert({
    where: { videoVariantId_platform_metricName: totals },
    create: { ...totals, totalValue: 0, firstRecordedAt, lastRecordedAt, rowCount: rows.length },
    update: { lastRecordedAt },
  });
}
