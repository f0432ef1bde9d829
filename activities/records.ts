import { latestSnapshot } from '../database/analysis-snapshots.ts';
import type { Database } from '../database/client.ts';
import { recordEvent } from '../database/events.ts';
import { type CancelRequest, cancelRequestOf } from '../database/group-history.ts';
import { recordArchival, recordCompletion, recordMove } from '../database/group-records.ts';
import { asJson } from '../database/json.ts';
import { fingerprintsOf, type ImportFingerprint } from '../database/metric-imports.ts';
import { recordVerdictHeard, type VerdictHeard } from '../database/verdicts-heard.ts';
import type { GroupId } from '../domain/ids.ts';
import { variantId } from '../domain/ids.ts';
import type { GroupStatus, Outcome } from '../domain/lifecycle.ts';

export interface MoveGroupInput {
  readonly groupId: GroupId;
  readonly from: GroupStatus;
  readonly to: GroupStatus;
  /** An e-mail address, or `screentest` for what happens by itself. */
  readonly by: string;
  readonly reason: string | undefined;
}

export interface CompleteGroupInput {
  readonly groupId: GroupId;
  readonly outcome: Outcome;
  /** The winner's name, when there is one. */
  readonly winner: string | undefined;
  /** Who decided, or `screentest`; and why. */
  readonly by: string;
  readonly reason: string | undefined;
  /** The final analysis. */
  readonly snapshotId: string | undefined;
}

export interface Decision {
  readonly outcome: Outcome;
  readonly winner: string | undefined;
  readonly evidence: string;
  /** Number of the look that it rests on, and the imports that were there; left out where nothing was analysed. */
  readonly look?: number;
  readonly imports?: readonly ImportFingerprint[];
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
  /** A step in the lifecycle, with who caused it. */
  async function moveGroup({ groupId, from, to, by, reason }: MoveGroupInput): Promise<void> {
    await recordMove(database, groupId, from, to, { by, reason });
  }

  /** The decision record: who, when, why, and what the analysis said at that moment, from which files. */
  async function completeGroup(input: CompleteGroupInput): Promise<Decision> {
    const { groupId, outcome, winner, snapshotId } = input;
    const { by, reason } = await whoEnded(input);
    const snapshot = await latestSnapshot(database, groupId, snapshotId);
    const verdict = snapshot === undefined ? undefined : { kind: snapshot.kind, sentence: snapshot.sentence };
    const basis =
      snapshot === undefined
        ? undefined
        : { look: snapshot.look, imports: await fingerprintsOf(database, snapshot.imports) };
    const recorded = await recordCompletion(database, {
      groupId,
      outcome,
      winnerVariantId: winner === undefined ? undefined : await variantNamed(groupId, winner),
      actor: by,
      decision: asJson({
        outcome,
        winner,
        by,
        reason,
        at: new Date().toISOString(),
        snapshotId,
        verdict,
        ...basis,
      }),
    });
    return { ...recorded, evidence: snapshot?.sentence ?? 'No analysis was made.', ...basis };
  }

  /** A workflow is told that it is cancelled, and not by whom. */
  async function whoEnded({ groupId, outcome, by, reason }: CompleteGroupInput): Promise<CancelRequest> {
    const asked = outcome === 'cancelled' ? await cancelRequestOf(database, groupId) : undefined;
    return asked === undefined ? { by, reason } : { by: asked.by, reason: asked.reason ?? reason };
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

  /** That the group heard what its data decide, or decide no more. */
  async function recordVerdict(heard: VerdictHeard): Promise<void> {
    await recordVerdictHeard(database, heard);
  }

  async function archiveGroupRow(input: {
    groupId: GroupId;
    by: string;
    reason?: string | undefined;
  }): Promise<void> {
    await recordArchival(database, input.groupId, input.by, input.reason);
  }

  return { moveGroup, completeGroup, recordRefusedMessage, recordVerdict, archiveGroupRow };
}
