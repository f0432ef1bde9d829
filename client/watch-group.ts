import { setTimeout as delay } from 'node:timers/promises';
import type { GroupId } from '../domain/ids.ts';
import type { GroupStatusReport } from './group-status.ts';
import type { ScreentestClient } from './screentest-client.ts';

/** One thing that changed since the last look. */
export interface Change {
  /** ISO 8601. */
  readonly at: string;
  /** The group's status as it is now. */
  readonly status: string;
  readonly text: string;
}

const LOOK_EVERY_MS = 500;

/** Every change of a group from now on; ends when the group has. @throws the signal's reason when it aborts. */
export async function* changesOf(
  client: ScreentestClient,
  id: GroupId,
  signal: AbortSignal,
): AsyncGenerator<Change, GroupStatusReport> {
  let before = new Map<string, string>();
  for (;;) {
    const report = await client.status(id);
    const now = facts(report);
    for (const [fact, text] of now) {
      if (before.get(fact) !== text)
        yield { at: new Date().toISOString(), status: report.group.status, text };
    }
    before = now;
    if (!report.isRunning) return report;
    await delay(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** What is worth a line, by what it is about. */
function facts({ group, live, standings }: GroupStatusReport): Map<string, string> {
  const told = new Map<string, string>();
  const outcome = group.outcome === undefined ? '' : `: ${group.outcome}`;
  const winner = group.winner === undefined ? '' : `, the winner is ${group.winner}`;
  told.set('status', `${group.name} is ${group.status}${outcome}${winner}`);
  for (const variant of group.variants) {
    const note = variant.failureReason ?? variant.videoUrl;
    if (variant.status !== 'pending') {
      told.set(variant.id, `${variant.name} is ${variant.status}${note === undefined ? '' : ` (${note})`}`);
    }
  }
  if (standings !== undefined) told.set('standings', standings.sentence);
  if (live?.waitsFor !== undefined) {
    told.set('waits', `waits for ${live.waitsFor}${live.until === undefined ? '' : `, until ${live.until}`}`);
  }
  const refused = live?.refusedMessages.at(-1);
  if (refused !== undefined) told.set('refused', `refused ${refused.message}: ${refused.reason}`);
  return told;
}
