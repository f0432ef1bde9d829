import { ActivityFailure, setHandler } from '@temporalio/workflow';
import type { ReviewVideoInput } from '../activities/gates.ts';
import type { PlanToApprove } from '../activities/planning.ts';
import type { Brief } from '../domain/brief.ts';
import { durationSeconds } from '../domain/durations.ts';
import { hasVideo } from '../domain/lifecycle.ts';
import { formatUsd, microUsd } from '../domain/money.ts';
import { approveGroupPlan, changeGroupPlan, named, reviewVideo } from './activities.ts';
import {
  approvePlan,
  approveVideo,
  type ChangedPlanReceipt,
  editPlan,
  type PlanReceipt,
  planApprovalSchema,
  planEditSchema,
  planRejectionSchema,
  rejectPlan,
  rejectVideo,
  removeVariant,
  type VideoReceipt,
  variantRemovalSchema,
  videoApprovalSchema,
  videoRejectionSchema,
} from './gate-messages.ts';
import { causeOf, startGeneration } from './generate-variant.ts';
import type { Group } from './group.ts';
import type { PlanState, VariantState } from './messages.ts';
import {
  knownVariant,
  read,
  refuseWhenDecided,
  refuseWhenEnding,
  refuseWhenReceiving,
  refuseWhenStopping,
} from './receive-messages.ts';
import { refuse } from './refuse.ts';

/** What people decide where the brief asks them: about the plan, before money is spent, and about videos, before they are used. */
export function receiveDecisions(group: Group): void {
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

  setHandler(
    approveVideo,
    async (message: unknown) => {
      const { variant: name, ...decided } = read(videoApprovalSchema, message);
      const variant = reviewableVariant(group, name);
      const isDone = variant.review === 'approved' && variant.reviewed?.by === decided.by;
      if (!isDone) await review(group, variant, { ...decided, verdict: 'approved', isMadeAnew: false });
      return videoReceipt(variant);
    },
    { validator: (message: unknown) => void videoToApprove(group, read(videoApprovalSchema, message)) },
  );

  setHandler(
    rejectVideo,
    async (message: unknown) => {
      const { variant: name, regenerate, ...decided } = read(videoRejectionSchema, message);
      const variant = knownVariant(group, name);
      if (isRejectedSo(variant, { by: decided.by, regenerate })) return videoReceipt(variant);
      await review(group, variant, { ...decided, verdict: 'rejected', isMadeAnew: regenerate });
      return videoReceipt(variant);
    },
    { validator: (message: unknown) => void videoToReject(group, read(videoRejectionSchema, message)) },
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

const NAMED_AT_MOST = 3;

/** What a group in generating waits for: files, and people who look at them. */
export function awaitedVideos(group: Group): string {
  const { unreviewed } = group;
  const videos = group.isManual ? 'videos: send provide-video' : 'the videos';
  if (unreviewed.length === 0) return videos;
  const names = unreviewed.slice(0, NAMED_AT_MOST).map(({ name }) => name);
  const others = unreviewed.length > NAMED_AT_MOST ? ` and ${unreviewed.length - NAMED_AT_MOST} more` : '';
  const reviews = `the review of ${names.join(', ')}${others}: screentest review ${group.input.groupId}`;
  const isOthersMissing = group.isManual ? !group.hasAllVideos : group.isMaking;
  return isOthersMissing ? `${videos}, and ${reviews}` : reviews;
}

export function tooFewVideos(group: Group): string {
  return group.input.brief.gates.videos
    ? 'too few variants have a video that was approved'
    : 'too few variants have a video';
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
  const { isApproved, costMicroUsd } = await recorded(() =>
    group.act('plan', () =>
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
    ),
  );
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
  if (isTakenOver(group, variant)) {
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
  const { warnings, ...now } = await recorded(() =>
    group.act('plan', () =>
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
    ),
  );
  group.change((state) => {
    Object.assign(plan, now);
    if (prompt === undefined) state.variants = state.variants.filter((known) => known !== variant);
  });
  return { ...planReceipt(plan), warnings };
}

function planReceipt({ version, costMicroUsd, approvedBy }: PlanState): PlanReceipt {
  return { version, costMicroUsd, approvedBy };
}

/** One whose video people can say something about. */
function reviewableVariant(group: Group, name: string): VariantState {
  refuseWhenEnding(group);
  if (!group.input.brief.gates.videos) {
    refuse('Nobody is asked about these videos: the brief has no "gates": {"videos": true}.');
  }
  refuseWhenDecided(group);
  if (group.hasFinalVideos) refuse('The final analysis is being made; the videos stay as they are.');
  refuseWhenStopping(group);
  const variant = knownVariant(group, name);
  refuseWhenReceiving(group, variant);
  if (!hasVideo(variant.status)) refuse(`${variant.name} is ${variant.status}: there is no video of it.`);
  return variant;
}

function videoToApprove(group: Group, { by, variant: name }: { by: string; variant: string }): VariantState {
  const variant = reviewableVariant(group, name);
  if (variant.review === 'approved' && variant.reviewed?.by !== by) {
    refuse(`${variant.reviewed?.by ?? 'Somebody'} has already approved the video of ${variant.name}.`);
  }
  return variant;
}

/** By the same person, who says it once more. */
function isRejectedSo(
  variant: VariantState,
  { by, regenerate }: { by: string; regenerate: boolean },
): boolean {
  if (variant.review !== 'rejected' || variant.reviewed?.by !== by) return false;
  return regenerate ? !hasVideo(variant.status) : hasVideo(variant.status);
}

function videoToReject(
  group: Group,
  rejection: { by: string; variant: string; regenerate: boolean },
): VariantState {
  const known = knownVariant(group, rejection.variant);
  if (isRejectedSo(known, rejection)) return known;
  const variant = reviewableVariant(group, rejection.variant);
  const isInUse = group.status === 'testing' || group.status === 'analyzing';
  if (variant.review === 'approved' && isInUse) {
    refuse(`The video of ${variant.name} is approved and in the test, which is ${group.status}: it stays.`);
  }
  if (variant.review === 'rejected' && !rejection.regenerate) {
    refuse(`${variant.reviewed?.by ?? 'Somebody'} has already rejected the video of ${variant.name}.`);
  }
  if (rejection.regenerate && isTakenOver(group, variant)) {
    refuse(`${variant.name} is from the round before, and what was tested there is not made again.`);
  }
  if (rejection.regenerate && group.status === 'analyzing') {
    refuse('The group is analyzing; videos can be made in generating and testing.');
  }
  return variant;
}

/** The control of a group that follows another one. */
function isTakenOver({ input, state }: Group, variant: VariantState): boolean {
  return input.brief.parent !== undefined && variant === state.variants[0];
}

type Decided = Pick<ReviewVideoInput, 'by' | 'verdict' | 'isMadeAnew'> & {
  readonly reason?: string | undefined;
  readonly files?: readonly string[] | undefined;
};

async function review(group: Group, variant: VariantState, decided: Decided): Promise<void> {
  const { by, reason, verdict, isMadeAnew, files } = decided;
  const number = (variant.reviews ?? 0) + 1;
  const { groupId } = group.input;
  const now = await recorded(() =>
    group.act(variant, () =>
      named(
        reviewVideo,
        `${variant.name} ${verdict}`,
      )({
        groupId,
        variantId: variant.id,
        number,
        verdict,
        by,
        reason,
        isMadeAnew,
        files,
        isManual: group.isManual,
      }),
    ),
  );
  group.reviewed(variant, now);
  if (now.number !== number || now.by !== by) {
    refuse(`${now.by ?? 'Somebody'} has ${now.verdict} the video of ${variant.name} in the meantime.`);
  }
  if (now.verdict === 'rejected' && now.isMadeAnew) makeAnew(group, variant, by);
}

/** Another order, paid for anew like a retry; where people bring the videos, another one is waited for. */
function makeAnew(group: Group, variant: VariantState, by: string): void {
  group.extendReviewing();
  const why = `its video was rejected: ${variant.reviewed?.reason ?? ''}`;
  group.changeVariant(variant, { status: 'failed', reason: why });
  if (group.isManual || group.isStopping || group.isEnding) return;
  startGeneration(group, variant, { acceptPossibleCharge: false, by });
  group.changeVariant(variant, { reason: `order ${variant.ordinal}, since ${why}` });
}

function videoReceipt({ name, status, review: verdict }: VariantState): VideoReceipt {
  return { variant: name, status, review: verdict };
}

/** What the record refuses is the person's answer. */
async function recorded<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ActivityFailure) refuse(causeOf(error).message);
    throw error;
  }
}
