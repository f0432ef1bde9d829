import { PreconditionFailed } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import type { MicroUsd } from '../domain/money.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import type { Database, Queries } from './client.ts';
import { refuseDuplicate } from './duplicates.ts';
import { recordEvent } from './events.ts';
import type { Prisma } from './generated/client.ts';
import { type Intent, settleJob } from './intents.ts';
import { findOrCreateUser } from './people.ts';
import { missingRenditions, type VideoOrderRow } from './video-orders.ts';

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
 * @returns false when the job had ended before, and nothing was written
 * @throws DuplicateVideo when another file of the group has the same bytes; nothing was written
 */
export async function recordGeneratedVideo(
  database: Database,
  intent: Intent,
  file: VideoFile,
  cost: MicroUsd,
  polls: number,
): Promise<boolean> {
  return database.$transaction(async (tx) => {
    // Two files that arrive at once would each miss the other.
    await lockVariant(tx, intent.variantId);
    if (!(await settleJob(tx, intent, cost, polls, file.url))) return false;
    await refuseDuplicate(tx, intent, file.sha256);
    await writeRendition(tx, intent.variantId, intent.rendition, file, 'generated', undefined);
    const isWhole = (await missingRenditions(tx, intent.variantId)).length === 0;
    await tx.videoVariant.updateMany({
      where: { id: intent.variantId },
      data: {
        ...(intent.rendition === MAIN_RENDITION && mirrored(file)),
        ...(isWhole && { generationStatus: 'completed', failureReason: null }),
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
    });
    return true;
  });
}

/**
 * A person gave a variant its video.
 * @throws PreconditionFailed once the group decides or is over: its analysis must not be of another video
 * @throws DuplicateVideo when another file of the group has the same bytes
 */
export async function recordManualVideo(
  database: Database,
  variant: VariantId,
  order: VideoOrderRow,
  file: VideoFile,
  by: string,
): Promise<void> {
  await database.$transaction(async (tx) => {
    await requireOpenGroup(tx, order.groupId);
    await lockVariant(tx, variant);
    const of = { groupId: order.groupId, variantId: variant, rendition: MAIN_RENDITION };
    await refuseDuplicate(tx, of, file.sha256);
    const createdBy = await findOrCreateUser(tx, by);
    await writeRendition(tx, variant, MAIN_RENDITION, file, 'manual', createdBy);
    await tx.videoVariant.updateMany({
      where: { id: variant },
      data: { ...mirrored(file), generationStatus: 'manual', failureReason: null },
    });
    await recordEvent(tx, {
      groupId: order.groupId,
      event: 'video provided',
      actor: by,
      details: { variantId: variant, key: file.key, sha256: file.sha256 },
      key: `provided/${variant}/${file.sha256}`,
    });
  });
}

/** Whether it was done already: an activity whose answer was lost on the way is tried again. */
export async function wasProvidedSince(
  queries: Queries,
  { groupId, variantId }: { readonly groupId: GroupId; readonly variantId: VariantId },
  since: Date,
): Promise<boolean> {
  const keyed = { startsWith: `${groupId}/provided/${variantId}/` };
  const count = await queries.groupEvent.count({
    where: { variantGroupId: groupId, idempotencyKey: keyed, createdAt: { gte: since } },
  });
  return count > 0;
}

async function lockVariant(tx: Queries, variant: VariantId): Promise<void> {
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

/** Locked, so that the group can't move on in between. */
async function requireOpenGroup(tx: Queries, group: GroupId): Promise<void> {
  const [row] = await tx.$queryRaw<{ test_status: string }[]>`
    SELECT test_status FROM variant_groups WHERE id = ${group}::uuid FOR SHARE`;
  const status = row?.test_status ?? 'missing';
  if (status === 'generating' || status === 'testing') return;
  throw new PreconditionFailed({
    code: 'GROUP_TAKES_NO_VIDEO',
    given: `The group ${group} is ${status}, so its videos stay as they are`,
    allowed: 'a video for a group that is generating or testing',
  });
}

/** The seed's columns on the variant carry what its main rendition says. */
function mirrored(file: VideoFile) {
  return {
    videoUrl: file.url,
    videoDurationSeconds: Math.round(file.durationSeconds),
    generatedAt: new Date(),
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
