import { BadInput } from '../domain/errors.ts';
import { type GroupId, type JobId, jobId, type VariantId, variantId } from '../domain/ids.ts';
import type { VideoSpec } from '../domain/video.ts';
import type { Queries } from './client.ts';
import { asIntent, INTENT_PARTS, type Intent } from './intents.ts';
import { hasJobTable } from './job-table.ts';
import { smokeTestJobIds } from './smoke-tests.ts';

/** Which intents there are: for finding out what became of an order, and for ending what is open. */

/** Accepted by the provider, and neither collected nor failed yet. */
const AT_THE_PROVIDER = { submissionState: 'accepted', jobStatus: { in: ['submitted', 'processing'] } };

/** Orders of a group, or of one of its variants, that may still cost money or hold a reservation. */
export async function openIntents(
  queries: Queries,
  group: GroupId,
  variant?: VariantId,
): Promise<readonly Intent[]> {
  if (!(await hasJobTable(queries))) return [];
  const rows = await queries.videoGenerationJob.findMany({
    where: {
      videoVariant: { variantGroupId: group, ...(variant !== undefined && { id: variant }) },
      OR: [{ submissionState: { in: ['reserved', 'claimed'] } }, AT_THE_PROVIDER],
    },
    include: INTENT_PARTS,
  });
  return rows.map(asIntent);
}

/** Whether an order of this file may still be sent, or is being made. */
export async function hasOpenOrder(
  queries: Queries,
  order: { readonly variantId: VariantId; readonly rendition: string },
): Promise<boolean> {
  const { variantId: videoVariantId, rendition } = order;
  const open = await queries.videoGenerationJob.count({
    where: {
      videoVariantId,
      rendition,
      OR: [{ submissionState: { in: ['reserved', 'claimed'] } }, AT_THE_PROVIDER],
    },
  });
  return open > 0;
}

/** A variant's orders of unknown outcome that nobody has settled, the newest of each of its files. */
export async function heldIntents(queries: Queries, variant: VariantId): Promise<readonly Intent[]> {
  if (!(await hasJobTable(queries))) return [];
  const rows = await queries.videoGenerationJob.findMany({
    where: { videoVariantId: variant },
    include: INTENT_PARTS,
    orderBy: [{ rendition: 'asc' }, { ordinal: 'desc' }],
    distinct: ['rendition'],
  });
  return rows.map(asIntent).filter(({ state }) => state === 'held');
}

/** The one that a person means. @throws BadInput where none is held, or several are and none is named */
export async function heldIntent(
  queries: Queries,
  variant: VariantId,
  rendition: string | undefined,
): Promise<Intent> {
  const held = await heldIntents(queries, variant);
  const [found, ...others] = held.filter(
    (intent) => rendition === undefined || intent.rendition === rendition,
  );
  if (found !== undefined && others.length === 0) return found;
  const names = held.map((intent) => intent.rendition);
  throw new BadInput({
    code: 'ORDER_NOT_HELD',
    given:
      rendition === undefined
        ? `${names.length} orders of this variant are held`
        : `"${rendition}" is not held`,
    allowed:
      names.length === 0 ? 'an order that is held; this variant has none' : `one of ${names.join(', ')}`,
    ...(names.length > 1 && { fix: 'name one with --rendition' }),
  });
}

/** Whose job this is; undefined for one that no order has. */
export async function jobOwner(queries: Queries, providerJobId: string): Promise<VariantId | undefined> {
  const row = await queries.videoGenerationJob.findUnique({
    where: { soraJobId: providerJobId },
    select: { videoVariantId: true },
  });
  return row === null ? undefined : variantId(row.videoVariantId);
}

/** Which order has this job; undefined for one that none has. */
export async function intentOfJob(queries: Queries, providerJobId: string): Promise<JobId | undefined> {
  const row = await queries.videoGenerationJob.findUnique({
    where: { soraJobId: providerJobId },
    select: { id: true },
  });
  return row === null ? undefined : jobId(row.id);
}

/** Which of these provider job ids belong to an intent or to a smoke test already. */
export async function takenJobIds(queries: Queries, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const ofTests = await smokeTestJobIds(queries, ids);
  if (!(await hasJobTable(queries))) return ofTests;
  const rows = await queries.videoGenerationJob.findMany({
    where: { soraJobId: { in: [...ids] } },
    select: { soraJobId: true },
  });
  return new Set([...ofTests, ...rows.flatMap(({ soraJobId }) => (soraJobId === null ? [] : [soraJobId]))]);
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
 * An earlier order of this rendition that is being made after all (it was held, then its job was found), or may still
 * be sent (its group's workflow ended, and another one goes on), as long as the order with this ordinal is not open: a
 * new one would make the same video twice.
 */
export async function unfinishedBefore(
  queries: Queries,
  order: { readonly variantId: VariantId; readonly rendition: string; readonly ordinal: number },
): Promise<Intent | undefined> {
  const rows = await queries.videoGenerationJob.findMany({
    where: {
      videoVariantId: order.variantId,
      rendition: order.rendition,
      OR: [
        { ordinal: order.ordinal },
        { ordinal: { lt: order.ordinal }, submissionState: { in: ['reserved', 'claimed'] } },
        AT_THE_PROVIDER,
      ],
    },
    include: INTENT_PARTS,
    orderBy: { ordinal: 'desc' },
  });
  if (rows.some(({ ordinal }) => ordinal === order.ordinal)) return undefined;
  return rows.map(asIntent)[0];
}
