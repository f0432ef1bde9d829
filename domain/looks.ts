import type { Brief } from './brief.ts';
import { durationSeconds } from './durations.ts';
import { longestLagDays } from './settling.ts';

const SECONDS_A_DAY = 86_400;
const DAY_MS = 1000 * SECONDS_A_DAY;

/** A look that was planned before the data: nothing is called between two of them. */
export interface PlannedLook {
  /** Counts from 1. */
  readonly number: number;
  /** YYYY-MM-DD (UTC): the last day that it sees. */
  readonly lastDay: string;
  /** When it is made: all that it sees is settled by then. */
  readonly dueAt: Date;
}

type PlansLooks = Pick<Brief, 'decision'> & Parameters<typeof longestLagDays>[0];

/**
 * Those of a brief, for a test that began then; none where the brief plans none. The day on which it began is the first that
 * a look sees.
 */
export function plannedLooks(brief: PlansLooks, began: Date): readonly PlannedLook[] {
  const firstDay = Math.floor(began.getTime() / DAY_MS);
  const settled = longestLagDays(brief);
  return lookDays(brief.decision).map((days, at) => {
    const lastDay = firstDay + days - 1;
    return {
      number: at + 1,
      lastDay: new Date(lastDay * DAY_MS).toISOString().slice(0, 10),
      dueAt: new Date((lastDay + settled + 1) * DAY_MS),
    };
  });
}

/** A planned look that the test would be over before: its days must have passed and settled by then. */
export function lateLook(brief: Brief): { readonly index: number; readonly allowed: string } | undefined {
  const { testing } = brief.deadlines;
  const lag = longestLagDays(brief);
  const room = Math.floor(durationSeconds(testing) / SECONDS_A_DAY) - lag;
  const index = lookDays(brief.decision).findIndex((days) => days > room);
  if (index < 0) return undefined;
  const settling = `numbers settle after ${lag} days and the test ends after ${testing} (deadlines.testing)`;
  return { index, allowed: room < 1 ? `no look: ${settling}` : `up to "${room}d", since ${settling}` };
}

/** Days from the test's first one that each planned look sees. */
function lookDays({ looks: planned = [] }: Pick<Brief['decision'], 'looks'>): readonly number[] {
  return planned.map((text) => durationSeconds(text) / SECONDS_A_DAY);
}
