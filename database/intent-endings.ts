import { type JobId, jobId } from '../domain/ids.ts';
import { type MicroUsd, microUsd, usdDecimal } from '../domain/money.ts';
import { release, settle } from './budget.ts';
import type { Database, Queries } from './client.ts';
import { recordEvent } from './events.ts';
import { type Intent, intentById, type NewIntent, type SubmissionState } from './intents.ts';
import { storable } from './json.ts';

/** How an order ends, each with what it cost: its account is closed in the same transaction, once. */

/** A person knows from the provider's bill whether a held order was charged. */
export async function settleHeld(
  database: Database,
  id: JobId,
  { wasCharged, by }: { readonly wasCharged: boolean; readonly by: string },
): Promise<void> {
  const note = `${wasCharged ? 'charged' : 'not charged'}, as ${by} says`;
  await database.$transaction(async (tx) => {
    const { count } = await tx.videoGenerationJob.updateMany({
      where: { id, submissionState: 'held' },
      data: { submissionState: 'expired', jobStatus: 'failed', jobError: note, jobCompletedAt: new Date() },
    });
    if (count === 0) return;
    const intent = await intentById(tx, id);
    await closeAccount(tx, intent, wasCharged, note);
    await recordEvent(tx, {
      groupId: intent.groupId,
      event: 'held order settled',
      actor: by,
      details: { variantId: intent.variantId, rendition: intent.rendition, wasCharged },
      key: `settled/${id}`,
    });
  });
}

/**
 * The provider said no: nothing was charged, the reservation is released. A held order is refused only by the one
 * who alone has sent it (`evenHeld`).
 */
export async function refuseIntent(
  database: Database,
  id: JobId,
  reason: string,
  { evenHeld }: { readonly evenHeld: boolean },
): Promise<void> {
  const from: SubmissionState[] = evenHeld ? ['reserved', 'claimed', 'held'] : ['reserved', 'claimed'];
  await endUnsent(database, id, from, 'refused', reason);
}

/** Whoever claimed it knows that it was not taken; a later attempt could not know, and may have held it. */
export async function expireIntent(database: Database, id: JobId, reason: string): Promise<void> {
  await endUnsent(database, id, ['held'], 'expired', reason);
}

async function endUnsent(
  database: Database,
  id: JobId,
  from: SubmissionState[],
  to: 'refused' | 'expired' | 'cancelled',
  reason: string,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const { count } = await tx.videoGenerationJob.updateMany({
      where: { id, submissionState: { in: from } },
      data: {
        submissionState: to,
        jobStatus: 'failed',
        jobError: storable(reason),
        jobCompletedAt: new Date(),
      },
    });
    if (count === 1) await release(tx, await intentById(tx, id), reason);
  });
}

/** A person pays for another order although an earlier one may have been charged: the earlier counts as charged. */
export async function acceptPossibleCharges(
  database: Queries,
  order: Pick<NewIntent, 'variantId' | 'rendition' | 'ordinal' | 'by'>,
): Promise<void> {
  const { variantId, rendition, ordinal, by } = order;
  await database.$transaction(async (tx) => {
    const held = await tx.videoGenerationJob.findMany({
      where: { videoVariantId: variantId, rendition, ordinal: { lt: ordinal }, submissionState: 'held' },
      select: { id: true },
    });
    for (const { id } of held) {
      const intent = await intentById(tx, jobId(id));
      await settle(tx, intent, intent.reserved, `may have been charged; accepted by ${by}`);
      await recordEvent(tx, {
        groupId: intent.groupId,
        event: 'possible charge accepted',
        actor: by,
        details: { variantId, rendition, ordinal: intent.ordinal, chargedMicroUsd: intent.reserved },
        key: `accepted/${id}`,
      });
    }
  });
}

/**
 * The job ended without a video that can be used. Its reservation is charged when the provider made something,
 * or when nobody can tell; else it is released.
 * @param figure what the provider itself says that it charges, which is what counts where it is known
 */
export async function failJob(
  database: Database,
  id: JobId,
  status: 'failed' | 'timeout',
  reason: string,
  wasCharged: boolean,
  figure?: MicroUsd,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const { count } = await tx.videoGenerationJob.updateMany({
      where: { id, submissionState: 'accepted', jobStatus: { in: ['submitted', 'processing'] } },
      data: { jobStatus: status, jobError: storable(reason), jobCompletedAt: new Date() },
    });
    if (count === 0) return;
    const intent = await intentById(tx, id);
    await closeAccount(tx, intent, wasCharged, reason, figure);
    if (status === 'failed') return;
    const { groupId, variantId, rendition, ordinal } = intent;
    await recordEvent(tx, {
      groupId,
      event: 'job timed out',
      actor: 'screentest',
      details: { variantId, rendition, ordinal, reason, wasCharged },
      key: `timeout/${id}`,
    });
  });
}

/** A group stops: an order not sent is called off; a job at the provider is released or charged, and the note says why. */
export async function cancelIntent(
  database: Database,
  id: JobId,
  ending: { readonly wasCharged: boolean; readonly note: string },
): Promise<void> {
  await endUnsent(database, id, ['reserved'], 'cancelled', 'cancelled before it was sent');
  await database.$transaction(async (tx) => {
    const { count } = await tx.videoGenerationJob.updateMany({
      where: { id, submissionState: 'accepted', jobStatus: { in: ['submitted', 'processing'] } },
      data: {
        submissionState: 'cancelled',
        jobStatus: 'failed',
        jobError: storable(ending.note),
        jobCompletedAt: new Date(),
      },
    });
    if (count === 0) return;
    await closeAccount(tx, await intentById(tx, id), ending.wasCharged, ending.note);
  });
}

/** What a job without a video cost, on the job and in the book. What was announced for it counts if it was charged. */
async function closeAccount(
  tx: Queries,
  intent: Intent,
  wasCharged: boolean,
  note: string,
  figure: MicroUsd = wasCharged ? (intent.announced ?? intent.reserved) : microUsd(0),
): Promise<void> {
  await tx.videoGenerationJob.update({
    where: { id: intent.id },
    data: { generationCostUsd: figure === 0 ? null : usdDecimal(figure) },
  });
  if (figure === 0) await release(tx, intent, note);
  else await settle(tx, intent, figure, note);
}

/**
 * What the video cost, in the transaction that records it as stored.
 * @returns whether it was this call that ended the job
 */
export async function settleJob(
  tx: Queries,
  intent: Intent,
  cost: MicroUsd,
  videoUrl: string,
  at = new Date(),
): Promise<boolean> {
  const { count } = await tx.videoGenerationJob.updateMany({
    where: { id: intent.id, submissionState: 'accepted', jobStatus: { in: ['submitted', 'processing'] } },
    data: {
      jobStatus: 'completed',
      jobCompletedAt: at,
      generationCostUsd: usdDecimal(cost),
      videoUrl,
    },
  });
  if (count === 1) await settle(tx, intent, cost);
  return count === 1;
}
