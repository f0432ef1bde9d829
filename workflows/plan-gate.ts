import { setHandler } from '@temporalio/workflow';
import type { PlanToApprove } from '../activities/planning.ts';
import type { Brief } from '../domain/brief.ts';
import { durationSeconds } from '../domain/durations.ts';
import { hasVideo } from '../domain/lifecycle.ts';
import { formatUsd, microUsd } from '../domain/money.ts';
import { approveGroupPlan, changeGroupPlan, named } from './activities.ts';
import {
  approvePlan,
  type ChangedPlanReceipt,
  editPlan,
  type PlanReceipt,
  planApprovalSchema,
  planEditSchema,
  planRejectionSchema,
  rejectPlan,
  removeVariant,
  variantRemovalSchema,
} from './gate-messages.ts';
import type { Group } from './group.ts';
import type { PlanState, VariantState } from './messages.ts';
import { knownVariant, read, refuseWhenEnding, refuseWhenReceiving } from './receive-messages.ts';
import { refuse, refuseAsActivity } from './refuse.ts';

/** What people decide about the plan, where the brief asks them, before money is spent. */
export function receivePlanDecisions(group: Group): void {
  setHandler(
    approvePlan,
    async (message: unknown) => {
      const approval = read(planApprovalSchema, message);
      const plan = planToApprove(group, approval);
      if (plan.approvedBy === undefined) await approve(group, plan, approval);
      return planReceipt(plan);
    },
    { validator: (message: unknown) => void planToApprove(group, read(planApprovalSchema, message)) },
  );

  setHandler(editPlan, async (message: unknown) => changed(group, read(planEditSchema, message)), {
    validator: (message: unknown) => void variantToChange(group, read(planEditSchema, message)),
  });

  setHandler(
    removeVariant,
    async (message: unknown) => changed(group, { ...read(variantRemovalSchema, message), prompt: undefined }),
    { validator: (message: unknown) => void variantToRemove(group, read(variantRemovalSchema, message)) },
  );

  setHandler(
    rejectPlan,
    async (message: unknown) => {
      const { by, reason } = read(planRejectionSchema, message);
      const plan = openPlan(group);
      group.change(() => {
        plan.rejection = { by, reason: `the plan was rejected: ${reason}` };
      });
      return { reason };
    },
    {
      validator: (message: unknown) => {
        read(planRejectionSchema, message);
        openPlan(group);
      },
    },
  );
}

/** Its plan as the record has it, which may have been changed or approved before this workflow. */
export function planState(gate: PlanToApprove, { deadlines }: Brief): PlanState {
  const { version, costMicroUsd, plannedAt, approvedBy } = gate;
  const until = new Date(Date.parse(plannedAt) + durationSeconds(deadlines.approving) * 1000).toISOString();
  return { version, costMicroUsd, until, ...(approvedBy !== undefined && { approvedBy }) };
}

/** What a person is told that a group in planning waits for. */
export function awaitedApproval({ input }: Group): string {
  return `the approval of its plan: screentest review ${input.groupId}`;
}

function askedPlan(group: Group): PlanState {
  const { plan } = group.state;
  if (plan !== undefined) return plan;
  if (group.input.brief.gates.plan && group.status === 'planning' && !group.isPlanned) {
    refuse('The group is being planned; send it again in a moment.');
  }
  return refuse(`Nobody is asked about this plan: the brief has no "gates": {"plan": true}.`);
}

/** One that can still be changed, approved or rejected. */
function openPlan(group: Group): PlanState {
  refuseWhenEnding(group);
  const plan = askedPlan(group);
  if (plan.rejection !== undefined) refuse(`${plan.rejection.by} has already rejected the plan.`);
  if (plan.approvedBy !== undefined) refuse(`${plan.approvedBy} has already approved the plan.`);
  if (group.status !== 'planning') refuse(`The group is ${group.status}; a plan is decided in planning.`);
  if (group.isActingOn('plan'))
    refuse('The plan is being changed or approved; look at it again in a moment.');
  return plan;
}

function refuseOtherVersion(plan: PlanState, version: number): void {
  if (version === plan.version) return;
  refuse(
    `The plan is version ${plan.version} by now, and this is about version ${version}. Look at it again with: screentest review`,
  );
}

interface Approval {
  readonly by: string;
  readonly version: number;
  readonly reason?: string | undefined;
  readonly costMicroUsd?: number | undefined;
}

function planToApprove(group: Group, { by, version, costMicroUsd }: Approval): PlanState {
  const asked = askedPlan(group);
  // Said once more by the same person, it is answered once more.
  const plan = asked.approvedBy === by && asked.version === version ? asked : openPlan(group);
  refuseOtherVersion(plan, version);
  if (costMicroUsd !== undefined && plan.costMicroUsd > costMicroUsd) refuse(dearer(plan, costMicroUsd));
  return plan;
}

function dearer(plan: PlanState, seenMicroUsd: number): string {
  const [now, seen] = [plan.costMicroUsd, seenMicroUsd].map((amount) => formatUsd(microUsd(amount)));
  return `The plan costs ${now} by now, and not ${seen}. Approve it at that price, or change it.`;
}

async function approve(group: Group, plan: PlanState, { by, version, reason }: Approval): Promise<void> {
  const { groupId } = group.input;
  const seen = plan.costMicroUsd;
  const { isApproved, costMicroUsd } = await group
    .act('plan', () =>
      named(
        approveGroupPlan,
        `version ${version}`,
      )({
        groupId,
        version,
        by,
        reason,
        costMicroUsd: seen,
        isManual: group.isManual,
      }),
    )
    .catch(refuseAsActivity);
  group.change(() => {
    plan.costMicroUsd = costMicroUsd;
    if (isApproved) plan.approvedBy = by;
  });
  if (!isApproved) refuse(dearer(plan, seen));
}

interface Change {
  readonly by: string;
  readonly version: number;
  readonly variant: string;
  readonly reason?: string | undefined;
  /** Undefined to leave the variant out. */
  readonly prompt: string | undefined;
}

function variantToChange(
  group: Group,
  { version, variant: name }: Pick<Change, 'version' | 'variant'>,
): VariantState {
  refuseOtherVersion(openPlan(group), version);
  const variant = knownVariant(group, name);
  refuseWhenReceiving(group, variant);
  if (group.isTakenOver(variant)) {
    refuse(`${variant.name} comes with the video it won with in the round before; nothing of it is ordered.`);
  }
  if (hasVideo(variant.status))
    refuse(`${variant.name} was given a video already; nothing of it is ordered.`);
  return variant;
}

function variantToRemove(group: Group, change: Pick<Change, 'version' | 'variant'>): VariantState {
  const variant = variantToChange(group, change);
  const { variants } = group.state;
  if (variant === variants[0]) {
    refuse(`${variant.name} is the control, which the others are compared with: it can't be removed.`);
  }
  const { minVariants } = group.input.brief;
  if (variants.length <= minVariants) {
    refuse(`There are ${variants.length} variants, and the brief wants ${minVariants} at least.`);
  }
  return variant;
}

async function changed(group: Group, change: Change): Promise<ChangedPlanReceipt> {
  const { prompt, version, by, reason } = change;
  const variant = prompt === undefined ? variantToRemove(group, change) : variantToChange(group, change);
  const plan = openPlan(group);
  const { groupId } = group.input;
  const variantId = variant.id;
  const { warnings, ...now } = await group
    .act('plan', () =>
      named(
        changeGroupPlan,
        variant.name,
      )({
        groupId,
        variantId,
        version,
        by,
        reason,
        prompt,
        isManual: group.isManual,
      }),
    )
    .catch(refuseAsActivity);
  group.change((state) => {
    Object.assign(plan, now);
    if (prompt === undefined) state.variants = state.variants.filter((known) => known !== variant);
  });
  return { ...planReceipt(plan), warnings };
}

function planReceipt({ version, costMicroUsd, approvedBy }: PlanState): PlanReceipt {
  return { version, costMicroUsd, approvedBy };
}
