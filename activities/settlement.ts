import type { Database } from '../database/client.ts';
import { recordEvent } from '../database/events.ts';
import { storable } from '../database/json.ts';
import { cancelIntent, holdIntent, openIntents, spendByVariant } from '../database/paying-ledger.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { variantId } from '../domain/ids.ts';
import { GENERATION_STATUSES, type GenerationStatus } from '../domain/lifecycle.ts';
import type { VideoProvider } from '../providers/video-provider.ts';
import { beatWhile } from './heartbeat.ts';

/** Where a variant stands after its generation ended without a video, or was stopped. */
export interface SettledVariant {
  readonly variantId: VariantId;
  readonly status: GenerationStatus;
  readonly reason: string;
  readonly isHeld: boolean;
  readonly spentMicroUsd: number;
  readonly reservedMicroUsd: number;
}

export interface FailedVariantInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  readonly ordinal: number;
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
        where: { id: input.variantId, generationStatus: { in: ['pending', 'generating'] } },
        data: { generationStatus: 'failed', failureReason: storable(input.reason) },
      });
      await recordEvent(tx, {
        groupId: input.groupId,
        event: 'video failed',
        actor: 'screentest',
        details: { variantId: input.variantId, code: input.code, reason: input.reason },
        key: `failed/${input.variantId}/${input.ordinal}`,
      });
    });
    const settled = (await settledVariants(input.groupId)).find(
      ({ variantId }) => variantId === input.variantId,
    );
    if (settled === undefined) throw new TypeError(`no variant ${input.variantId} in ${input.groupId}`);
    return settled;
  }

  /** Every order of the group that is still open: cancelled where the provider can, released or charged. */
  async function stopGeneration({ groupId }: { groupId: GroupId }): Promise<readonly SettledVariant[]> {
    using _beating = beatWhile({ status: 'stopping' });
    for (const intent of await openIntents(database, groupId)) {
      if (intent.state === 'claimed') {
        await holdIntent(database, intent.id, 'the group stopped while the order was being sent');
        continue;
      }
      const wasStopped = intent.providerJobId !== undefined && (await provider.cancel(intent.providerJobId));
      await cancelIntent(database, intent.id, wasStopped);
    }
    await database.videoVariant.updateMany({
      where: { variantGroupId: groupId, generationStatus: { in: ['pending', 'generating'] } },
      data: { generationStatus: 'failed', failureReason: 'stopped before the video was there' },
    });
    return settledVariants(groupId);
  }

  async function settledVariants(groupId: GroupId): Promise<readonly SettledVariant[]> {
    const variants = await database.videoVariant.findMany({ where: { variantGroupId: groupId } });
    const spend = await spendByVariant(database, groupId);
    return variants.map(({ id, generationStatus, failureReason }) => ({
      variantId: variantId(id),
      status: readGenerationStatus(generationStatus),
      reason: failureReason ?? '',
      isHeld: spend.get(id)?.isHeld ?? false,
      spentMicroUsd: spend.get(id)?.spent ?? 0,
      reservedMicroUsd: spend.get(id)?.reserved ?? 0,
    }));
  }

  return { recordVariantFailed, stopGeneration };
}

function readGenerationStatus(text: string): GenerationStatus {
  const status = GENERATION_STATUSES.find((known) => known === text);
  if (status === undefined) throw new TypeError(`unknown generation status ${text}`);
  return status;
}
