import { ActivityFailure, ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
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

async function generateVariant(
  group: Group,
  variant: VariantState,
  request: GenerationRequest,
): Promise<void> {
  const { groupId, ventureId, providerAccount } = group.input;
  try {
    const submitVideo = named(submitVideoTo(providerAccount, ventureId), variant.name);
    const order = { groupId, variantId: variant.id, ordinal: variant.ordinal, ...request };
    const { jobId, ...ordered } = await submitVideo(order);
    group.changeVariant(variant, ordered);

    const collected = await named(collectVideo, variant.name)({ groupId, variantId: variant.id, jobId });
    group.changeVariant(variant, { status: 'completed', ...collected });
  } catch (error) {
    // Stopped by the group itself, which settles the job with the provider afterwards.
    if (isCancellation(error)) return;
    if (!(error instanceof ActivityFailure)) throw error;
    await CancellationScope.nonCancellable(() => variantFailed(group, variant, error));
  }
}

async function variantFailed(group: Group, variant: VariantState, error: ActivityFailure): Promise<void> {
  const { type, message } = causeOf(error);
  const recorded = await named(
    recordVariantFailed,
    variant.name,
  )({
    groupId: group.input.groupId,
    variantId: variant.id,
    ordinal: variant.ordinal,
    code: type,
    reason: message,
  });
  // As the record has it: after a workflow reset, a later order may have given it a video already.
  const { status, isHeld, reason, reservedMicroUsd, spentMicroUsd } = recorded;
  group.changeVariant(variant, { status, isHeld, reason, reservedMicroUsd, spentMicroUsd });
}

/** What the activity said, and not that an activity failed. */
export function causeOf(error: ActivityFailure): { type: string; message: string } {
  const { cause } = error;
  return cause instanceof ApplicationFailure
    ? { type: cause.type ?? 'UNKNOWN', message: cause.message }
    : { type: 'ACTIVITY_FAILED', message: cause?.message ?? error.message };
}
