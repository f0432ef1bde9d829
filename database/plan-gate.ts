import { createHash } from 'node:crypto';
import { PreconditionFailed } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { type Mutations, readMutations } from '../domain/mutations.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';
import type { Queries } from './client.ts';
import { recordEvent } from './events.ts';
import { asJson } from './json.ts';

/** What people do with a plan before money is spent on it. Each change makes another version, and a version is approved. */

export interface PlanGate {
  /** 1 as it was planned, and one more for each change. */
  readonly version: number;
  readonly plannedAt: Date;
  /** Who approved this version; undefined while nobody has. */
  readonly approvedBy: string | undefined;
}

export interface PlanChange {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  /** The one that is changed. */
  readonly version: number;
  readonly by: string;
  readonly reason: string | undefined;
  /** The whole new prompt; undefined to leave the variant out. */
  readonly prompt: string | undefined;
  /** When; left out for now. */
  readonly at?: Date;
}

export interface PlanApproval {
  readonly groupId: GroupId;
  readonly version: number;
  readonly by: string;
  readonly reason: string | undefined;
  /** What it costs at the prices that orders are made at. */
  readonly costMicroUsd: number;
  /** When; left out for now. */
  readonly at?: Date;
}

const PLANNED = 'planned';
const EDITED = 'prompt edited';
const REMOVED = 'variant removed';
const APPROVED = 'plan approved';

/** @throws PreconditionFailed for a group that is not planned */
export async function readPlanGate(queries: Queries, groupId: GroupId): Promise<PlanGate> {
  const events = await queries.groupEvent.findMany({
    where: { variantGroupId: groupId, event: { in: [PLANNED, EDITED, REMOVED, APPROVED] } },
    orderBy: { id: 'asc' },
    select: { event: true, actor: true, createdAt: true },
  });
  const planned = events.find(({ event }) => event === PLANNED);
  if (planned === undefined) {
    throw new PreconditionFailed({ code: 'GROUP_NOT_PLANNED', given: `The group ${groupId} is not planned` });
  }
  return {
    version: 1 + events.filter(({ event }) => event === EDITED || event === REMOVED).length,
    plannedAt: planned.createdAt,
    // Nothing is changed once it is approved.
    approvedBy: events.find(({ event }) => event === APPROVED)?.actor,
  };
}

/**
 * Another prompt for a variant, or one variant less. Repeating it changes nothing.
 * @param check is shown the plan as it would be, and throws where it may not be so
 * @throws PreconditionFailed when it is not this version any more, or approved, or the variant has a video
 */
export async function changePlan(
  database: Queries,
  change: PlanChange,
  check: (variants: readonly VariantPlan[]) => void,
): Promise<void> {
  const { groupId, variantId, version, by, prompt, at } = change;
  await database.$transaction(async (tx) => {
    const status = await lockGroup(tx, groupId);
    if (await isMadeAlready(tx, change)) return;
    refuseOtherVersion(await readPlanGate(tx, groupId), version, status);
    const variant = await variantOf(tx, change);
    if (prompt === undefined) await tx.videoVariant.delete({ where: { id: variantId } });
    else {
      const planned = variant.plannedPrompt ?? variant.promptText;
      await tx.videoVariant.update({
        where: { id: variantId },
        // Put back as it was, it is as planned.
        data: { promptText: prompt, plannedPrompt: prompt === planned ? null : planned },
      });
    }
    check(await readPlan(tx, groupId));
    await recordEvent(tx, {
      groupId,
      event: prompt === undefined ? REMOVED : EDITED,
      actor: by,
      details: asJson({
        version: version + 1,
        variantId,
        variant: variant.variantName,
        reason: change.reason,
        oldPromptSha256: sha256(variant.promptText),
        newPromptSha256: prompt && sha256(prompt),
      }),
      key: changeKey(version),
      at,
    });
  });
}

/**
 * A person agrees to pay for this version. Repeating it changes nothing.
 * @throws PreconditionFailed when it is not this version any more, or somebody else has approved it
 */
export async function recordPlanApproval(database: Queries, approval: PlanApproval): Promise<void> {
  const { groupId, version, by, reason, costMicroUsd, at } = approval;
  await database.$transaction(async (tx) => {
    const status = await lockGroup(tx, groupId);
    const gate = await readPlanGate(tx, groupId);
    if (gate.approvedBy === by && gate.version === version) return;
    refuseOtherVersion(gate, version, status);
    await recordEvent(tx, {
      groupId,
      event: APPROVED,
      actor: by,
      details: asJson({ version, costMicroUsd, reason }),
      key: `plan-approved/${version}`,
      at,
    });
  });
}

/** What the variants that are to be made are made of: those that nobody has given a video yet. */
export async function levelsToMake(queries: Queries, groupId: GroupId): Promise<readonly Mutations[]> {
  const rows = await queries.videoVariant.findMany({
    where: { variantGroupId: groupId, renditions: { none: {} } },
    select: { promptMutations: true },
  });
  return rows.map(({ promptMutations }) => readMutations(promptMutations));
}

/** Whoever changes or approves a plan holds its group's row until the end of the transaction. */
async function lockGroup(tx: Queries, groupId: GroupId): Promise<string> {
  const [row] = await tx.$queryRaw<{ test_status: string }[]>`
    SELECT test_status FROM variant_groups WHERE id = ${groupId}::uuid FOR NO KEY UPDATE`;
  return row?.test_status ?? 'missing';
}

function changeKey(version: number): string {
  return `plan/${version + 1}`;
}

/** By an earlier attempt, or before the workflow was reset. */
async function isMadeAlready(tx: Queries, change: PlanChange): Promise<boolean> {
  const [made] = await tx.$queryRaw<{ variant: string | null; sha256: string | null }[]>`
    SELECT details ->> 'variantId' AS variant, details ->> 'newPromptSha256' AS sha256
    FROM group_events WHERE idempotency_key = ${`${change.groupId}/${changeKey(change.version)}`}`;
  if (made === undefined || made.variant !== change.variantId) return false;
  return made.sha256 === (change.prompt === undefined ? null : sha256(change.prompt));
}

function refuseOtherVersion({ version, approvedBy }: PlanGate, asked: number, status: string): void {
  if (status !== 'planning' || approvedBy !== undefined) {
    throw new PreconditionFailed({
      code: 'PLAN_CLOSED',
      given: approvedBy === undefined ? `The group is ${status}` : `${approvedBy} has approved the plan`,
      allowed: 'a plan that waits for its approval',
    });
  }
  if (version === asked) return;
  throw new PreconditionFailed({
    code: 'PLAN_CHANGED',
    given: `The plan was changed: this is about version ${asked}, and it is version ${version} by now`,
    fix: 'look at it again with `screentest review`, and say so for that version',
  });
}

async function variantOf(tx: Queries, { groupId, variantId }: PlanChange) {
  const variant = await tx.videoVariant.findFirst({
    where: { id: variantId, variantGroupId: groupId },
    select: { variantName: true, promptText: true, plannedPrompt: true, renditions: { take: 1 } },
  });
  if (variant === null) {
    throw new PreconditionFailed({ code: 'VARIANT_UNKNOWN', given: `There is no variant ${variantId}` });
  }
  if (variant.renditions.length === 0) return variant;
  throw new PreconditionFailed({
    code: 'VARIANT_HAS_VIDEO',
    given: `${variant.variantName} was given a video already`,
    allowed: 'a variant without a video',
  });
}

/** The plan as people have left it. */
export async function readPlan(tx: Queries, groupId: GroupId): Promise<readonly VariantPlan[]> {
  const rows = await tx.videoVariant.findMany({
    where: { variantGroupId: groupId },
    orderBy: { position: 'asc' },
    select: { position: true, variantName: true, promptText: true, promptMutations: true },
  });
  return rows.map(({ position, variantName, promptText, promptMutations }) => ({
    position,
    name: variantName,
    prompt: promptText,
    mutations: readMutations(promptMutations),
  }));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
