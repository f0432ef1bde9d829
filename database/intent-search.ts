import type { GroupId, VariantId } from '../domain/ids.ts';
import type { VideoSpec } from '../domain/video.ts';
import type { Queries } from './client.ts';
import { asIntent, INTENT_PARTS, type Intent } from './intents.ts';

/** Which intents there are: for finding out what became of an order, and for ending what is open. */

/** Accepted by the provider, and neither collected nor failed yet. */
const AT_THE_PROVIDER = { submissionState: 'accepted', jobStatus: { in: ['submitted', 'processing'] } };

/** Orders of a group that may still cost money or hold a reservation. */
export async function openIntents(queries: Queries, group: GroupId): Promise<readonly Intent[]> {
  const rows = await queries.videoGenerationJob.findMany({
    where: {
      videoVariant: { variantGroupId: group },
      OR: [{ submissionState: { in: ['reserved', 'claimed'] } }, AT_THE_PROVIDER],
    },
    include: INTENT_PARTS,
  });
  return rows.map(asIntent);
}

/** Which of these provider job ids belong to an intent already. */
export async function takenJobIds(queries: Queries, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await queries.videoGenerationJob.findMany({
    where: { soraJobId: { in: [...ids] } },
    select: { soraJobId: true },
  });
  return new Set(rows.flatMap(({ soraJobId }) => (soraJobId === null ? [] : [soraJobId])));
}

/** Other orders of this model and size that were sent and have no job id: one of them may own a job that was found. */
export async function otherUnsettled(
  queries: Queries,
  intent: Intent,
  video: VideoSpec,
): Promise<readonly Intent[]> {
  const { model, width, height } = video;
  const rows = await queries.videoGenerationJob.findMany({
    where: {
      id: { not: intent.id },
      submissionState: { in: ['claimed', 'held'] },
      model,
      width,
      height,
    },
    include: INTENT_PARTS,
  });
  return rows.map(asIntent);
}

/**
 * An earlier order of this rendition that is being made after all (it was held, then its job was found), as long
 * as the order with this ordinal is not open: a new one would make the same video twice.
 */
export async function unfinishedBefore(
  queries: Queries,
  order: { readonly variantId: VariantId; readonly rendition: string; readonly ordinal: number },
): Promise<Intent | undefined> {
  const rows = await queries.videoGenerationJob.findMany({
    where: {
      videoVariantId: order.variantId,
      rendition: order.rendition,
      OR: [{ ordinal: order.ordinal }, AT_THE_PROVIDER],
    },
    include: INTENT_PARTS,
    orderBy: { ordinal: 'desc' },
  });
  if (rows.some(({ ordinal }) => ordinal === order.ordinal)) return undefined;
  return rows.map(asIntent)[0];
}
