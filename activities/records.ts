import { latestSnapshot } from '../database/analysis-snapshots.ts';
import type { Database } from '../database/client.ts';
import { recordEvent } from '../database/events.ts';
import { recordArchival, recordCompletion, recordMove } from '../database/group-records.ts';
import { asJson } from '../database/json.ts';
import type { GroupId } from '../domain/ids.ts';
import { variantId } from '../domain/ids.ts';
import type { GroupStatus, Outcome } from '../domain/lifecycle.ts';

export interface CompleteGroupInput {
  readonly groupId: GroupId;
  readonly outcome: Outcome;
  readonly reason: string | undefined;
  /** The final analysis. */
  readonly snapshotId: string | undefined;
  readonly declaration:
    | { readonly variant: string; readonly by: string; readonly reason?: string | undefined }
    | undefined;
  readonly closing: { readonly by: string; readonly reason?: string | undefined } | undefined;
}

export interface Decision {
  readonly outcome: Outcome;
  readonly winner: string | undefined;
  readonly evidence: string;
}

export interface RefusedMessageInput {
  readonly groupId: GroupId;
  readonly message: string;
  readonly reason: string;
  /** What was sent, shortened. */
  readonly payload: string;
  /** Counts the group's refused messages from 1. */
  readonly number: number;
}

export type RecordActivities = ReturnType<typeof createRecordActivities>;

export function createRecordActivities({ database }: { database: Database }) {
  async function moveGroup(input: { groupId: GroupId; from: GroupStatus; to: GroupStatus }): Promise<void> {
    await recordMove(database, input.groupId, input.from, input.to);
  }

  /** The decision record: who, when, why, and what the analysis said at that moment. */
  async function completeGroup(input: CompleteGroupInput): Promise<Decision> {
    const { groupId, outcome, declaration, closing } = input;
    const snapshot = await latestSnapshot(database, groupId, input.snapshotId);
    const evidence = snapshot?.sentence ?? 'No analysis was made.';
    const winner = declaration === undefined ? undefined : await variantNamed(groupId, declaration.variant);
    const actor = (outcome === 'winner' ? declaration?.by : closing?.by) ?? 'screentest';
    const recorded = await recordCompletion(database, {
      groupId,
      outcome,
      winnerVariantId: outcome === 'winner' ? winner : undefined,
      actor,
      decision: asJson({
        outcome,
        reason: declaration?.reason ?? closing?.reason ?? input.reason,
        by: actor,
        at: new Date().toISOString(),
        winner: outcome === 'winner' ? declaration?.variant : undefined,
        snapshotId: input.snapshotId,
        verdict: snapshot === undefined ? undefined : { kind: snapshot.kind, sentence: snapshot.sentence },
      }),
    });
    return { ...recorded, evidence };
  }

  async function variantNamed(groupId: GroupId, name: string) {
    const variant = await database.videoVariant.findUniqueOrThrow({
      where: { variantGroupId_variantName: { variantGroupId: groupId, variantName: name } },
      select: { id: true },
    });
    return variantId(variant.id);
  }

  async function recordRefusedMessage(input: RefusedMessageInput): Promise<void> {
    const { groupId, message, reason, payload, number } = input;
    await recordEvent(database, {
      groupId,
      event: `refused ${message}`,
      actor: 'unknown',
      details: { reason, payload },
      key: `refused/${number}`,
    });
  }

  async function archiveGroupRow(input: { groupId: GroupId; by: string }): Promise<void> {
    await recordArchival(database, input.groupId, input.by);
  }

  return { moveGroup, completeGroup, recordRefusedMessage, archiveGroupRow };
}
