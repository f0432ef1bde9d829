import { PreconditionFailed } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { type MicroUsd, usdDecimal } from '../domain/money.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import type { Database, Queries } from './client.ts';
import { recordEvent } from './events.ts';
import { type Intent, settleJob } from './intents.ts';
import { findOrCreateUser } from './people.ts';
import type { VideoOrderRow } from './video-orders.ts';

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
}

/**
 * A video that was ordered has arrived: the job, its cost, the rendition and the variant, all or nothing.
 * @returns false when the job had ended before, and nothing was written
 */
export async function recordGeneratedVideo(
  database: Database,
  intent: Intent,
  file: VideoFile,
  cost: MicroUsd,
  polls: number,
): Promise<boolean> {
  return database.$transaction(async (tx) => {
    if (!(await settleJob(tx, intent, cost, polls, file.url))) return false;
    await writeRendition(tx, intent.variantId, intent.rendition, file, 'generated', undefined);
    if (intent.rendition === MAIN_RENDITION) {
      await tx.videoVariant.updateMany({
        where: { id: intent.variantId },
        data: { ...mirrored(file), generationStatus: 'completed', generationCostUsd: usdDecimal(cost) },
      });
    }
    await recordEvent(tx, {
      groupId: intent.groupId,
      event: 'video stored',
      actor: 'screentest',
      details: { variantId: intent.variantId, key: file.key, sha256: file.sha256, costMicroUsd: cost },
      key: `stored/${intent.id}`,
    });
    return true;
  });
}

/**
 * A person gave a variant its video.
 * @throws PreconditionFailed once the group decides or is over: its analysis must not be of another video
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
    const createdBy = await findOrCreateUser(tx, by);
    await writeRendition(tx, variant, MAIN_RENDITION, file, 'manual', createdBy);
    await tx.videoVariant.updateMany({
      where: { id: variant },
      data: { ...mirrored(file), generationStatus: 'manual' },
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
    failureReason: null,
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
    source,
    createdBy: createdBy ?? null,
  };
  await tx.variantRendition.upsert({
    where: { videoVariantId_rendition: { videoVariantId: variant, rendition } },
    create: { videoVariantId: variant, rendition, ...data },
    update: data,
  });
}
