import { contestOf } from '../../analysis/contest.ts';
import { obrienFlemingBounds } from '../../analysis/group-sequential.ts';
import { estimatedLift } from '../../analysis/pair-evidence.ts';
import { type AnalysisRules, DEFAULT_RULES } from '../../analysis/rules.ts';
import { columnOf, sumOver } from '../../analysis/stratum-table.ts';
import { relativeEffect, sequentialInterval, twoProportions } from './rivals.ts';
import { DAYS, type World } from './worlds.ts';

/** The arm that a method declares the winner after a day's numbers (from 0); undefined while it does not. */
export type Declares = (world: World, day: number) => number | undefined;

const LIMIT = 0.05;
const TWO_SIDED_Z = 1.959964;
/** Looks begin when a week is over. */
export const FIRST_LOOK = 6;

function ours(rules: AnalysisRules): Declares {
  return (world, day) => {
    const arms = world.armIds.map((id) => ({ id, name: id }));
    const { winner } = contestOf(world, world.upTo(day), arms, false, rules, arms.length);
    return winner === undefined ? undefined : Number(winner.id);
  };
}

export function anytimeCounts(smallestLift: number): Declares {
  return ours({ ...DEFAULT_RULES, falseCallLimit: LIMIT, smallestLift });
}

export const anytimeDays: Declares = ours({
  ...DEFAULT_RULES,
  falseCallLimit: LIMIT,
  method: 'anytime_days',
});

/**
 * O'Brien-Fleming with a look a day, planned for so many conversions of two arms. A look's bound follows from the
 * information up to it alone, so that all of them are computed at once.
 */
export function dailyLooks(pairConversions: number, world: World): Declares {
  const [first, second] = world.armIds.map((id) => columnOf(world, id));
  const looks = Array.from({ length: DAYS - FIRST_LOOK }, (_, look) =>
    first === undefined || second === undefined
      ? undefined
      : estimatedLift(world.upTo(FIRST_LOOK + look), first, second, false),
  );
  const fractions = looks.map((look) =>
    Math.min(1, 4 / ((look?.variance ?? Number.POSITIVE_INFINITY) * pairConversions)),
  );
  const bounds = obrienFlemingBounds(fractions, LIMIT / 2);
  return (_, day) => {
    const look = looks[day - FIRST_LOOK];
    if (look === undefined) return undefined;
    const z = look.lift / Math.sqrt(look.variance);
    const bound = bounds[day - FIRST_LOOK] ?? Number.POSITIVE_INFINITY;
    return z >= bound ? 0 : z <= -bound ? 1 : undefined;
  };
}

function pooled(world: World, day: number) {
  return world.armIds.map((id) => {
    const { exposures, conversions } = sumOver(columnOf(world, id), world.upTo(day));
    return { successes: conversions, trials: exposures };
  });
}

function byZ(world: World, day: number): number | undefined {
  const [first, second] = pooled(world, day);
  if (first === undefined || second === undefined) return undefined;
  const { z } = twoProportions(first, second, LIMIT);
  return z > TWO_SIDED_Z ? 1 : z < -TWO_SIDED_Z ? 0 : undefined;
}

/** A z-test each day, as dashboards invite to. */
export const naivePeeking: Declares = byZ;

/** The same, once, on the last day. */
export const fixedHorizon: Declares = (world, day) => (day === DAYS - 1 ? byZ(world, day) : undefined);

/** GrowthBook's sequential method with its default tuning. */
export const growthBook: Declares = (world, day) => {
  const [first, second] = pooled(world, day);
  if (first === undefined || second === undefined || first.successes === 0) return undefined;
  const effect = relativeEffect(
    { n: first.trials, sum: first.successes },
    { n: second.trials, sum: second.successes },
  );
  const [low, high] = sequentialInterval(effect, first.trials + second.trials, 5000, LIMIT);
  return low > 0 ? 1 : high < 0 ? 0 : undefined;
};
