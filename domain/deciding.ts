import { z } from 'zod';
import { DEFAULT_ASSIGNMENT } from './assignment.ts';
import type { Brief } from './brief.ts';
import { parseDuration } from './durations.ts';

/** When a test is looked at, and what happens by itself when its rule fires. */

const SECONDS_A_DAY = 86_400;
const MOST_LOOKS = 50;

const look = z.string().refine((text) => isWholeDays(parseDuration(text)), {
  error: 'whole days since the test began, such as "7d" or "2w"',
});

export const looks = z
  .array(look)
  .min(1)
  .max(MOST_LOOKS)
  .refine(
    (all) =>
      all.every(
        (text, at) => at === 0 || (parseDuration(text) ?? 0) > (parseDuration(all[at - 1] ?? '') ?? 0),
      ),
    { error: 'each later than the one before, such as ["7d", "14d", "28d"]' },
  )
  .optional()
  .describe(
    'Planned looks: days since the test began, of which each sees all; nothing is called between them. Left out: it is looked at whenever there are new data.',
  );

/** Whether a test is stopped, or its winner declared, by a person or by itself. */
export const whoActs = z.enum(['by_person', 'automatic']).default('by_person');

function isWholeDays(seconds: number | undefined): boolean {
  return seconds !== undefined && seconds > 0 && seconds % SECONDS_A_DAY === 0;
}

/** What a test does without anybody asking when there is a winner; who declares also stops. */
export type MachinePart = 'nothing' | 'stop' | 'declare';

export function machinePart({ stop, declare }: Pick<Brief['decision'], 'stop' | 'declare'>): MachinePart {
  if (declare === 'automatic') return 'declare';
  return stop === 'automatic' ? 'stop' : 'nothing';
}

/** On some platform chance decides who sees which variant. */
export function isByChanceAnywhere({
  assignment,
  platforms,
}: Pick<Brief, 'assignment' | 'platforms'>): boolean {
  return platforms.some(
    (platform) => (assignment[platform] ?? DEFAULT_ASSIGNMENT) !== 'observational_delivery',
  );
}

/** The same for people, with what keeps it from happening. */
export function machineInWords({
  decision,
  assignment,
  platforms,
}: Pick<Brief, 'decision' | 'assignment' | 'platforms'>): string {
  const part = machinePart(decision);
  if (part === 'nothing') return 'nothing by itself: a person stops the test and declares';
  if (!isByChanceAnywhere({ assignment, platforms })) {
    return 'nothing by itself: every platform chose who saw what, and only a person declares an association';
  }
  return part === 'stop'
    ? 'stops the test by itself when there is a winner; a person declares it'
    : 'stops the test and declares the winner by itself when there is one';
}
