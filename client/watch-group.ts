import { setTimeout as delay } from 'node:timers/promises';
import { ScreentestError } from '../domain/errors.ts';
import { reviewInWords } from '../domain/gates.ts';
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

/** Milliseconds between looks: videos come within seconds, whereas a test is parked for weeks. */
const LOOK_WHILE_MAKING = 500;
const LOOK_WHILE_PARKED = 10_000;
/** Looks in a row that may fail: servers are away for five minutes at the most. */
const PATIENCE = 30;

/**
 * How a group stands, and then every change until it has ended. Servers that are away for a while are waited
 * for. @throws the signal's reason when it aborts
 */
export async function* changesOf(
  client: ScreentestClient,
  id: GroupId,
  signal: AbortSignal,
): AsyncGenerator<Change, GroupStatusReport> {
  let before = new Map<string, string>();
  for (;;) {
    const report = await lookUntilAnswered(client, id, signal);
    const now = facts(report);
    for (const [fact, text] of now) {
      if (before.get(fact) !== text)
        yield { at: new Date().toISOString(), status: report.group.status, text };
    }
    before = now;
    if (!report.isRunning) return report;
    const isMaking = report.group.status === 'planning' || report.group.status === 'generating';
    await pause(isMaking ? LOOK_WHILE_MAKING : LOOK_WHILE_PARKED, signal);
  }
}

async function lookUntilAnswered(
  client: ScreentestClient,
  id: GroupId,
  signal: AbortSignal,
): Promise<GroupStatusReport> {
  for (let failures = 1; ; failures++) {
    try {
      return await client.status(id);
    } catch (error) {
      const isHopeless = error instanceof ScreentestError && !error.mayBeRetried;
      if (isHopeless || failures === PATIENCE) throw error;
      await pause(LOOK_WHILE_PARKED, signal);
    }
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** What is worth a line, by what it is about. */
function facts({ group, live, standings }: GroupStatusReport): Map<string, string> {
  const told = new Map<string, string>();
  if (group.generation.mode === 'manual') told.set('mode', `manual: ${group.generation.reason}`);
  const outcome = group.outcome === undefined ? '' : `: ${group.outcome}`;
  const winner = group.winner === undefined ? '' : `, the winner is ${group.winner}`;
  told.set('status', `${group.name} is ${group.status}${outcome}${winner}`);
  for (const variant of group.variants) {
    const note = variant.failureReason ?? variant.videoUrl;
    if (variant.status !== 'pending') {
      const review =
        variant.review === undefined || variant.videoUrl === undefined
          ? ''
          : `, ${reviewInWords(variant.review)}`;
      told.set(
        variant.id,
        `${variant.name} is ${variant.status}${review}${note === undefined ? '' : ` (${note})`}`,
      );
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
