import type { RatePosterior } from './posterior.ts';
import { integrate } from './quadrature.ts';
import { entry } from './special-functions/array-entry.ts';
import type { Tails } from './special-functions/beta.ts';

/** Where an arm stands among those compared with it. */
export interface Standing {
  /** P(this arm's rate is the highest), in [0, 1]. Not a confidence, and no reason to stop. */
  readonly probabilityBest: number;
  /** E[highest rate] - E[this arm's rate], in units of the rate, >= 0: what stopping now with this arm would lose. */
  readonly expectedLoss: number;
}

/** Less than this of a posterior lies outside each end of the range it is integrated over. */
const NEGLIGIBLE = 1e-17;

/** Tail probabilities at which a panel begins: about every three standard deviations. */
const PANEL_TAILS = [NEGLIGIBLE, 1e-8, 1e-3];

/** Two panels' ends closer than this share of the narrower posterior's deviation are one. */
const MERGED_WITHIN = 0.6;

const BEFORE: Tails = { lower: 0, upper: 1, density: 0 };
const BEYOND: Tails = { lower: 1, upper: 0, density: 0 };

/**
 * Exact P(best) and expected loss by quadrature, over independent posteriors of one family:
 *   P(i best) = integral of f_i prod_{j != i} F_j          (the sum over i is 1 to 1e-9 and better)
 *   loss_i = E[max] - E[theta_i] = integral of F_i (1 - prod_{j != i} F_j) d theta,
 * the second from E[X] = integral of (1 - F) by parts: no two nearly equal expectations are subtracted, so
 * a loss a million times smaller than the rates is still right.
 */
export function compareArms(posteriors: readonly RatePosterior[]): readonly Standing[] {
  const [first] = posteriors;
  if (first === undefined) return [];
  if (posteriors.length === 1) return [{ probabilityBest: 1, expectedLoss: 0 }];

  const arms = posteriors.length;
  const ranges = posteriors.map((posterior) => ({
    from: posterior.lineQuantile(NEGLIGIBLE),
    to: posterior.lineUpperQuantile(NEGLIGIBLE),
  }));
  const tails: Tails[] = posteriors.map(() => BEFORE);
  // Products of the lower tails of the arms after one, and sums of their logarithms.
  const productAfter = new Float64Array(arms + 1).fill(1);
  const logAfter = new Float64Array(arms + 1);

  const evaluate = (u: number, out: Float64Array): void => {
    posteriors.forEach((posterior, i) => {
      const { from, to } = ranges[i] ?? { from: u, to: u };
      tails[i] = u < from ? BEFORE : u > to ? BEYOND : posterior.at(u);
    });
    for (let i = arms - 1; i >= 0; i--) {
      const { lower, upper } = tails[i] ?? BEFORE;
      productAfter[i] = entry(productAfter, i + 1) * lower;
      logAfter[i] = entry(logAfter, i + 1) + Math.log1p(-upper);
    }
    const slope = first.rateSlopeAt(u);
    let productBefore = 1;
    let logBefore = 0;
    for (let i = 0; i < arms; i++) {
      const { lower, upper, density } = tails[i] ?? BEFORE;
      out[i] = density * productBefore * entry(productAfter, i + 1);
      out[arms + i] = -slope * lower * Math.expm1(logBefore + entry(logAfter, i + 1));
      productBefore *= lower;
      logBefore += Math.log1p(-upper);
    }
  };

  const largestMean = posteriors.reduce((largest, { mean }) => Math.max(largest, Math.abs(mean)), 0);
  const values = integrate(evaluate, 2 * arms, panels(posteriors), (index) =>
    index < arms ? 1e-12 : 1e-13 * largestMean,
  );
  return posteriors.map((_, i) => ({
    probabilityBest: Math.min(1, entry(values, i)),
    expectedLoss: Math.max(0, entry(values, arms + i)),
  }));
}

/** Ends of panels fine enough that no posterior's bulk can lie unseen between two nodes. */
function panels(posteriors: readonly RatePosterior[]): number[] {
  const ends = posteriors
    .flatMap((posterior) => [
      ...PANEL_TAILS.flatMap((tail) =>
        [posterior.lineQuantile(tail), posterior.lineUpperQuantile(tail)].map((u) => ({
          u,
          spread: posterior.spread,
        })),
      ),
      { u: posterior.lineQuantile(0.5), spread: posterior.spread },
    ])
    .sort((one, other) => one.u - other.u);
  const kept: { u: number; spread: number }[] = [];
  for (const end of ends) {
    const last = kept.at(-1);
    if (last === undefined || end.u - last.u >= MERGED_WITHIN * Math.min(end.spread, last.spread))
      kept.push(end);
  }
  const kepts = kept.map(({ u }) => u);
  const last = ends.at(-1);
  return last === undefined || kepts.at(-1) === last.u ? kepts : [...kepts, last.u];
}
