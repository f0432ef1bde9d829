import { type GroupId, isGroupId } from '../domain/ids.ts';
import type { Queries } from './client.ts';
import { recordEvent } from './events.ts';
import { findGroupId } from './group-queries.ts';
import { asJson } from './json.ts';

/** One line of a group's audit trail. */
export interface HistoryEntry {
  readonly at: Date;
  /** An e-mail address, or `screentest` for what happened by itself. */
  readonly actor: string;
  readonly event: string;
  /** The name of the variant that it is about. */
  readonly variant: string | undefined;
  readonly reason: string | undefined;
  /** All that was written down about it. */
  readonly details: unknown;
}

/**
 * Who did what when and why, the oldest first. The trail outlives its group: one that is gone is found by its id.
 * @throws NotFound for a group that never was
 */
export async function readGroupHistory(
  queries: Queries,
  reference: string,
): Promise<readonly HistoryEntry[]> {
  const text = reference.trim().toLowerCase();
  const entries = isGroupId(text) ? await entriesOf(queries, text) : [];
  return entries.length > 0 ? entries : entriesOf(queries, await findGroupId(queries, reference));
}

async function entriesOf(queries: Queries, id: GroupId): Promise<readonly HistoryEntry[]> {
  const rows = await queries.$queryRaw<
    {
      at: Date;
      actor: string;
      event: string;
      variant: string | null;
      reason: string | null;
      details: unknown;
    }[]
  >`
    SELECT e.created_at AS at, e.actor, e.event, coalesce(v.variant_name, e.details ->> 'variant') AS variant, e.details ->> 'reason' AS reason, e.details
    FROM group_events e
    LEFT JOIN video_variants v ON v.variant_group_id = e.variant_group_id AND v.id::text = e.details ->> 'variantId'
    WHERE e.variant_group_id = ${id}::uuid
    ORDER BY e.created_at, e.id`;
  return rows.map(({ variant, reason, ...row }) => ({
    ...row,
    variant: variant ?? undefined,
    reason: reason ?? undefined,
  }));
}

export interface CancelRequest {
  readonly by: string;
  readonly reason: string | undefined;
}

const CANCEL_REQUESTED = 'cancel requested';

/** Before the group hears of it, so that who asked is known whatever comes of it. */
export async function recordCancelRequest(
  queries: Queries,
  id: GroupId,
  asked: CancelRequest,
): Promise<void> {
  await recordEvent(queries, {
    groupId: id,
    event: CANCEL_REQUESTED,
    actor: asked.by,
    details: asJson({ reason: asked.reason }),
    key: `cancel/${asked.by}`,
  });
}

/** Who asked the group to stop, where somebody did. */
export async function cancelRequestOf(queries: Queries, id: GroupId): Promise<CancelRequest | undefined> {
  const [row] = await queries.$queryRaw<{ by: string; reason: string | null }[]>`
    SELECT actor AS by, details ->> 'reason' AS reason FROM group_events
    WHERE variant_group_id = ${id}::uuid AND event = ${CANCEL_REQUESTED} ORDER BY id LIMIT 1`;
  return row === undefined ? undefined : { by: row.by, reason: row.reason ?? undefined };
}
