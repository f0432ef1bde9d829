import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { collectProvidedVideo, named, recordProvidedVideo, stopGeneration } from './activities.ts';
import { startGeneration } from './generate-variant.ts';
import type { Group } from './group.ts';
import type { VariantState } from './messages.ts';
import { refuse, refuseAsActivity } from './refuse.ts';

export interface ProvidedVideoRequest {
  readonly source: string;
  readonly rendition: string;
  readonly acceptMismatch: boolean;
  readonly by: string;
}

/**
 * A person's video for a variant, whatever the variant has: nothing, an order that is being made, or a video. It is
 * fetched and checked first, and only a file that is good stops the order: a misspelt path costs nothing.
 * @returns how the file differs from the brief, where that was accepted
 */
export async function takeProvidedVideo(
  group: Group,
  variant: VariantState,
  request: ProvidedVideoRequest,
): Promise<readonly string[]> {
  const { source, acceptMismatch, rendition, by } = request;
  const video = { groupId: group.input.groupId, variantId: variant.id, rendition, by };
  try {
    return await group.receive(variant, async () => {
      const collected = await named(collectProvidedVideo, variant.name)({ ...video, source, acceptMismatch });
      // Finished whatever happens: half of it would leave the variant without either video.
      await CancellationScope.nonCancellable(async () => {
        await stopOrder(group, variant);
        const { hasVideo } = await named(
          recordProvidedVideo,
          variant.name,
        )({ ...video, file: collected.file, source });
        group.renditionIs(variant, rendition, 'manual');
        if (hasVideo) group.videoArrived(variant, 'manual');
      });
      return collected.warnings;
    });
  } catch (error) {
    makeAfterAll(group, variant);
    if (isCancellation(error)) refuse('The group went on before the video was there. Send it again.');
    refuseAsActivity(error);
  }
}

/** Its job is cancelled at the provider where it can be; in the book the order is released, or charged. */
async function stopOrder(group: Group, variant: VariantState): Promise<void> {
  if (!group.isBeingMade(variant)) return;
  await group.stopMakingOne(variant);
  const order = { groupId: group.input.groupId, variantId: variant.id };
  const why = 'stopped, since a video was provided';
  const settled = await named(stopGeneration, variant.name)({ ...order, reason: why });
  const own = settled.find(({ variantId }) => variantId === variant.id);
  if (own === undefined) return;
  const { variantId: _, status, isHeld, reason, ...spend } = own;
  group.changeVariant(variant, { status, isHeld, reason });
  group.spent(variant, spend);
}

/** Its order was put off because a video was on its way, and that one is not coming. */
function makeAfterAll(group: Group, variant: VariantState): void {
  const isWanted = !group.isManual && group.status === 'generating' && !group.isStopping && !group.isEnding;
  if (!isWanted || variant.status !== 'pending') return;
  startGeneration(group, variant, { acceptPossibleCharge: false, by: group.input.startedBy });
}
