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

/** Planned looks that the test would be over before: their days must have passed and settled by then. */
export function lateLooks(brief: Pick<Brief, 'deadlines'> & PlansLooks): readonly LateLook[] {
  const lag = longestLagDays(brief);
  const room = Math.floor(durationSeconds(brief.deadlines.testing) / SECONDS_A_DAY) - lag;
  return lookDays(brief.decision).flatMap((days, index) =>
    days > room ? [{ index, lag, latest: room < 1 ? undefined : `${room}d` }] : [],
  );
}

interface LateLook {
  /** Among the planned looks, from 0. */
  readonly index: number;
  /** Days after which numbers settle. */
  readonly lag: number;
  /** The latest that there could be, as a brief says it; undefined for none. */
  readonly latest: string | undefined;
}

/** Days from the test's first one that each planned look sees. */
function lookDays({ looks: planned = [] }: Pick<Brief['decision'], 'looks'>): readonly number[] {
  return planned.map((text) => durationSeconds(text) / SECONDS_A_DAY);
}
