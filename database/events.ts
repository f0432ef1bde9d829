import type { GroupId } from '../domain/ids.ts';
import type { Queries } from './client.ts';
import type { Prisma } from './generated/client.ts';
import { asJson } from './json.ts';

export interface GroupEvent {
  readonly groupId: GroupId;
  /** A verb in the past: `planned`, `moved to testing`, `video stored`. */
  readonly event: string;
  /** An e-mail address, or `screentest` for what happens by itself. */
  readonly actor: string;
  readonly details?: Prisma.InputJsonObject;
  /** Tells a repetition of the same event from a second one. */
  readonly key: string;
  /** When it happened; left out for now. */
  readonly at?: Date | undefined;
}

/** Of the event that tells what a language model wrote for a group: it is read with the group. */
export const WRITING_KEY = 'worded';

/** Who did what when. Append-only; written in the transaction of what it tells. */
export async function recordEvent(queries: Queries, event: GroupEvent): Promise<void> {
  await queries.$executeRaw`
    INSERT INTO group_events (variant_group_id, venture_id, event, actor, details, idempotency_key, created_at)
    VALUES (
      ${event.groupId}::uuid,
      (SELECT venture_id FROM variant_groups WHERE id = ${event.groupId}::uuid),
      ${event.event}, ${event.actor}, ${JSON.stringify(asJson(event.details ?? {}))}::jsonb,
      ${`${event.groupId}/${event.key}`}, coalesce(${event.at ?? null}::timestamptz, now()))
    ON CONFLICT (idempotency_key) DO NOTHING`;
}
