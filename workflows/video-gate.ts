import { setHandler } from '@temporalio/workflow';
import type { ReviewVideoInput } from '../activities/gates.ts';
import { hasVideo } from '../domain/lifecycle.ts';
import { named, reviewVideo } from './activities.ts';
import {
  approveVideo,
  rejectVideo,
  type VideoReceipt,
  videoApprovalSchema,
  videoRejectionSchema,
} from './gate-messages.ts';
import { startGeneration } from './generate-variant.ts';
import type { Group } from './group.ts';
import type { VariantState } from './messages.ts';
import {
  knownVariant,
  read,
  refuseWhenDecided,
  refuseWhenEnding,
  refuseWhenReceiving,
  refuseWhenStopping,
} from './receive-messages.ts';
import { refuse, refuseAsActivity } from './refuse.ts';

/** What people decide about videos, where the brief asks them, before these are used. */
export function receiveVideoDecisions(group: Group): void {
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
  if (rejection.regenerate && group.isTakenOver(variant)) {
    refuse(`${variant.name} is from the round before, and what was tested there is not made again.`);
  }
  if (rejection.regenerate && group.status === 'analyzing') {
    refuse('The group is analyzing; videos can be made in generating and testing.');
  }
  return variant;
}

type Decided = Pick<ReviewVideoInput, 'by' | 'verdict' | 'isMadeAnew'> & {
  readonly reason?: string | undefined;
  readonly files?: readonly string[] | undefined;
};

async function review(group: Group, variant: VariantState, decided: Decided): Promise<void> {
  const { by, reason, verdict, isMadeAnew, files } = decided;
  const number = (variant.reviews ?? 0) + 1;
  const { groupId } = group.input;
  const now = await group
    .act(variant, () =>
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
    )
    .catch(refuseAsActivity);
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
