import { PreconditionFailed } from '../domain/errors.ts';
import type { Review } from '../domain/gates.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { GROUP_STATUSES, mayMove } from '../domain/lifecycle.ts';
import type { MicroUsd } from '../domain/money.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import type { Queries } from './client.ts';
import { refuseDuplicate } from './duplicates.ts';
import { recordEvent } from './events.ts';
import type { Prisma } from './generated/client.ts';
import { briefOf } from './group-queries.ts';
import { settleJob } from './intent-endings.ts';
import type { Intent } from './intents.ts';
import { findOrCreateUser } from './people.ts';
import { missingRenditions } from './video-orders.ts';

/** A file that is stored and checked. */
export interface VideoFile {
  readonly key: string;
  readonly url: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly contentType: string;
  readonly width: number;
  readonly height: number;
  readonly durationSeconds: number;
  /** A PNG; undefined where none could be made. */
  readonly thumbnail?: { readonly key: string; readonly url: string } | undefined;
}

/**
 * A video that was ordered has arrived: the job, its cost, the rendition and the variant, all or nothing. The variant
 * is completed with the last of its files.
 * @param at when it arrived; left out for now
 * @returns false when the job had ended before, and nothing was written
 * @throws DuplicateVideo when another file of the group has the same bytes; nothing was written
 */
export async function recordGeneratedVideo(
  database: Queries,
  intent: Intent,
  file: VideoFile,
  cost: MicroUsd,
  at?: Date,
): Promise<boolean> {
  return database.$transaction(async (tx) => {
    // Two files that arrive at once would each miss the other.
    await lockVariant(tx, intent.variantId);
    if (!(await settleJob(tx, intent, cost, file.url, at))) return false;
    await refuseDuplicate(tx, intent, file.sha256);
    await writeRendition(tx, intent.variantId, intent.rendition, file, 'generated', undefined);
    const isWhole = (await missingRenditions(tx, intent.variantId)).length === 0;
    await tx.videoVariant.updateMany({
      where: { id: intent.variantId },
      data: {
        ...(intent.rendition === MAIN_RENDITION && mirrored(file, at)),
        ...(isWhole && {
          generationStatus: 'completed',
          failureReason: null,
          review: await reviewOnArrival(tx, intent.groupId),
        }),
        generationCostUsd: await costOfVariant(tx, intent.variantId),
      },
    });
    await recordEvent(tx, {
      groupId: intent.groupId,
      event: 'video stored',
      actor: 'screentest',
      details: {
        variantId: intent.variantId,
        rendition: intent.rendition,
        key: file.key,
        sha256: file.sha256,
        costMicroUsd: cost,
      },
      key: `stored/${intent.id}`,
      at,
    });
    return true;
  });
}

export interface ManualVideo {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  readonly rendition: string;
  readonly file: VideoFile;
  readonly by: string;
  /** The variant of the round before whose file it is a copy of. */
  readonly from?: { readonly groupId: string; readonly variant: string } | undefined;
  /** When; left out for now. */
  readonly at?: Date;
}

/**
 * A person gave a variant its video, or one of its other files, in place of the one that it has, where it has one.
 * @returns whether the variant has its main video
 * @throws PreconditionFailed once the group is over, or for a video whose numbers are in: they would count for another film
 * @throws DuplicateVideo when another file of the group has the same bytes
 */
export async function recordManualVideo(database: Queries, video: ManualVideo): Promise<boolean> {
  const { groupId, variantId: variant, rendition, file, by, from, at } = video;
  return database.$transaction(async (tx) => {
    await requireOpenGroup(tx, groupId);
    // An import that has written numbers of this variant, and is not done yet, is waited for here.
    await lockVariant(tx, variant);
    if (await isRecordedAlready(tx, video)) return hasMainVideo(tx, variant);
    await refuseReplacementOfMeasured(tx, video);
    await refuseDuplicate(tx, video, file.sha256);
    const createdBy = await findOrCreateUser(tx, by);
    await writeRendition(tx, variant, rendition, file, 'manual', createdBy);
    const hasVideo = await hasMainVideo(tx, variant);
    await tx.videoVariant.updateMany({
      where: { id: variant },
      data: {
        ...(rendition === MAIN_RENDITION && mirrored(file, at)),
        ...(hasVideo && {
          generationStatus: 'manual',
          failureReason: null,
          review: await reviewOnArrival(tx, groupId),
        }),
      },
    });
    await recordEvent(tx, {
      groupId,
      event: 'video provided',
      actor: by,
      details: { variantId: variant, rendition, key: file.key, sha256: file.sha256, ...(from && { from }) },
      key: `provided/${variant}/${rendition}/${file.sha256}`,
      at,
    });
    return hasVideo;
  });
}

/** What an order has brought, as it is stored; undefined where there is none, or a person's video is in its place. */
export async function generatedFileOf(
  queries: Queries,
  variant: VariantId,
  rendition: string,
): Promise<VideoFile | undefined> {
  const row = await queries.variantRendition.findUnique({
    where: { videoVariantId_rendition: { videoVariantId: variant, rendition } },
  });
  if (row === null || row.source !== 'generated') return undefined;
  const { storageKey, videoUrl, sha256, sizeBytes, contentType, width, height, durationSeconds } = row;
  if (storageKey === null || videoUrl === null || sha256 === null || width === null || height === null) {
    return undefined;
  }
  const { thumbnailKey, thumbnailUrl } = row;
  return {
    key: storageKey,
    url: videoUrl,
    sha256,
    sizeBytes: Number(sizeBytes ?? 0),
    contentType: contentType ?? 'video/mp4',
    width,
    height,
    durationSeconds: Number(durationSeconds ?? 0),
    thumbnail:
      thumbnailKey === null || thumbnailUrl === null ? undefined : { key: thumbnailKey, url: thumbnailUrl },
  };
}

async function hasMainVideo(tx: Queries, variant: VariantId): Promise<boolean> {
  return (
    (await tx.variantRendition.count({ where: { videoVariantId: variant, rendition: MAIN_RENDITION } })) > 0
  );
}

/** By an earlier attempt, whose answer was lost. */
async function isRecordedAlready(tx: Queries, { variantId, rendition, file }: ManualVideo): Promise<boolean> {
  const same = { videoVariantId: variantId, rendition, source: 'manual', sha256: file.sha256 };
  return (await tx.variantRendition.count({ where: same })) > 0;
}

/** A variant without a video may have numbers all the same: of the film that it is given now. */
export async function refuseReplacementOfMeasured(
  tx: Queries,
  { variantId, rendition }: Pick<ManualVideo, 'variantId' | 'rendition'>,
): Promise<void> {
  const measured = await tx.videoVariant.findFirst({
    where: { id: variantId, renditions: { some: { rendition } }, totals: { some: {} } },
    select: { variantName: true },
  });
  if (measured === null) return;
  throw new PreconditionFailed({
    code: 'VIDEO_HAS_NUMBERS',
    given: `${measured.variantName} has a video, and numbers of it have been imported`,
    allowed: 'a replacement while there are no numbers: those of another film would not be true of this one',
    fix: 'start another group with the new video',
  });
}

/** Null where nobody is to look at videos before they are used. */
async function reviewOnArrival(tx: Queries, group: GroupId): Promise<Review | null> {
  return (await briefOf(tx, group)).gates.videos ? 'pending' : null;
}

export async function lockVariant(tx: Queries, variant: VariantId): Promise<void> {
  await tx.$queryRaw`SELECT FROM video_variants WHERE id = ${variant}::uuid FOR UPDATE`;
}

/** What all the files of a variant cost. */
async function costOfVariant(tx: Queries, variant: VariantId): Promise<Prisma.Decimal | null> {
  const { _sum: sum } = await tx.videoGenerationJob.aggregate({
    where: { videoVariantId: variant },
    _sum: { generationCostUsd: true },
  });
  return sum.generationCostUsd;
}

const UNDECIDED: ReadonlySet<string> = new Set(
  GROUP_STATUSES.filter((status) => mayMove(status, 'completed')),
);

/** Locked, so that the group can't move on in between. */
async function requireOpenGroup(tx: Queries, group: GroupId): Promise<void> {
  const [row] = await tx.$queryRaw<{ test_status: string }[]>`
    SELECT test_status FROM variant_groups WHERE id = ${group}::uuid FOR SHARE`;
  const status = row?.test_status ?? 'missing';
  if (UNDECIDED.has(status)) return;
  throw new PreconditionFailed({
    code: 'GROUP_TAKES_NO_VIDEO',
    given: `The group ${group} is ${status}, so its videos stay as they are`,
    allowed: 'a video for a group that is not over',
  });
}

/** The seed's columns on the variant carry what its main rendition says. */
function mirrored(file: VideoFile, at = new Date()) {
  return {
    videoUrl: file.url,
    videoDurationSeconds: Math.round(file.durationSeconds),
    generatedAt: at,
  };
}

async function writeRendition(
  tx: Queries,
  variant: VariantId,
  rendition: string,
  file: VideoFile,
  source: 'generated' | 'manual',
  createdBy: string | undefined,
): Promise<void> {
  const data = {
    width: file.width,
    height: file.height,
    durationSeconds: file.durationSeconds.toFixed(3),
    sizeBytes: BigInt(file.sizeBytes),
    sha256: file.sha256,
    contentType: file.contentType,
    storageKey: file.key,
    videoUrl: file.url,
    thumbnailKey: file.thumbnail?.key ?? null,
    thumbnailUrl: file.thumbnail?.url ?? null,
    source,
    createdBy: createdBy ?? null,
  };
  await tx.variantRendition.upsert({
    where: { videoVariantId_rendition: { videoVariantId: variant, rendition } },
    create: { videoVariantId: variant, rendition, ...data },
    update: data,
  });
}
