import { PreconditionFailed } from '../domain/errors.ts';
import { isSetAside, REVIEWS, type Review, setAsideName } from '../domain/gates.ts';
import { type GroupId, type VariantId, variantId } from '../domain/ids.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import type { Queries } from './client.ts';
import { recordEvent } from './events.ts';
import { asJson, storable } from './json.ts';
import { lockVariant, refuseReplacementOfMeasured } from './stored-videos.ts';

/**
 * What people say of videos before they are used. A variant's reviews are counted: the same one again, as after a
 * workflow reset, changes nothing.
 */

export interface NewReview {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  /** Counts the variant's reviews from 1. */
  readonly number: number;
  readonly verdict: Exclude<Review, 'pending'>;
  readonly by: string;
  readonly reason: string | undefined;
  /** The video is set aside, so that another one can be made or given. */
  readonly isMadeAnew: boolean;
  /** Checksums of the files that were looked at; undefined where it is not said. */
  readonly files: readonly string[] | undefined;
  /** When; left out for now. */
  readonly at?: Date;
}

/** How a variant's video is reviewed, and who said what at the last time. */
export interface ReviewRecord {
  /** How many reviews there are. */
  readonly number: number;
  readonly verdict: Review | undefined;
  readonly by: string | undefined;
  readonly reason: string | undefined;
  readonly isMadeAnew: boolean;
}

const EVENTS: Readonly<Record<NewReview['verdict'], string>> = {
  approved: 'video approved',
  rejected: 'video rejected',
};

/**
 * @returns how the variant is reviewed now, whether by this or, where this number was taken, by that one
 * @throws PreconditionFailed where there is no video, or another one than was looked at
 */
export async function recordReview(database: Queries, review: NewReview): Promise<ReviewRecord> {
  const { groupId, variantId: variant, number, verdict, by, isMadeAnew, at } = review;
  return database.$transaction(async (tx) => {
    await lockVariant(tx, variant);
    const before = (await reviewsOf(tx, groupId)).get(variant);
    if (before !== undefined && before.number >= number) return before;
    const files = await reviewableFiles(tx, review);
    if (isMadeAnew) await setAside(tx, review);
    else await tx.videoVariant.update({ where: { id: variant }, data: { review: verdict } });
    await recordEvent(tx, {
      groupId,
      event: EVENTS[verdict],
      actor: by,
      details: asJson({ variantId: variant, number, reason: review.reason, isMadeAnew, files }),
      key: `review/${variant}/${number}`,
      at,
    });
    return { number, verdict, by, reason: review.reason, isMadeAnew };
  });
}

const NOBODY = 'screentest';

/** What nobody has looked at in time is left out of the test. @returns which variants were left out so */
export async function leaveOutUnreviewed(
  database: Queries,
  groupId: GroupId,
  reason: string,
  at?: Date,
): Promise<readonly VariantId[]> {
  // Before it is asked what waits: a review that comes in between takes the number, and holds.
  const reviews = await reviewsOf(database, groupId);
  const waiting = await database.videoVariant.findMany({
    where: { variantGroupId: groupId, review: 'pending' },
    select: { id: true },
  });
  for (const { id } of waiting) {
    await recordReview(database, {
      groupId,
      variantId: variantId(id),
      number: (reviews.get(id)?.number ?? 0) + 1,
      verdict: 'rejected',
      by: NOBODY,
      reason,
      isMadeAnew: false,
      files: undefined,
      ...(at !== undefined && { at }),
    });
  }
  const reviewed = await reviewsOf(database, groupId);
  return [...reviewed].flatMap(([id, { verdict, by }]) =>
    verdict === 'rejected' && by === NOBODY ? [variantId(id)] : [],
  );
}

/** By variant id; one that was never reviewed, nor waits for it, is missing. */
export async function reviewsOf(
  queries: Queries,
  groupId: GroupId,
): Promise<ReadonlyMap<string, ReviewRecord>> {
  const rows = await queries.$queryRaw<
    {
      id: string;
      number: number;
      review: string | null;
      actor: string | null;
      reason: string | null;
      made_anew: boolean;
    }[]
  >`
    SELECT v.id, v.review, coalesce(n.number, 0) AS number, last.actor, last.details ->> 'reason' AS reason,
      coalesce((last.details ->> 'isMadeAnew')::boolean, false) AS made_anew
    FROM video_variants v
    LEFT JOIN LATERAL (
      SELECT count(*)::int AS number, max(id) AS id FROM group_events
      WHERE variant_group_id = ${groupId}::uuid AND event IN (${EVENTS.approved}, ${EVENTS.rejected})
        AND details ->> 'variantId' = v.id::text
    ) n ON true
    LEFT JOIN group_events last ON last.id = n.id
    WHERE v.variant_group_id = ${groupId}::uuid AND (v.review IS NOT NULL OR n.number > 0)`;
  return new Map(
    rows.map(({ id, review, number, actor, reason, made_anew }) => [
      id,
      {
        number,
        verdict: REVIEWS.find((known) => known === review),
        by: actor ?? undefined,
        reason: reason ?? undefined,
        isMadeAnew: made_anew,
      },
    ]),
  );
}

/** @returns the checksums of what is reviewed */
async function reviewableFiles(tx: Queries, { variantId: id, files }: NewReview): Promise<readonly string[]> {
  const variant = await tx.videoVariant.findUniqueOrThrow({
    where: { id },
    select: {
      variantName: true,
      renditions: { select: { rendition: true, sha256: true } },
    },
  });
  const current = variant.renditions.filter(({ rendition }) => !isSetAside(rendition));
  if (!current.some(({ rendition }) => rendition === MAIN_RENDITION)) {
    throw new PreconditionFailed({
      code: 'NO_VIDEO_TO_REVIEW',
      given: `${variant.variantName} has no video`,
      allowed: 'a variant with a video',
    });
  }
  const known = current.flatMap(({ sha256 }) => (sha256 === null ? [] : [sha256.trim()]));
  const unknown = known.filter(
    (sha256) => files !== undefined && !files.some((seen) => sha256.startsWith(seen)),
  );
  if (unknown.length === 0) return known;
  throw new PreconditionFailed({
    code: 'VIDEO_CHANGED',
    given: `${variant.variantName} has another video than the one that was looked at: ${unknown.map((sha256) => sha256.slice(0, 12)).join(', ')}`,
    fix: 'look at it again with `screentest review`',
  });
}

/** The files stay in the store, and their rows with them: whoever erases or expires a group's files finds these too. */
async function setAside(tx: Queries, { variantId: id, number, reason }: NewReview): Promise<void> {
  await refuseReplacementOfMeasured(tx, { variantId: id, rendition: MAIN_RENDITION });
  const files = await tx.variantRendition.findMany({
    where: { videoVariantId: id },
    select: { id: true, rendition: true },
  });
  for (const { id: file, rendition } of files) {
    if (isSetAside(rendition)) continue;
    await tx.variantRendition.update({
      where: { id: file },
      data: { rendition: setAsideName(rendition, number) },
    });
  }
  await tx.videoVariant.update({
    where: { id },
    data: {
      review: 'rejected',
      generationStatus: 'failed',
      failureReason: storable(`its video was rejected: ${reason ?? 'no reason was given'}`),
      videoUrl: null,
      videoDurationSeconds: null,
      generatedAt: null,
    },
  });
}
