import { PreconditionFailed } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import type { Queries } from './client.ts';

/** Which file of which variant. */
export interface RenditionOf {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  readonly rendition: string;
}

/** Another file of the same group with the same bytes. */
export interface Twin {
  readonly variantName: string;
  readonly rendition: string;
}

/** Two variants with one video would be told apart by nothing but chance. */
export class DuplicateVideo extends PreconditionFailed {
  constructor({ variantName, rendition }: Twin) {
    const which = rendition === MAIN_RENDITION ? variantName : `${variantName} (${rendition})`;
    super({
      code: 'VIDEO_DUPLICATE',
      given: `its bytes are the same as those of ${which} in this group`,
      allowed: 'a video of its own for every variant and rendition',
      fix: 'see which of the two shows what was ordered, and retry the other or provide a video for it',
    });
  }
}

export async function twinOf(queries: Queries, of: RenditionOf, sha256: string): Promise<Twin | undefined> {
  const found = await queries.variantRendition.findFirst({
    where: {
      sha256,
      videoVariant: { variantGroupId: of.groupId },
      NOT: { videoVariantId: of.variantId, rendition: of.rendition },
    },
    orderBy: { createdAt: 'asc' },
    select: { rendition: true, videoVariant: { select: { variantName: true } } },
  });
  if (found === null) return undefined;
  return { variantName: found.videoVariant.variantName, rendition: found.rendition };
}

/**
 * In the transaction that records the file. Files with the same bytes are recorded one after the other, so that
 * of two that arrive at once only one can be the first.
 * @throws DuplicateVideo
 */
export async function refuseDuplicate(tx: Queries, of: RenditionOf, sha256: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`${of.groupId}/${sha256}`}, 0))`;
  const twin = await twinOf(tx, of, sha256);
  if (twin !== undefined) throw new DuplicateVideo(twin);
}
