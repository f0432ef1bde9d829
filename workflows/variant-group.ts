import {
  ActivityFailure,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  isCancellation,
  workflowInfo,
} from '@temporalio/workflow';
import type { GroupStatus, Outcome } from '../domain/lifecycle.ts';
import { analyzeGroup, completeGroup, moveGroup, named, planGroup, stopGeneration } from './activities.ts';
import { startGeneration } from './generate-variant.ts';
import { Group } from './group.ts';
import type { GroupResult, VariantGroupInput } from './messages.ts';
import { receiveMessages } from './receive-messages.ts';

interface Ending {
  readonly outcome: Outcome;
  readonly winner?: string;
  readonly reason?: string;
  /** The final analysis; a group that was cancelled or failed has none. */
  readonly snapshotId?: string;
}

/** The life of one variant group: plan, generate, test, analyse, decide. */
export async function variantGroup(input: VariantGroupInput): Promise<GroupResult> {
  const group = new Group(input);
  receiveMessages(group);
  // A half-made plan would leave a row that nobody completes; a cancellation takes effect right after.
  if (group.status === 'planning') await CancellationScope.nonCancellable(() => plan(group));
  const ending = await live(group).catch(endingOf);
  return CancellationScope.nonCancellable(() => complete(group, ending));
}

async function live(group: Group): Promise<Ending> {
  if (group.status === 'planning') await moveTo(group, 'generating');
  if (group.status === 'generating') await generate(group);
  if (!group.hasEnoughVideos) return { outcome: 'failed', reason: 'too few variants have a video' };
  await test(group);
  return decide(group);
}

async function plan(group: Group): Promise<void> {
  const { groupId, brief, ventureId, startedBy, startKey } = group.input;
  const planned = await named(planGroup, brief.name)({ groupId, brief, ventureId, startedBy, startKey });
  group.change((state) => {
    state.variants = planned.map(({ id, name }) => ({
      id,
      name,
      status: 'pending',
      ordinal: 0,
      isHeld: false,
      reservedMicroUsd: 0,
      spentMicroUsd: 0,
    }));
  });
}

/** All at once; ends when every variant is settled and enough have a video, or at the deadline. */
async function generate(group: Group): Promise<void> {
  const { brief, startedBy } = group.input;
  for (const variant of group.state.variants) {
    startGeneration(group, variant, { acceptPossibleCharge: false, by: startedBy });
  }
  const until = secondsFromNow(brief.deadlines.generating);
  const isSettled = () => !group.isGenerating && group.hasEnoughVideos;
  const settled = await group.waitFor('the videos', until, isSettled);
  if (!settled) await stopWhatStillRuns(group);
  if (group.hasEnoughVideos) await moveTo(group, 'testing');
}

/** Parked while metrics come in beside it, until somebody or the decision rule has enough, or time is up. */
async function test(group: Group): Promise<void> {
  const { brief } = group.input;
  const { state } = group;
  state.testingUntil ??= secondsFromNow(brief.deadlines.testing).toISOString();
  const isOver = () => (state.declaration ?? state.closing ?? state.verdict) !== undefined;
  const until = new Date(state.testingUntil);
  await group.waitFor('metrics and a declaration', until, () => isOver() || isTimeForNextRun(group));
  if (!isOver() && isTimeForNextRun(group)) await startNextRun(group);
  // In this order, so that a retry accepted at the last moment is stopped as well.
  await moveTo(group, 'analyzing');
  await stopWhatStillRuns(group);
}

async function decide(group: Group): Promise<Ending> {
  const { brief, groupId } = group.input;
  const { state } = group;
  const isDecided = () => state.declaration !== undefined || state.closing?.withoutWinner === true;
  if (!isDecided()) {
    await named(analyzeGroup, 'when the test ended')({ groupId, trigger: 'test ended' });
    await group.waitFor('the declaration of a winner', secondsFromNow(brief.deadlines.deciding), isDecided);
  }
  const { snapshotId } = await named(analyzeGroup, 'final')({ groupId, trigger: 'final' });
  if (state.declaration !== undefined) {
    return { outcome: 'winner', winner: state.declaration.variant, snapshotId };
  }
  const reason = isDecided() ? `closed by ${state.closing?.by}` : 'nobody declared a winner in time';
  return { outcome: 'no_winner', reason, snapshotId };
}

/** Whatever the ending: nothing still runs or costs money, the record says why, and everyone is answered. */
async function complete(group: Group, ending: Ending): Promise<GroupResult> {
  const { groupId } = group.input;
  const { declaration, closing } = group.state;
  group.isEnding = true;
  await stopWhatStillRuns(group);
  const decision = await named(
    completeGroup,
    ending.outcome,
  )({
    groupId,
    outcome: ending.outcome,
    reason: ending.reason,
    snapshotId: ending.snapshotId,
    declaration,
    closing,
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

/** Never left half-way: were it cancelled, the row might have moved, and the group would not know. */
async function moveTo(group: Group, to: GroupStatus): Promise<void> {
  const move = { groupId: group.input.groupId, from: group.status, to };
  await CancellationScope.nonCancellable(() => named(moveGroup, `${move.from} → ${to}`)(move));
  group.entered(to);
}

/** Stops waiting, cancels at the provider where it can, releases what was reserved. */
async function stopWhatStillRuns(group: Group): Promise<void> {
  const running = group.state.variants.filter((variant) => variant.status === 'generating');
  await group.stopGenerating();
  if (running.length === 0) return;
  const settled = await named(stopGeneration, 'what still runs')({ groupId: group.input.groupId });
  for (const variant of running) {
    const result = settled.find(({ variantId }) => variantId === variant.id);
    if (variant.status === 'generating' && result !== undefined) group.changeVariant(variant, result);
  }
}

/** A history grows with every message. Nothing may be under way when a run ends, or it would be lost. */
function isTimeForNextRun(group: Group): boolean {
  return workflowInfo().continueAsNewSuggested && !group.isGenerating && allHandlersFinished();
}

/** Begins with an empty history and knows all this run knew. */
function startNextRun(group: Group): Promise<never> {
  return continueAsNew<typeof variantGroup>({ ...group.input, resumed: group.state });
}

function endingOf(error: unknown): Ending {
  if (isCancellation(error)) return { outcome: 'cancelled', reason: 'cancelled' };
  if (error instanceof ActivityFailure)
    return { outcome: 'failed', reason: error.cause?.message ?? error.message };
  throw error;
}

function secondsFromNow(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}
