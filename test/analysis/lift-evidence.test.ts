import { describe, expect, test } from '@jest/globals';
import { dayLevelEvidence, dayLevelInterval } from '../../analysis/day-level.ts';
import { type LiftLikelihood, liftLikelihood } from '../../analysis/lift-likelihood.ts';
import { liftEvidence, liftInterval, likeliestLift } from '../../analysis/lift-mixture.ts';
import { seededRandom } from './reference-data.ts';

/** Taken once: Jest's module contexts look a global up slowly. */
const { exp, expm1, log, log1p } = Math;

const SCALE = log(1.1);

interface Pair {
  readonly first: { exposures: Float64Array; conversions: Float64Array };
  readonly second: { exposures: Float64Array; conversions: Float64Array };
}

/** Twenty strata with these conversions in all, a lift, and shares of the exposures that differ by stratum. */
function pair(conversions: number, lift: number, unevenness: number): Pair {
  const strata = Array.from({ length: 20 }, (_, s) => 0.5 + unevenness * Math.sin(s));
  const share = (w: number) => (w * (1 + lift)) / (w * (1 + lift) + 1 - w);
  const each = conversions / strata.length;
  return {
    first: {
      exposures: Float64Array.from(strata, (w) => 1e6 * w),
      conversions: Float64Array.from(strata, (w) => each * share(w)),
    },
    second: {
      exposures: Float64Array.from(strata, (w) => 1e6 * (1 - w)),
      conversions: Float64Array.from(strata, (w) => each * (1 - share(w))),
    },
  };
}

function likelihoodOf({ first, second }: Pair): LiftLikelihood {
  return liftLikelihood(first, second, [...first.exposures.keys()]);
}

/** The log likelihood ratio as it is written, stratum by stratum. */
function plainLikelihood({ first, second }: Pair, t: number): number {
  return first.exposures.reduce((sum, n1, s) => {
    const w = n1 / (n1 + (second.exposures[s] ?? 0));
    const c1 = first.conversions[s] ?? 0;
    return sum + t * c1 - (c1 + (second.conversions[s] ?? 0)) * log1p(w * expm1(t));
  }, 0);
}

describe('the e-process', () => {
  const cases = [1e2, 1e4, 1e6, 1e8].flatMap((conversions) =>
    [0.02, -0.1].flatMap((lift) => [0, 0.1, 0.4].map((uneven) => [conversions, lift, uneven] as const)),
  );

  test.each(cases)(
    '%d conversions, a lift of %d, shares uneven by %d: log E holds 1e-6',
    (conversions, lift, uneven) => {
      const data = pair(conversions, lift, uneven);
      const { logEBetter, logEWorse } = liftEvidence(likelihoodOf(data), SCALE);
      for (const [sign, logE] of [
        [1, logEBetter],
        [-1, logEWorse],
      ] as const) {
        const at = (t: number) => plainLikelihood(data, sign * t) - (t * t) / (2 * SCALE * SCALE);
        // A grid finds the mode; Simpson's rule on 600 panels over 40 of its widths does the rest.
        const deviation = Math.min(SCALE, 2 / Math.sqrt(conversions));
        let mode = 0;
        for (let t = 0; t < 0.15; t += deviation) if (at(t) > at(mode)) mode = t;
        // At the line's end it falls as steeply as its slope there.
        const width = mode > 0 ? deviation : Math.min(deviation, 1e-6 / Math.max(1e-9, at(0) - at(1e-6)));
        const from = Math.max(0, mode - 20 * width);
        const step = (mode + 20 * width - from) / 1200;
        let total = 0;
        for (let i = 0; i <= 1200; i++) {
          const weight = i === 0 || i === 1200 ? 1 : i % 2 === 1 ? 4 : 2;
          total += (weight * step * exp(at(from + i * step) - at(mode))) / 3;
        }
        const expected = at(mode) + log((total * 2) / (SCALE * Math.sqrt(2 * Math.PI)));
        expect(Math.abs(logE - expected)).toBeLessThan(1e-6);
      }
    },
  );

  test('a lift of 2% is seen at a million conversions, and does not vanish at ten million', () => {
    expect(liftEvidence(likelihoodOf(pair(1e6, 0.02, 0)), SCALE).logEBetter).toBeCloseTo(45.8, 0);
    expect(liftEvidence(likelihoodOf(pair(1e7, 0.02, 0)), SCALE).logEBetter).toBeCloseTo(485.8, 0);
  });

  test('two arms turned around give the same evidence turned around', () => {
    const data = pair(5000, 0.07, 0.2);
    const there = liftEvidence(likelihoodOf(data), SCALE);
    const back = liftEvidence(likelihoodOf({ first: data.second, second: data.first }), SCALE);
    expect(back.logEBetter).toBeCloseTo(there.logEWorse, 8);
    expect(back.logEWorse).toBeCloseTo(there.logEBetter, 8);
  });

  test('the interval is where the likelihood says so, and holds the likeliest lift', () => {
    const data = pair(5000, 0.07, 0.2);
    const likelihood = likelihoodOf(data);
    const evidence = liftEvidence(likelihood, SCALE);
    const { low, high } = liftInterval(likelihood, evidence, 0.05);
    const mixture = Math.log(0.5 * (Math.exp(evidence.logEBetter) + Math.exp(evidence.logEWorse)));
    for (const end of [low, high])
      expect(plainLikelihood(data, end)).toBeCloseTo(mixture + Math.log(0.05), 6);
    expect(likeliestLift(likelihood)).toBeCloseTo(Math.log(1.07), 8);
    expect(low).toBeLessThan(Math.log(1.07));
    expect(high).toBeGreaterThan(Math.log(1.07));
  });

  test('an arm without a conversion leaves one end of the interval open', () => {
    const likelihood = liftLikelihood(
      { exposures: Float64Array.of(1000), conversions: Float64Array.of(300) },
      { exposures: Float64Array.of(1000), conversions: Float64Array.of(0) },
      [0],
    );
    const evidence = liftEvidence(likelihood, SCALE);
    expect(likeliestLift(likelihood)).toBe(Infinity);
    expect(liftInterval(likelihood, evidence, 0.05)).toMatchObject({ high: Infinity });
    expect(liftInterval(likelihood, evidence, 0.05).low).toBeGreaterThan(0);
    expect(evidence.logEBetter).toBeGreaterThan(0);
  });

  test('without conversions nothing is said', () => {
    const none = { exposures: Float64Array.of(10), conversions: Float64Array.of(0) };
    const likelihood = liftLikelihood(none, none, [0]);
    const evidence = liftEvidence(likelihood, SCALE);
    expect(evidence).toEqual({ logEBetter: 0, logEWorse: 0 });
    expect(liftInterval(likelihood, evidence, 0.05)).toEqual({ low: -Infinity, high: Infinity });
    expect(likeliestLift(likelihood)).toBe(0);
  });

  test('looked at every day, it passes its bound without a difference in fewer tests than promised', () => {
    const random = seededRandom(5);
    let passed = 0;
    const tests = 200;
    for (let run = 0; run < tests; run++) {
      let own = 0;
      let all = 0;
      let largest = 0;
      for (let day = 0; day < 21; day++) {
        for (let i = 0; i < 60; i++) own += random() < 0.3 ? 1 : 0;
        all += 60;
        // One stratum in which the first arm has 30% of the exposures: the days' strata are alike.
        const likelihood = liftLikelihood(
          { exposures: Float64Array.of(3), conversions: Float64Array.of(own) },
          { exposures: Float64Array.of(7), conversions: Float64Array.of(all - own) },
          [0],
        );
        largest = Math.max(largest, liftEvidence(likelihood, SCALE).logEBetter);
      }
      if (largest >= Math.log(20)) passed += 1;
    }
    expect(passed / tests).toBeLessThan(0.05);
  });
});

describe('the day-level mixture', () => {
  /** As it is defined: the likelihood ratio of the scaled differences, mixed over effects by plain sums on a grid of effect and spread. */
  function byGrid(differences: readonly number[]): { better: number; worse: number } {
    const step = 0.03;
    let none = 0;
    let better = 0;
    let worse = 0;
    for (let logSpread = -6; logSpread < 3; logSpread += step) {
      const spread = Math.exp(logSpread);
      const density = (effect: number) =>
        differences.reduce((product, x) => (product * exp(-0.5 * (x / spread - effect) ** 2)) / spread, 1);
      none += density(0);
      for (let effect = step / 2; effect < 6; effect += step) {
        const weight = 2 * step * (exp(-0.5 * effect * effect) / Math.sqrt(2 * Math.PI));
        better += weight * density(effect);
        worse += weight * density(-effect);
      }
    }
    return { better: better / none, worse: worse / none };
  }

  test('its closed form is the mixture that it stands for', () => {
    const differences = [0.1, 0.12, -0.03, 0.11, 0.3, 0.05, 0.2];
    const { logEBetter, logEWorse } = dayLevelEvidence(differences);
    const { better, worse } = byGrid(differences);
    expect(logEBetter).toBeCloseTo(Math.log(better), 2);
    expect(logEWorse).toBeCloseTo(Math.log(worse), 2);
  });

  test('its interval ends where the two-sided mixture of what is left reaches the limit', () => {
    const differences = [0.1, 0.12, -0.03, 0.11, 0.3, 0.05, 0.2, 0.07, 0.12, 0.1, 0.15];
    const { low, high } = dayLevelInterval(differences, 0.1);
    for (const end of [low, high]) {
      const { logEBetter, logEWorse } = dayLevelEvidence(differences.map((x) => x - end));
      expect(0.5 * (Math.exp(logEBetter) + Math.exp(logEWorse))).toBeCloseTo(10, 6);
    }
  });

  test('a day or two, or days all alike, give neither NaN nor a call', () => {
    expect(dayLevelEvidence([])).toEqual({ logEBetter: 0, logEWorse: 0 });
    expect(dayLevelEvidence([0.3])).toEqual({ logEBetter: 0, logEWorse: 0 });
    expect(dayLevelEvidence([0, 0, 0])).toEqual({ logEBetter: 0, logEWorse: 0 });
    expect(dayLevelInterval([0.3], 0.05)).toEqual({ low: -Infinity, high: Infinity });
    expect(dayLevelInterval([0.1, 0.2], 0.05)).toEqual({ low: -Infinity, high: Infinity });
    expect(dayLevelEvidence([0.1, 0.1, 0.1]).logEBetter).toBeLessThan(Math.log(20));
  });
});
