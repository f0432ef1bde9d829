import { NO_SPEND, spendByVariant } from '../database/budget.ts';
import type { Database } from '../database/client.ts';
import { recordEvent } from '../database/events.ts';
import { cancelIntent } from '../database/intent-endings.ts';
import { openIntents } from '../database/intent-search.ts';
import { holdIntent, type Intent } from '../database/intents.ts';
import { storable } from '../database/json.ts';
import { type OrderRecord, ordersWithoutVideo } from '../database/order-records.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { variantId } from '../domain/ids.ts';
import { GENERATION_STATUSES, type GenerationStatus } from '../domain/lifecycle.ts';
import { forEachAtMost } from '../providers/shared/for-each-at-most.ts';
import type { CancelOutcome, VideoProvider } from '../providers/video-provider.ts';
import { cancelAtLast } from './cancel-job.ts';
import { beatWhile } from './heartbeat.ts';
import { type VariantSpend, variantSpend } from './variant-spend.ts';

const CANCELS_AT_ONCE = 20;

/** Where a variant stands after its generation ended without a video, or was stopped. */
export interface SettledVariant extends VariantSpend {
  readonly variantId: VariantId;
  readonly status: GenerationStatus;
  readonly reason: string;
  readonly isHeld: boolean;
}

/** With its orders that brought no video, for the history, which outlives their rows where the database is lost. */
export interface StoppedVariant extends SettledVariant {
  readonly orders: readonly OrderRecord[];
}

export interface StopGenerationInput {
  readonly groupId: GroupId;
  /** Left out for all of the group's variants. */
  readonly variantId?: VariantId;
  /** Why there is no video, for people. */
  readonly reason: string;
}

export interface FailedVariantInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  readonly ordinal: number;
  /** Who wanted the video. */
  readonly askedBy: string;
  readonly code: string;
  readonly reason: string;
}

export type SettlementActivities = ReturnType<typeof createSettlementActivities>;

export function createSettlementActivities({
  database,
  provider,
}: {
  database: Database;
  provider: VideoProvider;
}) {
  /** The variant has no video, and why; what it cost all the same. */
  async function recordVariantFailed(input: FailedVariantInput): Promise<SettledVariant> {
    await database.$transaction(async (tx) => {
      await tx.videoVariant.updateMany({
        // A retry that was refused before it was ordered finds it failed, with the reason of the order before.
        where: { id: input.variantId, generationStatus: { in: ['pending', 'generating', 'failed'] } },
        data: { generationStatus: 'failed', failureReason: storable(input.reason) },
      });
      await recordEvent(tx, {
        groupId: input.groupId,
        event: 'video failed',
        actor: 'screentest',
        details: {
          variantId: input.variantId,
          askedBy: input.askedBy,
          code: input.code,
          reason: input.reason,
        },
        key: `failed/${input.variantId}/${input.ordinal}`,
      });
    });
    const settled = (await settledVariants(input.groupId)).find(
      ({ variantId }) => variantId === input.variantId,
    );
    if (settled === undefined) throw new TypeError(`no variant ${input.variantId} in ${input.groupId}`);
    return settled;
  }

  /** Every order that is still open: cancelled where the provider can, released or charged. Who has no video has failed. */
  async function stopGeneration({
    groupId,
    variantId,
    reason,
  }: StopGenerationInput): Promise<readonly StoppedVariant[]> {
    using _beating = beatWhile({ status: 'stopping' });
    await forEachAtMost(CANCELS_AT_ONCE, await openIntents(database, groupId, variantId), stopOrder);
    await database.videoVariant.updateMany({
      where: {
        variantGroupId: groupId,
        ...(variantId !== undefined && { id: variantId }),
        generationStatus: { in: ['pending', 'generating'] },
      },
      data: { generationStatus: 'failed', failureReason: reason },
    });
    const orders = await ordersWithoutVideo(database, groupId, variantId);
    return (await settledVariants(groupId)).map((settled) => ({
      ...settled,
      orders: orders.filter((order) => order.variantId === settled.variantId),
    }));
  }

  async function stopOrder(intent: Intent): Promise<void> {
    if (intent.state === 'claimed') {
      await holdIntent(database, intent.id, 'the group stopped while the order was being sent');
      return;
    }
    const outcome =
      intent.providerJobId === undefined ? 'unknown' : await cancelAtLast(provider, intent.providerJobId);
    await cancelIntent(database, intent.id, ENDINGS[outcome]);
  }

  async function settledVariants(groupId: GroupId): Promise<readonly SettledVariant[]> {
    const variants = await database.videoVariant.findMany({ where: { variantGroupId: groupId } });
    const spends = await spendByVariant(database, groupId);
    return variants.map(({ id, generationStatus, failureReason }) => {
      const spend = spends.get(id) ?? NO_SPEND;
      return {
        ...variantSpend(spend),
        variantId: variantId(id),
        status: readGenerationStatus(generationStatus),
        reason: failureReason ?? '',
        isHeld: spend.isHeld,
      };
    });
  }

  return { recordVariantFailed, stopGeneration };
}

const ENDINGS: Readonly<Record<CancelOutcome, { wasCharged: boolean; note: string }>> = {
  stopped: { wasCharged: false, note: 'cancelled at the provider' },
  failed: { wasCharged: false, note: 'cancelled; the job had failed at the provider' },
  completed: { wasCharged: true, note: 'cancelled; the job was completed by then' },
  unknown: { wasCharged: true, note: 'cancelled; nobody could confirm that the job was stopped' },
};

function readGenerationStatus(text: string): GenerationStatus {
  const status = GENERATION_STATUSES.find((known) => known === text);
  if (status === undefined) throw new TypeError(`unknown generation status ${text}`);
  return status;
}
