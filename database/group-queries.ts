import type { Brief } from '../domain/brief.ts';
import { controlLevels } from '../domain/changes.ts';
import { NotFound, PreconditionFailed } from '../domain/errors.ts';
import type { ChosenMode } from '../domain/generation-mode.ts';
import { type GroupId, groupId, isUuid, type VariantId, variantId } from '../domain/ids.ts';
import type { MicroUsd } from '../domain/money.ts';
import type { Mutations } from '../domain/mutations.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import { type Writing, writingSchema } from '../domain/writer.ts';
import { type Snapshot, snapshotOf } from './analysis-snapshots.ts';
import { NO_SPEND, type Spend, spendOfOrders } from './budget.ts';
import type { Queries } from './client.ts';
import { WRITING_KEY } from './events.ts';
import type { Prisma } from './generated/client.ts';
import { briefIn, generationIn } from './json.ts';
import { type BudgetReport, groupBudgetOf } from './venture-budgets.ts';

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
  /** As it was planned, where a person has changed it. */
  readonly plannedPrompt: string | undefined;
  /** What people said of its video; undefined where they are not asked, or there was none yet. */
  readonly review: string | undefined;
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
  /** What whoever publishes the videos keeps to, as the brief has it. */
  readonly publishing: Pick<Brief, 'disclosure' | 'rights' | 'markets' | 'platforms'>;
  readonly decision: unknown;
  readonly variants: readonly VariantRecord[];
  /** What the variants' changes are changes from. */
  readonly controlLevels: Mutations;
  readonly budget: BudgetReport;
  /** What a language model wrote for it, and what that cost; undefined where the brief asks for none. */
  readonly writing: Writing | undefined;
  readonly analysis: Snapshot | undefined;
  readonly primaryMetric: { readonly name: string; readonly numerator: string; readonly denominator: string };
}

/** A group by its id, the beginning of its id (8 characters or more), or its name if only one has it. */
export async function findGroupId(queries: Queries, reference: string): Promise<GroupId> {
  const text = reference.trim();
  const ids = idsThatBegin(text.toLowerCase());
  const rows = await queries.$queryRaw<{ id: string; name: string }[]>`
    SELECT id, name FROM (
      SELECT id, test_name AS name, created_at FROM variant_groups WHERE test_name = ${text}
      UNION
      SELECT id, test_name, created_at FROM variant_groups WHERE id BETWEEN ${ids.first}::uuid AND ${ids.last}::uuid
    ) found
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
    given: `"${reference}" could be ${rows.map(({ id, name }) => `${id} (${name})`).join(', ')}`,
    fix: 'give the id',
  });
}

const NO_IDS = {
  first: 'ffffffff-ffff-ffff-ffff-ffffffffffff',
  last: '00000000-0000-0000-0000-000000000000',
};

/** The span of ids with this beginning, so that an index finds them; an empty one for what begins no id. */
function idsThatBegin(text: string): { first: string; last: string } {
  const fill = (digit: string) =>
    `${text}${'xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx'.slice(text.length)}`.replaceAll('x', digit);
  const first = fill('0');
  return text.length >= 8 && isUuid(first) ? { first, last: fill('f') } : NO_IDS;
}

export interface GroupFilter {
  readonly venture?: string | undefined;
  readonly status?: string | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function listGroups(queries: Queries, filter: GroupFilter): Promise<readonly GroupSummary[]> {
  const status = filter.status ?? null;
  // Asked for first: of a sub-select the planner would not know how few groups it has, and walk through all by date.
  const ventures = filter.venture === undefined ? null : await venturesNamed(queries, filter.venture);
  const rows = await queries.$queryRaw<SummaryRow[]>`
    SELECT g.id, g.test_name AS name, owner.name AS venture, g.use_case_template AS template, g.test_status AS status,
      g.outcome, winner.variant_name AS winner, g.created_at, g.completed_at, stopped.how AS stopped,
      (SELECT count(*)::int FROM video_variants v WHERE v.variant_group_id = g.id) AS variant_count
    FROM variant_groups g
    JOIN ventures owner ON owner.id = g.venture_id
    LEFT JOIN video_variants winner ON winner.id = g.winner_variant_id
    LEFT JOIN stopped_groups stopped ON stopped.variant_group_id = g.id
    WHERE (${ventures}::uuid[] IS NULL OR g.venture_id = ANY (${ventures}::uuid[]))
      AND (${status}::text IS NULL OR g.test_status = ${status})
    ORDER BY g.created_at DESC, g.id
    LIMIT ${filter.limit}`;
  return rows.map(asSummary);
}

async function venturesNamed(queries: Queries, name: string): Promise<readonly string[]> {
  const rows = await queries.$queryRaw<{ id: string }[]>`
    SELECT id FROM ventures WHERE lower(name) = lower(${name})`;
  return rows.map(({ id }) => id);
}

interface SummaryRow {
  readonly id: string;
  readonly name: string;
  readonly venture: string;
  readonly template: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly winner: string | null;
  readonly variant_count: number;
  readonly created_at: Date;
  readonly completed_at: Date | null;
  readonly stopped: string | null;
}

function asSummary(row: SummaryRow): GroupSummary {
  return {
    id: groupId(row.id),
    name: row.name,
    venture: row.venture,
    template: row.template,
    status: row.status,
    outcome: row.outcome ?? undefined,
    winner: row.winner ?? undefined,
    variantCount: row.variant_count,
    createdAt: row.created_at,
    completedAt: row.completed_at ?? undefined,
    stopped: row.stopped ?? undefined,
  };
}

interface GroupRow extends SummaryRow {
  readonly description: string | null;
  readonly platforms: readonly string[];
  readonly decision: unknown;
  readonly settings: Prisma.JsonValue;
  readonly cap: bigint | null;
  readonly has_orders: boolean;
  readonly snapshot_id: string | null;
  readonly taken_at: Date;
  readonly look: number;
  readonly imports: readonly string[];
  readonly verdict: unknown;
  readonly writing: unknown;
}

/** Everything about one group, in three statements whatever its size; undefined when there is none. */
export async function readGroup(queries: Queries, id: GroupId): Promise<GroupRecord | undefined> {
  const [row] = await queries.$queryRaw<GroupRow[]>`
    SELECT g.id, g.test_name AS name, owner.name AS venture, g.use_case_template AS template, g.test_status AS status,
      g.outcome, winner.variant_name AS winner, g.created_at, g.completed_at, stopped.how AS stopped,
      (SELECT count(*)::int FROM video_variants v WHERE v.variant_group_id = g.id) AS variant_count,
      g.test_description AS description, g.target_platforms AS platforms, g.decision, g.variant_group_settings AS settings,
      (g.variant_group_settings ->> 'generationCapMicroUsd')::bigint AS cap,
      to_regclass('public.video_generation_jobs') IS NOT NULL AS has_orders,
      newest.id AS snapshot_id, newest.taken_at, newest.look, newest.imports, newest.verdict,
      (SELECT details FROM group_events WHERE idempotency_key = ${`${id}/${WRITING_KEY}`}) AS writing
    FROM variant_groups g
    JOIN ventures owner ON owner.id = g.venture_id
    LEFT JOIN video_variants winner ON winner.id = g.winner_variant_id
    LEFT JOIN stopped_groups stopped ON stopped.variant_group_id = g.id
    LEFT JOIN LATERAL (
      SELECT s.id, s.taken_at, s.look, s.imports, s.verdict FROM analysis_snapshots s
      WHERE s.variant_group_id = g.id ORDER BY s.look DESC LIMIT 1
    ) newest ON true
    WHERE g.id = ${id}::uuid`;
  if (row === undefined) return undefined;
  const brief = briefIn(row.settings);
  const { disclosure, rights, markets, platforms } = brief;
  const [variants, spends] = await Promise.all([
    variantRows(queries, id),
    row.has_orders ? spendOfOrders(queries, id) : new Map<string, Spend>(),
  ]);
  return {
    ...asSummary(row),
    generation: generationIn(row.settings),
    description: row.description ?? undefined,
    platforms: row.platforms,
    decision: row.decision,
    publishing: { disclosure, rights, markets, platforms },
    primaryMetric: brief.primaryMetric,
    controlLevels: controlLevels(brief),
    analysis:
      row.snapshot_id === null
        ? undefined
        : snapshotOf({ ...row, id: row.snapshot_id, takenAt: row.taken_at }),
    budget: groupBudgetOf(row.cap, [...spends.values()]),
    writing: row.writing === null ? undefined : writingSchema.parse(row.writing),
    variants: variants.map((variant) => asVariant(variant, spends.get(variant.id) ?? NO_SPEND)),
  };
}

interface VariantRow {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly mutations: unknown;
  readonly prompt: string;
  readonly planned_prompt: string | null;
  readonly review: string | null;
  readonly video_url: string | null;
  readonly video_seconds: number | null;
  readonly failure_reason: string | null;
  readonly files: readonly FileRow[] | null;
  readonly totals: readonly (readonly [platform: string, metric: string, value: number])[] | null;
}

interface FileRow {
  readonly rendition: string;
  readonly video_url: string | null;
  readonly thumbnail_url: string | null;
  readonly width: number | null;
  readonly height: number | null;
  readonly duration_seconds: number | null;
  readonly sha256: string | null;
  readonly source: string;
  /** ISO 8601. */
  readonly expired_at: string | null;
}

/** Files and totals come as JSON: as rows of their own each of their cells would be turned into a value of Prisma's. */
async function variantRows(queries: Queries, group: GroupId): Promise<readonly VariantRow[]> {
  return queries.$queryRaw<VariantRow[]>`
    SELECT v.id, v.variant_name AS name, v.generation_status AS status, v.prompt_mutations AS mutations,
      v.prompt_text AS prompt, v.planned_prompt, v.review, v.video_url, v.video_duration_seconds AS video_seconds, v.failure_reason,
      (SELECT json_agg(r ORDER BY r.rendition) FROM variant_renditions r WHERE r.video_variant_id = v.id) AS files,
      (SELECT json_agg(json_build_array(t.platform, t.metric_name, t.total_value) ORDER BY t.platform, t.metric_name)
        FROM variant_metric_totals t WHERE t.video_variant_id = v.id) AS totals
    FROM video_variants v
    WHERE v.variant_group_id = ${group}::uuid
    ORDER BY v.position`;
}

function asVariant(row: VariantRow, { spent, reserved, released, heldReason }: Spend): VariantRecord {
  return {
    id: variantId(row.id),
    name: row.name,
    status: row.status,
    mutations: row.mutations,
    prompt: row.prompt,
    plannedPrompt: row.planned_prompt ?? undefined,
    review: row.review ?? undefined,
    videoUrl: row.video_url ?? undefined,
    videoSeconds: row.video_seconds ?? undefined,
    files: (row.files ?? []).map(asFile).toSorted(mainFirst),
    failureReason: row.failure_reason ?? undefined,
    heldReason,
    spent,
    reserved,
    released,
    totals: (row.totals ?? []).map(([platform, metric, value]) => ({ platform, metric, value })),
  };
}

function asFile(row: FileRow): FileRecord {
  return {
    rendition: row.rendition,
    url: row.video_url ?? undefined,
    thumbnailUrl: row.thumbnail_url ?? undefined,
    width: row.width ?? undefined,
    height: row.height ?? undefined,
    durationSeconds: row.duration_seconds ?? undefined,
    sha256: row.sha256 ?? undefined,
    source: row.source,
    expiredAt: row.expired_at === null ? undefined : new Date(row.expired_at),
  };
}

function mainFirst(a: FileRecord, b: FileRecord): number {
  return Number(b.rendition === MAIN_RENDITION) - Number(a.rendition === MAIN_RENDITION);
}

/** The brief that a group was started with. */
export async function briefOf(queries: Queries, id: GroupId): Promise<Brief> {
  const group = await queries.variantGroup.findUniqueOrThrow({
    where: { id },
    select: { variantGroupSettings: true },
  });
  return briefIn(group.variantGroupSettings);
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
