import { mostArms, type PlannedSize, planSize } from '../analysis/plan-size.ts';
import { type Brief, MAX_VARIANTS, variantCount } from '../domain/brief.ts';

/** What a brief's test takes in media, and what its media budget can tell apart. */
export interface PlannedTest {
  readonly size: PlannedSize;
  readonly smallestLift: number;
  readonly variants: number;
  readonly budgetUsd: number;
  /** The most variants among which the budget finds the smallest lift in four of five tests; 0 if not even among 2. */
  readonly mostVariants: number;
}

/** In four of five tests the lift is to be found. */
export const PLANNED_POWER = 0.8;

/** Undefined for a brief that says nothing of media. By days is planned as by counts: how much days differ is not known before. */
export function plannedTest(brief: Brief): PlannedTest | undefined {
  const { media, decision, platforms } = brief;
  if (media === undefined) return undefined;
  const { baselineRate, usdPerThousandImpressions: usdPerThousand, budgetUsd } = media;
  const question = {
    platforms: platforms.map((name) => ({ name, baselineRate, usdPerThousand })),
    smallestLift: decision.smallestLift,
    method: decision.looks === undefined ? 'anytime_counts' : 'planned_looks',
    falseCallLimit: decision.falseCallLimit,
    power: PLANNED_POWER,
    exposuresPerDay: null,
  } as const;
  const variants = variantCount(brief);
  return {
    size: planSize({ ...question, arms: variants }),
    smallestLift: decision.smallestLift,
    variants,
    budgetUsd,
    mostVariants: mostArms(question, budgetUsd, MAX_VARIANTS),
  };
}
