import type { GroupId } from '../domain/ids.ts';
import type { Queries } from './client.ts';
import { recordEvent } from './events.ts';

/** What a group's workflow has heard of its verdicts, as the audit trail has it. */

const REACHED = 'verdict reached';
const WITHDRAWN = 'verdict withdrawn';

/** The newest of these tells what a group knows: a workflow that goes on where another ended has heard nothing. */
export const VERDICT_EVENTS: readonly string[] = [REACHED, WITHDRAWN, 'resumed'];

export interface VerdictHeard {
  readonly groupId: GroupId;
  readonly snapshotId: string;
  readonly look: number;
  /** What it decides, in a few words; `none` where an earlier one no longer holds. */
  readonly said: string;
  readonly sentence: string;
  /** Of the workflow that heard it: another one may hear it again. */
  readonly runId: string;
  /** When, where it was not now. */
  readonly at?: Date;
}

export async function recordVerdictHeard(queries: Queries, heard: VerdictHeard): Promise<void> {
  const { groupId, snapshotId, look, said, sentence, runId, at } = heard;
  await recordEvent(queries, {
    groupId,
    event: said === 'none' ? WITHDRAWN : REACHED,
    actor: 'screentest',
    details: { said, look, snapshotId, reason: sentence },
    key: `verdict/${snapshotId}/${runId}`,
    at,
  });
}

/** In a few words; `none` where it has heard of none, or that one no longer holds. */
export async function heardBy(queries: Queries, id: GroupId): Promise<string> {
  const [heard] = await queries.$queryRaw<{ said: string | null }[]>`
    SELECT details ->> 'said' AS said FROM group_events
    WHERE variant_group_id = ${id}::uuid AND event = ANY (${VERDICT_EVENTS})
    ORDER BY id DESC LIMIT 1`;
  return heard?.said ?? 'none';
}
