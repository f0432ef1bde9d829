import { NotFound, PreconditionFailed } from '../domain/errors.ts';
import type { ChosenMode } from '../domain/generation-mode.ts';
import { type GroupId, groupId, isUuid, type VariantId, variantId } from '../domain/ids.ts';
import { type MicroUsd, microUsd } from '../domain/money.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import { latestSnapshot, type Snapshot } from './analysis-snapshots.ts';
import { spendByVariant } from './budget.ts';
import type { Database, Queries } from './client.ts';
import { heldReasons } from './intent-search.ts';
import { briefIn, generationIn } from './json.ts';
import { type BudgetReport, readGroupBudget } from './venture-budgets.ts';

/** What people read of groups. */

export interface GroupSummary {
  readonly id: GroupId;
  readonly name: string;
  readonly venture: string;
  readonly template: string;
  readonly status: string;
  readonly outcome: string | undefined;
  readonly winner: string | undefined;
  readonly variantCount: number;
  readonly createdAt: Date;
  readonly completedAt: Date | undefined;
  /** How its workflow was found to have ended although the group has not; undefined for one that goes on. */
  readonly stopped: string | undefined;
}

/** One stored file of a variant. */
export interface FileRecord {
  readonly rendition: string;
  readonly url: string | undefined;
  readonly thumbnailUrl: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly durationSeconds: number | undefined;
  readonly sha256: string | undefined;
  /** `generated`, or `manual` for one that a person provided. */
  readonly source: string;
  /** When the file was removed by the rule for old videos; undefined while it is there. */
  readonly expiredAt: Date | undefined;
}

export interface VariantRecord {
  readonly id: VariantId;
  readonly name: string;
  readonly status: string;
  readonly mutations: unknown;
  readonly prompt: string;
  readonly videoUrl: string | undefined;
  readonly videoSeconds: number | undefined;
  /** The main one first. */
  readonly files: readonly FileRecord[];
  readonly failureReason: string | undefined;
  readonly heldReason: string | undefined;
  readonly spent: MicroUsd;
  readonly reserved: MicroUsd;
  readonly released: MicroUsd;
  readonly totals: readonly { readonly platform: string; readonly metric: string; readonly value: number }[];
}

export interface GroupRecord extends GroupSummary {
  /** Where its videos come from, and why. */
  readonly generation: ChosenMode;
  readonly description: string | undefined;
  readonly platforms: readonly string[];
  readonly decision: unknown;
  readonly variants: readonly VariantRecord[];
  readonly budget: BudgetReport;
  readonly analysis: Snapshot | undefined;
  readonly primaryMetric: { readonly name: string; readonly numerator: string; readonly denominator: string };
}

/** A group by its id, the beginning of its id (8 characters or more), or its name if only one has it. */
export async function findGroupId(queries: Queries, reference: string): Promise<GroupId> {
  const text = reference.trim();
  const rows = isUuid(text.toLowerCase())
    ? await queries.variantGroup.findMany({ where: { id: text.toLowerCase() }, select: GROUP_NAME })
    : await queries.$queryRaw<{ id: string; testName: string }[]>`
        SELECT id, test_name AS "testName" FROM variant_groups
        WHERE test_name = ${text} OR (length(${text}) >= 8 AND id::text LIKE ${likePrefix(text.toLowerCase())})
        ORDER BY created_at DESC LIMIT 10`;
  const [only, ...others] = rows;
  if (only === undefined) {
    throw new NotFound({
      code: 'GROUP_UNKNOWN',
      given: `There is no group "${reference}"`,
      allowed: 'an id, its first 8 characters or more, or the exact name',
      fix: 'run `screentest list` to see them',
    });
  }
  if (others.length === 0) return groupId(only.id);
  throw new PreconditionFailed({
    code: 'GROUP_AMBIGUOUS',
    given: `"${reference}" could be ${rows.map(({ id, testName }) => `${id} (${testName})`).join(', ')}`,
    fix: 'give the id',
  });
}

const GROUP_NAME = { id: true, testName: true } as const;

function likePrefix(text: string): string {
  return `${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

export interface GroupFilter {
  readonly venture?: string | undefined;
  readonly status?: string | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function listGroups(queries: Queries, filter: GroupFilter): Promise<readonly GroupSummary[]> {
  const rows = await queries.variantGroup.findMany({
    where: {
      ...(filter.status === undefined ? {} : { testStatus: filter.status }),
      ...(filter.venture === undefined
        ? {}
        : { venture: { name: { equals: filter.venture, mode: 'insensitive' } } }),
    },
    include: SUMMARY_PARTS,
    orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
    take: filter.limit,
  });
  return rows.map(asSummary);
}

const SUMMARY_PARTS = {
  venture: { select: { name: true } },
  winner: { select: { variantName: true } },
  stopped: { select: { how: true } },
  _count: { select: { variants: true } },
} as const;

type SummaryRow = Awaited<ReturnType<Database['variantGroup']['findMany']>>[number] & {
  venture: { name: string };
  winner: { variantName: string } | null;
  stopped: { how: string } | null;
  _count: { variants: number };
};

function asSummary(row: SummaryRow): GroupSummary {
  return {
    id: groupId(row.id),
    name: row.testName,
    venture: row.venture.name,
    template: row.useCaseTemplate,
    status: row.testStatus,
    outcome: row.outcome ?? undefined,
    winner: row.winner?.variantName,
    variantCount: row._count.variants,
    createdAt: row.createdAt,
    completedAt: row.completedAt ?? undefined,
    stopped: row.stopped?.how,
  };
}

/** Everything about one group, in a handful of queries whatever its size; undefined when there is none. */
export async function readGroup(queries: Queries, id: GroupId): Promise<GroupRecord | undefined> {
  const row = await queries.variantGroup.findUnique({
    where: { id },
    include: {
      ...SUMMARY_PARTS,
      variants: {
        orderBy: { position: 'asc' },
        include: {
          totals: { orderBy: [{ platform: 'asc' }, { metricName: 'asc' }] },
          renditions: { orderBy: { rendition: 'asc' } },
        },
      },
    },
  });
  if (row === null) return undefined;
  const spend = await spendByVariant(queries, id);
  const held = await heldReasons(queries, id);
  return {
    ...asSummary(row),
    generation: generationIn(row.variantGroupSettings),
    description: row.testDescription ?? undefined,
    platforms: row.targetPlatforms,
    decision: row.decision,
    primaryMetric: briefIn(row.variantGroupSettings).primaryMetric,
    analysis: await latestSnapshot(queries, id),
    budget: await readGroupBudget(queries, id),
    variants: row.variants.map((variant) => ({
      id: variantId(variant.id),
      name: variant.variantName,
      status: variant.generationStatus,
      mutations: variant.promptMutations,
      prompt: variant.promptText,
      videoUrl: variant.videoUrl ?? undefined,
      videoSeconds: variant.videoDurationSeconds ?? undefined,
      files: variant.renditions.map(asFile).toSorted(mainFirst),
      failureReason: variant.failureReason ?? undefined,
      heldReason: held.get(variant.id),
      spent: spend.get(variant.id)?.spent ?? microUsd(0),
      reserved: spend.get(variant.id)?.reserved ?? microUsd(0),
      released: spend.get(variant.id)?.released ?? microUsd(0),
      totals: variant.totals.map(({ platform, metricName, totalValue }) => ({
        platform,
        metric: metricName,
        value: Number(totalValue),
      })),
    })),
  };
}

type RenditionRow = Awaited<ReturnType<Database['variantRendition']['findMany']>>[number];

function asFile(row: RenditionRow): FileRecord {
  return {
    rendition: row.rendition,
    url: row.videoUrl ?? undefined,
    thumbnailUrl: row.thumbnailUrl ?? undefined,
    width: row.width ?? undefined,
    height: row.height ?? undefined,
    durationSeconds: row.durationSeconds === null ? undefined : Number(row.durationSeconds),
    sha256: row.sha256 ?? undefined,
    source: row.source,
    expiredAt: row.expiredAt ?? undefined,
  };
}

function mainFirst(a: FileRecord, b: FileRecord): number {
  return Number(b.rendition === MAIN_RENDITION) - Number(a.rendition === MAIN_RENDITION);
}

/** Names of a group's variants and their ids, as metrics are matched to them. */
export async function variantIdsByName(
  queries: Queries,
  id: GroupId,
): Promise<ReadonlyMap<string, VariantId>> {
  const rows = await queries.videoVariant.findMany({
    where: { variantGroupId: id },
    orderBy: { position: 'asc' },
    select: { id: true, variantName: true },
  });
  return new Map(rows.map((row) => [row.variantName, variantId(row.id)]));
}
