import { type Brief, variantCount } from '../domain/brief.ts';
import { durationSeconds } from '../domain/durations.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import type { ChosenMode } from '../domain/generation-mode.ts';
import { type GroupId, type VariantId, variantId } from '../domain/ids.ts';
import { GROUP_STATUSES, type GroupStatus, mayMove, OUTCOMES, type Outcome } from '../domain/lifecycle.ts';
import { fromUsd } from '../domain/money.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';
import type { Writing } from '../domain/writer.ts';
import type { Queries } from './client.ts';
import { recordEvent, WRITING_KEY } from './events.ts';
import type { Prisma } from './generated/client.ts';
import { asJson } from './json.ts';
import { findOrCreateUser } from './people.ts';

/** The lifecycle's writes. Each may be repeated, and each is guarded by the status it expects. */

export interface PlannedGroup {
  readonly groupId: GroupId;
  readonly brief: Brief;
  readonly ventureId: string;
  readonly startedBy: string;
  readonly startKey: string;
  readonly generation: ChosenMode;
  readonly plan: readonly VariantPlan[];
  /** What the checks found in it. */
  readonly findings?: readonly { readonly code: string; readonly severity: string; readonly found: string }[];
  /** What whoever started it was told that it costs. */
  readonly estimatedMicroUsd: number;
  /** What it costs at the prices that orders are made at; undefined when there is none for a video in it. */
  readonly costMicroUsd: number | undefined;
  /** What a language model wrote for it, where the brief asks for one. */
  readonly writing?: Writing | undefined;
  /** For one whose rows were lost: when it was planned, and under which ids. */
  readonly rebuilt?: { readonly at: Date; readonly variants: readonly PlannedVariant[] };
}

export interface PlannedVariant {
  readonly id: VariantId;
  readonly name: string;
}

const SECONDS_A_DAY = 86_400;

/** @throws PreconditionFailed when another start has used this id: an id is used once. */
export async function recordPlan(database: Queries, group: PlannedGroup): Promise<readonly PlannedVariant[]> {
  const { groupId, brief, startKey, rebuilt } = group;
  const at = rebuilt && { createdAt: rebuilt.at };
  return database.$transaction(async (tx) => {
    const createdBy = await findOrCreateUser(tx, group.startedBy);
    const template = await templateRow(tx, brief.template);
    await refuseLostVenture(tx, group.ventureId);
    await tx.variantGroup.createMany({
      data: [
        {
          id: groupId,
          ventureId: group.ventureId,
          useCaseTemplate: brief.template,
          useCaseTemplateId: template.id,
          testName: brief.name,
          testDescription: brief.description ?? null,
          targetPlatforms: brief.platforms,
          variantGroupSettings: asJson({
            brief,
            startKey,
            generation: group.generation,
            parent: brief.parent && { groupId: brief.parent.group, variant: brief.parent.variant },
            generationCapMicroUsd:
              brief.budget === undefined ? undefined : fromUsd(brief.budget.generationUsd),
          }),
          estimatedCompletionDate: daysFrom(rebuilt?.at ?? new Date(), longestSeconds(brief) / SECONDS_A_DAY),
          createdBy,
          ...at,
        },
      ],
      skipDuplicates: true,
    });
    await refuseOtherStart(tx, groupId, startKey);
    // Planned before, it is as people have left it: prompts that they changed stay, variants that they removed stay away.
    const isPlanned = (await tx.videoVariant.count({ where: { variantGroupId: groupId } })) > 0;
    await tx.videoVariant.createMany({
      data: (isPlanned ? [] : group.plan).map(({ position, name, prompt, mutations }) => ({
        ...idOf(rebuilt?.variants, name),
        ...at,
        variantGroupId: groupId,
        position,
        variantName: name,
        promptText: prompt,
        promptMutations: mutations,
        soraModel: brief.video.model,
        createdBy,
      })),
      skipDuplicates: true,
    });
    await recordEvent(tx, {
      groupId,
      event: 'planned',
      actor: group.startedBy,
      details: asJson({
        variants: variantCount(brief),
        generation: group.generation.mode,
        estimatedMicroUsd: group.estimatedMicroUsd,
        costMicroUsd: group.costMicroUsd,
        findings: group.findings?.length ? group.findings : undefined,
      }),
      key: 'planned',
      at: rebuilt?.at,
    });
    if (group.writing !== undefined) await recordWriting(tx, group, group.writing);
    const variants = await tx.videoVariant.findMany({
      where: { variantGroupId: groupId },
      orderBy: { position: 'asc' },
      select: { id: true, variantName: true },
    });
    return variants.map(({ id, variantName }) => ({ id: variantId(id), name: variantName }));
  });
}

/** As long as it may take, were each phase to last until its deadline. */
function longestSeconds({ deadlines, gates }: Brief): number {
  const { approving, generating, reviewing, testing, deciding } = deadlines;
  const phases = [
    ...(gates.plan ? [approving] : []),
    generating,
    ...(gates.videos ? [reviewing] : []),
    testing,
    deciding,
  ];
  return phases.reduce((sum, text) => sum + durationSeconds(text), 0);
}

async function recordWriting(tx: Queries, group: PlannedGroup, writing: Writing): Promise<void> {
  const { warnings } = writing;
  await recordEvent(tx, {
    groupId: group.groupId,
    event: 'levels worded',
    actor: 'screentest',
    details: asJson({ ...writing, reason: warnings.length === 0 ? undefined : warnings.join('. ') }),
    key: WRITING_KEY,
    at: group.rebuilt?.at,
  });
}

function idOf(variants: readonly PlannedVariant[] | undefined, name: string): { id?: VariantId } {
  const known = variants?.find((variant) => variant.name === name);
  return known === undefined ? {} : { id: known.id };
}

/** Repeating can't mend what is missing here, so a person is told. */
async function templateRow(queries: Queries, code: string): Promise<{ id: string }> {
  const template = await queries.useCaseTemplate.findUnique({ where: { code }, select: { id: true } });
  if (template !== null) return template;
  throw new PreconditionFailed({
    code: 'TEMPLATES_MISSING',
    given: `The database has no template ${code}`,
    fix: 'run `screentest db migrate`, which writes them, and start the group again',
  });
}

async function refuseLostVenture(queries: Queries, ventureId: string): Promise<void> {
  if ((await queries.venture.count({ where: { id: ventureId } })) > 0) return;
  throw new PreconditionFailed({
    code: 'VENTURE_GONE',
    given: `The venture ${ventureId} was removed before the group was planned`,
    fix: 'start the group again with --create-venture',
  });
}

async function refuseOtherStart(queries: Queries, groupId: GroupId, startKey: string): Promise<void> {
  const [row] = await queries.$queryRaw<{ start_key: string | null }[]>`
    SELECT variant_group_settings ->> 'startKey' AS start_key FROM variant_groups WHERE id = ${groupId}::uuid`;
  if (row?.start_key === startKey) return;
  throw new PreconditionFailed({
    code: 'GROUP_EXISTS',
    given: `The group ${groupId} exists already`,
    fix: 'leave "id" out of the brief to get a new one',
  });
}

/** @param why and when, where it was not now */
export async function recordMove(
  database: Queries,
  groupId: GroupId,
  from: GroupStatus,
  to: GroupStatus,
  why: { readonly by: string; readonly reason: string | undefined; readonly at?: Date },
): Promise<void> {
  await database.$transaction(async (tx) => {
    await changeStatus(tx, groupId, [from], { testStatus: to });
    await recordEvent(tx, {
      groupId,
      event: `moved to ${to}`,
      actor: why.by,
      details: asJson({ reason: why.reason }),
      key: `moved/${to}`,
      at: why.at,
    });
  });
}

export interface Completion {
  readonly groupId: GroupId;
  readonly outcome: Outcome;
  readonly winnerVariantId: VariantId | undefined;
  /** Who decided what, when, and what the analysis said at that moment. */
  readonly decision: Prisma.InputJsonObject;
  readonly actor: string;
  /** When; left out for now. */
  readonly at?: Date;
}

export interface RecordedOutcome {
  readonly outcome: Outcome;
  readonly winner: string | undefined;
}

/** Written once: a group that is completed already keeps the outcome it has, which is the one returned. */
export async function recordCompletion(database: Queries, completion: Completion): Promise<RecordedOutcome> {
  const { groupId, outcome, winnerVariantId, decision, actor, at } = completion;
  return database.$transaction(async (tx) => {
    await changeStatus(tx, groupId, UNDECIDED, {
      testStatus: 'completed',
      outcome,
      winnerVariantId: winnerVariantId ?? null,
      decision,
      completedAt: at ?? new Date(),
    });
    await recordEvent(tx, {
      groupId,
      event: `completed: ${outcome}`,
      actor,
      details: decision,
      key: 'moved/completed',
      at,
    });
    return outcomeOf(tx, groupId);
  });
}

async function outcomeOf(queries: Queries, groupId: GroupId): Promise<RecordedOutcome> {
  const group = await queries.variantGroup.findUniqueOrThrow({
    where: { id: groupId },
    select: { outcome: true, winner: { select: { variantName: true } } },
  });
  const outcome = OUTCOMES.find((known) => known === group.outcome);
  if (outcome === undefined) throw new TypeError(`a completed group with the outcome ${group.outcome}`);
  return { outcome, winner: group.winner?.variantName };
}

export async function recordArchival(
  database: Queries,
  groupId: GroupId,
  by: string,
  reason?: string,
  at?: Date,
): Promise<void> {
  await database.$transaction(async (tx) => {
    await changeStatus(tx, groupId, ['completed'], { testStatus: 'archived' });
    await recordEvent(tx, {
      groupId,
      event: 'moved to archived',
      actor: by,
      details: asJson({ reason }),
      key: 'moved/archived',
      at,
    });
  });
}

const UNDECIDED = GROUP_STATUSES.filter((status) => mayMove(status, 'completed'));

/**
 * The moves that a group in each status has made. Making one of them again, as after a workflow reset, changes
 * nothing; but nothing leads back from what is decided.
 */
const MOVES_MADE: Readonly<Record<GroupStatus, readonly GroupStatus[]>> = {
  planning: [],
  generating: ['generating'],
  testing: ['generating', 'testing'],
  analyzing: ['generating', 'testing', 'analyzing'],
  completed: ['completed'],
  archived: ['completed', 'archived'],
};

/** A repetition changes nothing. */
async function changeStatus(
  tx: Queries,
  groupId: GroupId,
  from: readonly GroupStatus[],
  data: Prisma.VariantGroupUncheckedUpdateManyInput & { testStatus: GroupStatus },
): Promise<void> {
  const { count } = await tx.variantGroup.updateMany({
    where: { id: groupId, testStatus: { in: [...from] } },
    data,
  });
  if (count === 1) return;
  const group = await tx.variantGroup.findUnique({ where: { id: groupId }, select: { testStatus: true } });
  const at = GROUP_STATUSES.find((status) => status === group?.testStatus);
  if (at !== undefined && MOVES_MADE[at].includes(data.testStatus)) return;
  throw new PreconditionFailed({
    code: 'GROUP_STATUS_CHANGED',
    given: `The group ${groupId} is ${group?.testStatus ?? 'gone'}; it can't move from ${from.join(' or ')} to ${data.testStatus}`,
  });
}

function daysFrom(start: Date, days: number): Date {
  return new Date(start.getTime() + days * SECONDS_A_DAY * 1000);
}
