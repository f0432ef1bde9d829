import {
  ActivityFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { AnalyzedGroup } from '../activities/analysis.ts';
import { machinePart } from '../domain/deciding.ts';
import { takesPart } from '../domain/gates.ts';
import type { GroupStatus, Outcome } from '../domain/lifecycle.ts';
import type { Writing } from '../domain/writer.ts';
import {
  analyzeGroup,
  completeGroup,
  leaveOutVideos,
  moveGroup,
  named,
  planGroup,
  stopGeneration,
} from './activities.ts';
import { goOnWithGeneration, startGeneration } from './generate-variant.ts';
import { fromNow, Group } from './group.ts';
import type { GroupResult, GroupState, VariantGroupInput, VariantState } from './messages.ts';
import { awaitedApproval, planState, receivePlanDecisions } from './plan-gate.ts';
import { receiveMessages } from './receive-messages.ts';
import { takeOverControl } from './take-over-control.ts';
import { awaitedVideos, receiveVideoDecisions, tooFewVideos } from './video-gate.ts';
import { wordLevels } from './word-levels.ts';

interface Ending {
  readonly outcome: Outcome;
  readonly winner?: string;
  /** Who decided; left out for what happened by itself. */
  readonly by?: string;
  readonly reason?: string | undefined;
  /** The final analysis; a group that was cancelled or failed has none. */
  readonly snapshotId?: string;
}

/** The life of one variant group: plan, generate, test, analyse, decide. */
export async function variantGroup(input: VariantGroupInput): Promise<GroupResult> {
  const group = new Group(input);
  receiveMessages(group);
  receivePlanDecisions(group);
  receiveVideoDecisions(group);
  goOnMaking(group);
  const refusal = group.isPlanned ? undefined : await prepare(group);
  const ending = refusal ?? (await live(group).catch(endingOf));
  return CancellationScope.nonCancellable(() => complete(group, ending));
}

async function live(group: Group): Promise<Ending> {
  if (group.status === 'planning') {
    // First of all, so that nobody approves a plan whose control is gone.
    await takeOverControl(group);
    const refusal = await approval(group);
    if (refusal !== undefined) return refusal;
    await moveTo(group, 'generating', whyPlanned(group.state));
  }
  if (group.status === 'generating') await generate(group);
  if (!group.hasEnoughVideos) return { outcome: 'failed', reason: tooFewVideos(group) };
  if (group.status === 'testing') await test(group);
  return decide(group);
}

/** @returns how it ends at once, where it can't be made as it is */
async function prepare(group: Group): Promise<Ending | undefined> {
  const writing = await wordLevels(group);
  // A half-made plan would leave a row that nobody completes; a cancellation takes effect right after.
  return CancellationScope.nonCancellable(() => plan(group, writing));
}

/** @returns how it ends at once, when its videos can't be paid for as they were estimated */
async function plan(group: Group, writing: Writing | undefined): Promise<Ending | undefined> {
  const { generation } = group;
  const { groupId, brief, ventureId, startedBy, startKey, estimatedMicroUsd } = group.input;
  const start = { groupId, brief, ventureId, startedBy, startKey, generation, estimatedMicroUsd, writing };
  const { variants, refusal, gate } = await named(planGroup, brief.name)(start);
  group.change((state) => {
    if (gate !== undefined) state.plan = planState(gate, brief);
    state.variants = variants.map(({ id, name }) => ({
      id,
      name,
      status: 'pending',
      ordinal: 0,
      isHeld: false,
      reservedMicroUsd: 0,
      spentMicroUsd: 0,
      bookLines: 0,
    }));
  });
  return refusal === undefined ? undefined : { outcome: 'failed', reason: refusal };
}

/** Where the brief asks for it, a person agrees before anything is ordered. @returns how it ends when nobody does */
async function approval(group: Group): Promise<Ending | undefined> {
  const { plan } = group.state;
  if (plan === undefined) return undefined;
  const isDecided = () => (plan.approvedBy ?? plan.rejection) !== undefined;
  await park(group, awaitedApproval(group), new Date(plan.until), isDecided);
  // One that is being recorded as the time is up still counts.
  await condition(() => !group.isActingOn('plan'));
  if (plan.approvedBy !== undefined) return undefined;
  const { by, reason } = plan.rejection ?? { by: NOBODY, reason: 'nobody approved the plan in time' };
  return { outcome: 'cancelled', by, reason };
}

/**
 * All at once; ends when every variant is settled and enough have a video, or at the deadline. In manual mode nothing
 * is ordered, and every variant is waited for. Where people look at videos first, each must have been looked at, and
 * they have their time for the newest one.
 */
async function generate(group: Group): Promise<void> {
  if (!group.isManual) orderVideos(group);
  const isSettled = () =>
    !group.isMaking &&
    group.unreviewed.length === 0 &&
    group.hasEnoughVideos &&
    (!group.isManual || group.hasAllVideos);
  const { state } = group;
  state.generatingUntil ??= fromNow(group.input.brief.deadlines.generating).toISOString();
  for (let until = videosUntil(state); ; until = videosUntil(state)) {
    const isLater = () => videosUntil(state) > until;
    await park(
      group,
      () => awaitedVideos(group),
      until,
      () => isSettled() || isLater(),
    );
    if (isSettled() || !isLater()) break;
  }
  const settled = isSettled();
  if (!settled) {
    await stopWhatStillRuns(group);
    await leaveOutUnreviewed(group);
  }
  const why = settled ? 'the videos are there' : 'the time for videos was up, and enough are there';
  if (group.hasEnoughVideos) await moveTo(group, 'testing', byItself(why));
}

function videosUntil({ generatingUntil, reviewingUntil }: GroupState): Date {
  const [first, ...others] = [generatingUntil, reviewingUntil].flatMap((text) =>
    text ? [Date.parse(text)] : [],
  );
  return new Date(Math.max(first ?? 0, ...others));
}

/** Never used without a person's word. */
async function leaveOutUnreviewed(group: Group): Promise<void> {
  if (group.unreviewed.length === 0) return;
  const reason = 'nobody reviewed it in time';
  const leftOut = await named(leaveOutVideos, reason)({ groupId: group.input.groupId, reason });
  for (const variant of group.state.variants) {
    if (!leftOut.includes(variant.id)) continue;
    group.changeVariant(variant, {
      review: 'rejected',
      reviews: (variant.reviews ?? 0) + 1,
      reviewed: { by: NOBODY, reason },
    });
  }
}

/** Only where another workflow goes on with a group: what its own was making when it ended is not ordered again. */
function goOnMaking(group: Group): void {
  if (group.status !== 'generating' && group.status !== 'testing') return;
  const { startedBy } = group.input;
  for (const variant of group.state.variants) {
    if (variant.status !== 'generating') continue;
    goOnWithGeneration(group, variant, { acceptPossibleCharge: false, by: startedBy });
  }
}

/** Of every variant, but for those that a person is giving one at this moment. */
function orderVideos(group: Group): void {
  const { startedBy } = group.input;
  for (const variant of group.state.variants) {
    if (variant.status !== 'pending' || group.isReceiving(variant)) continue;
    startGeneration(group, variant, { acceptPossibleCharge: false, by: startedBy });
  }
}

/**
 * Parked while metrics come in beside it, until a person has enough, or time is up; or until the decision rule has, where
 * the brief says that this stops the test.
 */
async function test(group: Group): Promise<void> {
  const { state } = group;
  state.testingUntil ??= fromNow(group.input.brief.deadlines.testing).toISOString();
  const until = new Date(state.testingUntil);
  const isEnded = () => (state.declaration ?? state.closing) !== undefined;
  const hasNews = () => isEnded() || group.verdictToActOn !== undefined;
  let call: AnalyzedGroup | undefined;
  do {
    await park(group, 'metrics and a declaration', until, hasNews);
    call = isEnded() ? undefined : await makeSureOfVerdict(group);
  } while (!isEnded() && call === undefined && Date.now() < until.getTime());
  // In this order, so that a retry accepted at the last moment is stopped as well.
  await moveTo(group, 'analyzing', whoEndedTest(state, call));
  await stopWhatStillRuns(group);
}

/** Anybody can send a signal, and data change: nothing is done by itself but on an analysis of this very moment. */
async function makeSureOfVerdict(group: Group): Promise<AnalyzedGroup | undefined> {
  const verdict = group.verdictToActOn;
  if (verdict === undefined) return undefined;
  const analysis = await analyze(group, 'verdict');
  group.change((state) => {
    state.checkedSnapshotId = verdict.snapshotId;
  });
  return analysis.mayDeclare === null ? undefined : analysis;
}

async function decide(group: Group): Promise<Ending> {
  const { state } = group;
  const isDecided = () => state.declaration !== undefined || state.closing?.withoutWinner === true;
  if (!isDecided()) {
    if (state.decidingUntil === undefined) {
      const analysis = await analyze(group, 'test ended');
      const ending = declaredByItself(group, analysis);
      // A person who was quicker has decided.
      if (ending !== undefined && !isDecided()) return ending;
    }
    state.decidingUntil ??= fromNow(group.input.brief.deadlines.deciding).toISOString();
    await park(group, 'the declaration of a winner', new Date(state.decidingUntil), isDecided);
  }
  group.hasFinalVideos = true;
  await stopWhatStillRuns(group);
  const { snapshotId } = await analyze(group, 'final');
  const { declaration, closing } = state;
  if (declaration !== undefined) {
    const { variant, by, reason } = declaration;
    return { outcome: 'winner', winner: variant, by, reason, snapshotId };
  }
  if (closing?.withoutWinner === true) {
    return {
      outcome: 'no_winner',
      by: closing.by,
      reason: closing.reason ?? 'closed without a winner',
      snapshotId,
    };
  }
  return { outcome: 'no_winner', reason: 'nobody declared a winner in time', snapshotId };
}

/** Declared by itself, which only a brief asks for; never but on a winner whose lead is no mere association. */
function declaredByItself(group: Group, analysis: AnalyzedGroup): Ending | undefined {
  const { mayDeclare, sentence: reason, snapshotId } = analysis;
  const variant = mayDeclare === null ? undefined : group.variant(mayDeclare);
  if (variant === undefined || !takesPart(variant)) return undefined;
  if (machinePart(group.input.brief.decision) !== 'declare') return undefined;
  return { outcome: 'winner', winner: variant.name, by: NOBODY, reason, snapshotId };
}

/** Whatever the ending: nothing still runs or costs money, the record says why, and everyone is answered. */
async function complete(group: Group, ending: Ending): Promise<GroupResult> {
  const { groupId } = group.input;
  group.isEnding = true;
  await stopWhatStillRuns(group);
  const decision = await named(
    completeGroup,
    ending.outcome,
  )({
    groupId,
    outcome: ending.outcome,
    winner: ending.winner,
    by: ending.by ?? NOBODY,
    reason: ending.reason,
    snapshotId: ending.snapshotId,
  });
  group.change((state) => {
    state.decision = decision;
  });
  // As the record has it: a group that was completed before its workflow was reset stays as it was decided.
  const { outcome, winner } = decision;
  group.entered('completed', { outcome, ...(winner === undefined ? {} : { winner }) });
  await condition(allHandlersFinished);
  return { groupId, outcome, winner, reason: ending.reason };
}

/** What happens by itself is done by this name. */
const NOBODY = 'screentest';

interface Cause {
  readonly by: string;
  readonly reason: string;
}

function byItself(reason: string): Cause {
  return { by: NOBODY, reason };
}

function whyPlanned({ plan }: GroupState): Cause {
  return plan?.approvedBy === undefined
    ? byItself('it is planned')
    : { by: plan.approvedBy, reason: 'its plan was approved' };
}

function whoEndedTest({ declaration, closing }: GroupState, call: AnalyzedGroup | undefined): Cause {
  if (declaration !== undefined)
    return { by: declaration.by, reason: declaration.reason ?? 'a winner was declared' };
  if (closing !== undefined) return { by: closing.by, reason: closing.reason ?? 'the test was closed' };
  return byItself(call === undefined ? 'its time was up' : call.sentence);
}

/** Never left half-way: were it cancelled, the row might have moved, and the group would not know. */
async function moveTo(group: Group, to: GroupStatus, { by, reason }: Cause): Promise<void> {
  const move = { groupId: group.input.groupId, from: group.status, to, by, reason };
  await CancellationScope.nonCancellable(() => named(moveGroup, `${move.from} → ${to}`)(move));
  group.entered(to);
}

/** What the numbers say now, kept as a snapshot and shown. */
async function analyze(group: Group, trigger: string): Promise<AnalyzedGroup> {
  const analysis = await named(analyzeGroup, trigger)({ groupId: group.input.groupId, trigger });
  group.analyzed(analysis);
  return analysis;
}

/** Stops what is being made, cancels at the provider where it can, releases what was reserved. */
async function stopWhatStillRuns(group: Group): Promise<void> {
  const isOpen = ({ status, reservedMicroUsd }: VariantState) =>
    status === 'pending' || status === 'generating' || reservedMicroUsd > 0;
  await group.stopMaking(async () => {
    if (!group.state.variants.some(isOpen)) return;
    const { groupId } = group.input;
    const reason = group.isManual ? 'no video was provided in time' : 'stopped before the video was there';
    const settled = await named(stopGeneration, 'what still runs')({ groupId, reason });
    for (const { variantId, status, reason, isHeld, ...spend } of settled) {
      const variant = group.variant(variantId);
      if (variant === undefined || !isOpen(variant)) continue;
      group.changeVariant(variant, { status, reason, isHeld });
      group.spent(variant, spend);
    }
  });
}

/**
 * Waits, for weeks if need be. A history grows with every message; so when the server says that it is long, the
 * next run goes on with an empty one and all that this run knew.
 */
async function park(
  group: Group,
  what: string | (() => string),
  until: Date,
  isOver: () => boolean,
): Promise<void> {
  // Nothing may be under way when a run ends, or it would be lost.
  const isTimeForNextRun = () =>
    workflowInfo().continueAsNewSuggested && !group.isMaking && allHandlersFinished();
  await group.waitFor(what, until, () => isOver() || isTimeForNextRun());
  if (isOver() || !isTimeForNextRun() || Date.now() >= until.getTime()) return;
  await continueAsNew<typeof variantGroup>({ ...group.input, resumed: group.state });
}

function endingOf(error: unknown): Ending {
  if (isCancellation(error)) return { outcome: 'cancelled', reason: 'cancelled' };
  if (error instanceof ActivityFailure)
    return { outcome: 'failed', reason: error.cause?.message ?? error.message };
  throw error;
}
