import { describe, expect, test } from '@jest/globals';
import { compareArms } from '../../analysis/comparison.ts';
import {
  betaPosterior,
  credibleInterval,
  gammaPosterior,
  intensityPosterior,
  proportionPosterior,
  type RatePosterior,
  standardisedPosterior,
  type WeightedCounts,
} from '../../analysis/posterior.ts';
import { integrate } from '../../analysis/quadrature.ts';
import { logGamma } from '../../analysis/special-functions/log-gamma.ts';
import { normalDensity, normalUpper } from '../../analysis/special-functions/normal.ts';
import { randomBeta, referenceCase, seededRandom } from './reference-data.ts';

interface BetaCase {
  id: string;
  inputs: { arms: { successes: number; failures: number }[]; prior: [number, number] };
  derived_exact: {
    p_best: number[];
    expected_loss: number[];
    ci?: [number, number][];
    p_beats_control?: number[];
  };
}

function betaArms({ inputs: { arms, prior } }: BetaCase): RatePosterior[] {
  return arms.map(({ successes, failures }) => betaPosterior(prior[0] + successes, prior[1] + failures));
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance: number): void {
  expect(actual).toHaveLength(expected.length);
  actual.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] ?? Number.NaN))).toBeLessThanOrEqual(tolerance);
  });
}

describe('posteriors', () => {
  test("Spotify's credible intervals under Jeffreys' prior", () => {
    const { inputs, expected, tolerance } = referenceCase<{
      id: string;
      inputs: { arms: { successes: number; trials: number }[] };
      expected: { ci_lower: number[]; ci_upper: number[] };
      tolerance: number;
    }>('sp-beta-ci');
    const intervals = inputs.arms.map(({ successes, trials }) =>
      credibleInterval(proportionPosterior({ conversions: successes, exposures: trials }), 0.95),
    );
    expectClose(
      intervals.map(([lower]) => lower),
      expected.ci_lower,
      tolerance,
    );
    expectClose(
      intervals.map(([, upper]) => upper),
      expected.ci_upper,
      tolerance,
    );
  });

  test("PostHog's intervals of counts per exposure", () => {
    const { inputs, expected, tolerance, derived_exact } = referenceCase<{
      id: string;
      inputs: { arms: { events: number; exposure: number }[]; prior_shape_added: number };
      expected: { ci: [number, number][] };
      tolerance: number;
      derived_exact: { p_best: number[] };
    }>('ph-count-4-null');
    const arms = inputs.arms.map(({ events, exposure }) =>
      gammaPosterior(inputs.prior_shape_added + events, exposure),
    );
    arms.forEach((arm, i) => {
      expectClose(credibleInterval(arm, 0.95), expected.ci[i] ?? [], tolerance);
    });
    expectClose(
      compareArms(arms).map(({ probabilityBest }) => probabilityBest),
      derived_exact.p_best,
      1e-10,
    );
  });

  test('an intensity may exceed 1, and starts from half an event', () => {
    const { mean, variance } = intensityPosterior({ exposures: 10, conversions: 29.5 });
    expect([mean, variance]).toEqual([3, 0.3]);
  });

  test('the rate standardised over one stratum is that stratum exactly', () => {
    const counts = { exposures: 4000, conversions: 37 };
    const one = standardisedPosterior([{ ...counts, weight: 1 }]);
    expect(credibleInterval(one, 0.95)).toEqual(credibleInterval(proportionPosterior(counts), 0.95));
  });

  test('the approximation for two strata is near the exact convolution, even with few conversions', () => {
    const strata: WeightedCounts[] = [
      { exposures: 3000, conversions: 9, weight: 0.6 },
      { exposures: 900, conversions: 16, weight: 0.4 },
    ];
    const approximation = standardisedPosterior(strata);
    for (const tail of [0.001, 0.025, 0.5, 0.975, 0.999]) {
      const rate = approximation.rateAt(approximation.lineQuantile(tail));
      expect(Math.abs(exactLowerOfTwo(strata, rate) - tail)).toBeLessThan(0.003);
    }
    const [lower, upper] = credibleInterval(approximation, 0.95);
    expect(exactLowerOfTwo(strata, upper) - exactLowerOfTwo(strata, lower)).toBeGreaterThan(0.947);
  });

  test('P(best) and loss of 15 arms on 5 platforms agree with a simulation of the exact sums', () => {
    const platforms = [0.31, 0.27, 0.2, 0.14, 0.08];
    const arms = Array.from({ length: 15 }, (_, arm) =>
      platforms.map((weight, platform): WeightedCounts => {
        const exposures = 2000 + 300 * ((arm * 7 + platform * 3) % 5);
        const rate = (0.004 + 0.003 * platform) * (1 + 0.02 * arm);
        return { exposures, conversions: Math.round(exposures * rate), weight };
      }),
    );
    const standings = compareArms(arms.map(standardisedPosterior));

    const random = seededRandom(20261112);
    const draws = 6000;
    const wins = new Float64Array(arms.length);
    const losses = new Float64Array(arms.length);
    for (let draw = 0; draw < draws; draw++) {
      const rates = arms.map((strata) =>
        strata.reduce(
          (sum, { weight, exposures, conversions }) =>
            sum + weight * randomBeta(random, conversions + 0.5, exposures - conversions + 0.5),
          0,
        ),
      );
      const best = Math.max(...rates);
      rates.forEach((rate, arm) => {
        wins[arm] = (wins[arm] ?? 0) + (rate === best ? 1 : 0);
        losses[arm] = (losses[arm] ?? 0) + best - rate;
      });
    }
    // Four standard errors of the simulation: at most 0.026 for a probability; losses have a deviation of about 0.0012.
    expectClose(
      standings.map(({ probabilityBest }) => probabilityBest),
      [...wins].map((n) => n / draws),
      0.026,
    );
    expectClose(
      standings.map(({ expectedLoss }) => expectedLoss),
      [...losses].map((l) => l / draws),
      7e-5,
    );
  });
});

describe('P(best) and expected loss', () => {
  test.each(['ph-funnel-2', 'ph-funnel-4-vs-control'])('%s agrees with an independent quadrature', (id) => {
    const reference = referenceCase<BetaCase>(id);
    const arms = betaArms(reference);
    const { p_best, expected_loss, ci = [], p_beats_control = [] } = reference.derived_exact;
    const standings = compareArms(arms);
    expectClose(
      standings.map(({ probabilityBest }) => probabilityBest),
      p_best,
      1e-10,
    );
    expectClose(
      standings.map(({ expectedLoss }) => expectedLoss),
      expected_loss,
      1e-11,
    );
    ci.forEach((interval, i) => {
      const arm = arms[i];
      expectClose(arm === undefined ? [] : credibleInterval(arm, 0.95), interval, 1e-10);
    });
    const [control, ...others] = arms;
    p_beats_control.forEach((expected, i) => {
      const pair = [control, others[i]].filter((arm) => arm !== undefined);
      expect(compareArms(pair)[1]?.probabilityBest).toBeCloseTo(expected, 10);
    });
  });

  test("Evan Miller's closed form for two arms", () => {
    // P(B > A) = sum_{i < a_B} B(a_A + i, b_A + b_B) / ((b_B + i) B(1 + i, b_B) B(a_A, b_A)), whole shapes.
    const logBeta = (a: number, b: number) => logGamma(a) + logGamma(b) - logGamma(a + b);
    const [aA, bA, aB, bB] = [41, 961, 53, 949];
    let exact = 0;
    for (let i = 0; i < aB; i++) {
      exact += Math.exp(logBeta(aA + i, bA + bB) - Math.log(bB + i) - logBeta(1 + i, bB) - logBeta(aA, bA));
    }
    expect(compareArms([betaPosterior(aA, bA), betaPosterior(aB, bB)])[1]?.probabilityBest).toBeCloseTo(
      exact,
      11,
    );
  });

  test('two uniform posteriors: each is best half the time, and loses a sixth', () => {
    for (const { probabilityBest, expectedLoss } of compareArms([betaPosterior(1, 1), betaPosterior(1, 1)])) {
      expect(probabilityBest).toBeCloseTo(0.5, 12);
      expect(expectedLoss).toBeCloseTo(1 / 6, 12);
    }
  });

  test('with very many conversions it is the normal closed form', () => {
    const [a, b] = [4e6, 4.004e6].map((conversions) => proportionPosterior({ exposures: 1e8, conversions }));
    if (a === undefined || b === undefined) throw new Error('two arms');
    const deviation = Math.sqrt(a.variance + b.variance);
    const z = (b.mean - a.mean) / deviation;
    const loss = deviation * (normalDensity(z) - z * normalUpper(z));
    const standing = compareArms([a, b])[1];
    expect(Math.abs((standing?.probabilityBest ?? 0) - normalUpper(-z))).toBeLessThan(1e-4);
    expect(Math.abs((standing?.expectedLoss ?? 0) / loss - 1)).toBeLessThan(1e-3);
  });

  test.each([2, 3, 15, 50])('%d identical arms share the probability equally', (count) => {
    for (const counts of [
      { exposures: 0, conversions: 0 },
      { exposures: 300, conversions: 0 },
      { exposures: 5000, conversions: 45 },
      { exposures: 1e8, conversions: 4e6 },
    ]) {
      const standings = compareArms(Array.from({ length: count }, () => proportionPosterior(counts)));
      for (const { probabilityBest } of standings) expect(probabilityBest).toBeCloseTo(1 / count, 11);
    }
  });

  test('probabilities sum to 1 within 1e-9 for 2 to 50 arms with counts from 0 to 1e8', () => {
    const random = seededRandom(3);
    for (let round = 0; round < 14; round++) {
      const count = 2 + Math.floor(random() * 49);
      const arms = Array.from({ length: count }, () => {
        const exposures = Math.floor(10 ** (8 * random()));
        const rate = random() < 0.1 ? Math.round(random()) : 10 ** (-4 * random());
        return proportionPosterior({ exposures, conversions: Math.floor(exposures * rate) });
      });
      const standings = compareArms(arms);
      const total = standings.reduce((sum, { probabilityBest }) => sum + probabilityBest, 0);
      expect(Math.abs(total - 1)).toBeLessThan(1e-9);
      // loss_i + E[theta_i] = E[max], the same for every arm: a check that is independent of P(best).
      const best = standings.map(({ expectedLoss }, i) => expectedLoss + (arms[i]?.mean ?? Number.NaN));
      expect(Math.max(...best) - Math.min(...best)).toBeLessThan(1e-11);
    }
  });

  test('arms far apart leave no doubt, and no panel is too wide to see a narrow one', () => {
    const standings = compareArms([
      proportionPosterior({ exposures: 1e8, conversions: 1e4 }),
      proportionPosterior({ exposures: 1e8, conversions: 9e7 }),
      proportionPosterior({ exposures: 20, conversions: 0 }),
    ]);
    expect(standings[1]?.probabilityBest).toBeCloseTo(1, 11);
    expect(standings[0]?.expectedLoss).toBeCloseTo(0.8999, 7);
    expect(standings[1]?.expectedLoss).toBeLessThan(1e-12);
  });

  test('a small loss keeps its digits', () => {
    const [a, b] = [betaPosterior(2001, 38001), betaPosterior(2501, 37501)];
    const deviation = Math.sqrt(a.variance + b.variance);
    const z = (b.mean - a.mean) / deviation;
    const normalLoss = deviation * (normalDensity(z) - z * normalUpper(z));
    const { expectedLoss = 0 } = compareArms([a, b])[1] ?? {};
    expect(normalLoss).toBeLessThan(1e-16);
    expect(expectedLoss).toBeGreaterThan(normalLoss / 3);
    expect(expectedLoss).toBeLessThan(normalLoss * 3);
  });

  test('one arm is the best of itself, and of none there is nothing to say', () => {
    expect(compareArms([betaPosterior(1, 1)])).toEqual([{ probabilityBest: 1, expectedLoss: 0 }]);
    expect(compareArms([])).toEqual([]);
  });
});

/** P(sum of weighted rates <= rate) of two strata, by direct convolution. */
function exactLowerOfTwo(strata: readonly WeightedCounts[], rate: number): number {
  const [first, second] = strata;
  if (first === undefined || second === undefined) throw new Error('two strata');
  const one = proportionPosterior(first);
  const other = proportionPosterior(second);
  const from = one.lineQuantile(1e-15);
  const to = one.lineUpperQuantile(1e-15);
  const breakpoints = Array.from({ length: 41 }, (_, i) => from + ((to - from) * i) / 40);
  const [probability = Number.NaN] = integrate(
    (u, out) => {
      const left = (rate - first.weight * one.rateAt(u)) / second.weight;
      out[0] = left <= 0 ? 0 : one.at(u).density * other.at(Math.log(left / (1 - left))).lower;
    },
    1,
    breakpoints,
    () => 1e-9,
  );
  return probability;
}
