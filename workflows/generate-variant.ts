import { ActivityFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import { renditionsOf } from '../domain/renditions.ts';
import { isStuck, mayResubmit } from '../domain/resubmission.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import { collectVideo, named, readReview, recordVariantFailed, submitVideoTo } from './activities.ts';
import type { Group } from './group.ts';
import type { VariantState } from './messages.ts';
import { causeOf } from './refuse.ts';

export interface GenerationRequest {
  readonly acceptPossibleCharge: boolean;
  readonly by: string;
}

/** Starts making a variant's video beside everything else. A new ordinal is a new order, paid for anew. */
export function startGeneration(group: Group, variant: VariantState, request: GenerationRequest): void {
  group.changeVariant(variant, {
    status: 'generating',
    ordinal: variant.ordinal + 1,
    isHeld: false,
    reason: '',
  });
  void group.make(variant, () => generateVariant(group, variant, request));
}

/** Takes up what was begun: under the same ordinal, so that whatever was ordered is found and not ordered again. */
export function goOnWithGeneration(group: Group, variant: VariantState, request: GenerationRequest): void {
  void group.make(variant, () => generateVariant(group, variant, request));
}

/** All its files at once. What fails does not stop the others: they may be paid for already. */
async function generateVariant(
  group: Group,
  variant: VariantState,
  request: GenerationRequest,
): Promise<void> {
  const renditions = renditionsOf(group.input.brief).map(({ name }) => name);
  if (renditions.length > 1) {
    variant.renditions ??= renditions.map((name) => ({ name, status: 'pending' }));
  }
  const failures: Failure[] = [];
  await Promise.all(
    renditions.map((rendition) =>
      makeRendition(group, variant, rendition, request).catch((error: unknown) => {
        failures.push({ rendition, error });
      }),
    ),
  );
  // Stopped by the group itself, which settles the jobs with the provider afterwards.
  if (failures.some(({ error }) => isCancellation(error))) return;
  if (failures.length === 0) return videoArrived(group, variant, request);
  await CancellationScope.nonCancellable(() => variantFailed(group, variant, failures, request.by));
}

/**
 * As the record has it: people may have looked at it before the workflow was reset. One that they sent back is made
 * anew, under the ordinal that it had, so that nothing is ordered twice.
 */
async function videoArrived(group: Group, variant: VariantState, request: GenerationRequest): Promise<void> {
  const known = { groupId: group.input.groupId, variantId: variant.id };
  const review = group.input.brief.gates.videos
    ? await CancellationScope.nonCancellable(() => named(readReview, variant.name)(known))
    : undefined;
  if (review?.verdict === 'rejected' && review.isMadeAnew) {
    group.reviewed(variant, review);
    group.changeVariant(variant, { ordinal: variant.ordinal + 1 });
    return generateVariant(group, variant, request);
  }
  group.videoArrived(variant, 'completed');
  if (review !== undefined) group.reviewed(variant, review);
}

/** Has one file made. When its job gets stuck, the brief says how often it is ordered anew, each time a new order. */
async function makeRendition(
  group: Group,
  variant: VariantState,
  rendition: string,
  request: GenerationRequest,
): Promise<void> {
  let order: RenditionOrder = { ...request, rendition, ordinal: variant.ordinal };
  try {
    for (let resubmits = 0; ; resubmits++) {
      const stuck = await orderAndCollect(group, variant, order).catch((error: unknown) =>
        stuckJob(group, error, resubmits),
      );
      if (stuck === undefined) break;
      const ordinal = order.ordinal + 1;
      group.orderedAnew(variant, rendition, ordinal, stuck);
      order = { ...order, ordinal, acceptPossibleCharge: false, afterStuckJob: stuck };
    }
    group.renditionIs(variant, rendition, 'completed');
  } catch (error) {
    group.renditionIs(variant, rendition, 'failed');
    throw error;
  }
}

interface RenditionOrder extends GenerationRequest {
  readonly rendition: string;
  readonly ordinal: number;
  readonly afterStuckJob?: string;
}

/** Orders one file and waits until it is stored. A file that is there already is not ordered again. */
async function orderAndCollect(
  group: Group,
  variant: VariantState,
  order: RenditionOrder,
): Promise<undefined> {
  const { groupId, ventureId, providerAccount } = group.input;
  const { rendition } = order;
  const variantId = variant.id;
  const summary = rendition === MAIN_RENDITION ? variant.name : `${variant.name}, ${rendition}`;
  const submitVideo = named(submitVideoTo(providerAccount, ventureId), summary);
  const { jobId, ...ordered } = await submitVideo({ groupId, variantId, ...order });
  group.spent(variant, ordered);
  if (jobId === undefined) return;
  group.renditionIs(variant, rendition, 'generating');
  group.spent(variant, await named(collectVideo, summary)({ groupId, variantId, jobId }));
}

/** What is said of a job that got stuck, where another one may be ordered. @throws every other error */
function stuckJob(group: Group, error: unknown, resubmits: number): string {
  if (!(error instanceof ActivityFailure)) throw error;
  const { type, message } = causeOf(error);
  if (!mayResubmit(type, resubmits, group.input.brief.generation)) throw error;
  return message;
}

interface Failure {
  readonly rendition: string;
  readonly error: unknown;
}

async function variantFailed(
  group: Group,
  variant: VariantState,
  failures: readonly Failure[],
  askedBy: string,
): Promise<void> {
  const causes = failures.map(({ rendition, error }) => {
    if (!(error instanceof ActivityFailure)) throw error;
    const { type, message } = causeOf(error);
    return { rendition, type, message };
  });
  const recorded = await named(
    recordVariantFailed,
    variant.name,
  )({
    groupId: group.input.groupId,
    variantId: variant.id,
    ordinal: variant.ordinal,
    askedBy,
    code: causes.map(({ type }) => type).join(', '),
    reason: said(causes, variant.renditions?.length ?? 1) + howToGoOn(group, variant, causes),
  });
  // As the record has it: after a workflow reset, a later order may have given it a video already.
  const { variantId: _, status, isHeld, reason, ...spend } = recorded;
  group.changeVariant(variant, { status, isHeld, reason });
  group.spent(variant, spend);
}

/** Each reason once, with the files that it is about, unless it is about all of them. */
function said(
  causes: readonly { readonly rendition: string; readonly message: string }[],
  files: number,
): string {
  const messages = [...new Set(causes.map(({ message }) => message))];
  return messages
    .map((message) => {
      const about = causes.filter((cause) => cause.message === message).map(({ rendition }) => rendition);
      return about.length === files ? message : `${about.toSorted().join(', ')}: ${message}`;
    })
    .join('; ');
}

/** Once a stuck job may not be replaced by itself, a person says whether to pay for another one. */
function howToGoOn(group: Group, { name }: VariantState, causes: readonly { type: string }[]): string {
  if (!causes.some(({ type }) => isStuck(type))) return '';
  return `. To order it anew: screentest retry ${group.input.groupId} --variant "${name}"`;
}
