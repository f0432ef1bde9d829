import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import { renditionsOf } from '../domain/renditions.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import { collectVideo, named, recordVariantFailed, submitVideoTo } from './activities.ts';
import type { Group } from './group.ts';
import type { VariantState } from './messages.ts';

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
  if (failures.length === 0) return group.changeVariant(variant, { status: 'completed' });
  await CancellationScope.nonCancellable(() => variantFailed(group, variant, failures));
}

/** Orders one file and waits until it is stored. A file that is there already is not ordered again. */
async function makeRendition(
  group: Group,
  variant: VariantState,
  rendition: string,
  request: GenerationRequest,
): Promise<void> {
  const { groupId, ventureId, providerAccount } = group.input;
  const variantId = variant.id;
  const summary = rendition === MAIN_RENDITION ? variant.name : `${variant.name}, ${rendition}`;
  try {
    const submitVideo = named(submitVideoTo(providerAccount, ventureId), summary);
    const order = { groupId, variantId, rendition, ordinal: variant.ordinal, ...request };
    const { jobId, ...ordered } = await submitVideo(order);
    group.spent(variant, ordered);
    if (jobId !== undefined) {
      group.renditionIs(variant, rendition, 'generating');
      group.spent(variant, await named(collectVideo, summary)({ groupId, variantId, jobId }));
    }
    group.renditionIs(variant, rendition, 'completed');
  } catch (error) {
    group.renditionIs(variant, rendition, 'failed');
    throw error;
  }
}

interface Failure {
  readonly rendition: string;
  readonly error: unknown;
}

async function variantFailed(
  group: Group,
  variant: VariantState,
  failures: readonly Failure[],
): Promise<void> {
  const causes = failures.map(({ rendition, error }) => {
    if (!(error instanceof ActivityFailure)) throw error;
    const { type, message } = causeOf(error);
    return { type, message: rendition === MAIN_RENDITION ? message : `${rendition}: ${message}` };
  });
  const recorded = await named(
    recordVariantFailed,
    variant.name,
  )({
    groupId: group.input.groupId,
    variantId: variant.id,
    ordinal: variant.ordinal,
    code: causes.map(({ type }) => type).join(', '),
    reason: causes.map(({ message }) => message).join('; '),
  });
  // As the record has it: after a workflow reset, a later order may have given it a video already.
  const { variantId: _, status, isHeld, reason, ...spend } = recorded;
  group.changeVariant(variant, { status, isHeld, reason });
  group.spent(variant, spend);
}

/** What the activity said, and not that an activity failed. */
export function causeOf(error: ActivityFailure): { type: string; message: string } {
  const { cause } = error;
  return cause instanceof ApplicationFailure
    ? { type: cause.type ?? 'UNKNOWN', message: cause.message }
    : { type: 'ACTIVITY_FAILED', message: cause?.message ?? error.message };
}
