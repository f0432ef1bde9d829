import { analyzeTest } from '../../analysis/analyze.ts';
import { DEFAULT_RULES } from '../../analysis/rules.ts';
import type { TestData } from '../../analysis/test-data.ts';

/** Relative, and the range that can't be excluded at any look; null for an end that nothing bounds. */
export interface Lift {
  readonly likeliest: number | null;
  readonly low: number;
  readonly high: number | null;
}

/**
 * Of one arm over another, by the test's own rules. The two are looked at alone, at their share of the false-call limit: as
 * one of all the comparisons that the test could have ended with.
 * @returns undefined where the two can't be compared
 */
export function liftOver(data: TestData, armId: string, controlId: string): Lift | undefined {
  const limit = data.rules?.falseCallLimit ?? DEFAULT_RULES.falseCallLimit;
  const isOfPair = (id: string) => id === armId || id === controlId;
  const { evidence } = analyzeTest({
    ...data,
    arms: data.arms.filter(({ id }) => isOfPair(id)),
    cells: data.cells.filter((cell) => isOfPair(cell.armId)),
    guardrails: [],
    units: [],
    rules: { ...data.rules, falseCallLimit: (2 * limit) / Math.max(2, data.arms.length) },
  });
  const [comparison] = evidence.comparisons;
  if (comparison === undefined) return undefined;
  return comparison.variantId === controlId ? comparison.lift : inverted(comparison.lift);
}

function inverted({ likeliest, low, high }: Lift): Lift {
  const inverse = (lift: number | null) => (lift === null || !(lift > -1) ? null : 1 / (1 + lift) - 1);
  return {
    likeliest: inverse(likeliest),
    low: high === null ? -1 : (inverse(high) ?? -1),
    high: inverse(low),
  };
}
