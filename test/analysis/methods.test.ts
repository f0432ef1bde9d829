import { describe, expect, test } from '@jest/globals';
import { explorationShares } from '../../analysis/allocation.ts';
import { firthRegression, profileInterval, type Trials } from '../../analysis/firth.ts';
import { crossingProbabilities, obrienFlemingBounds } from '../../analysis/group-sequential.ts';
import { mantelHaenszel, type PairTable } from '../../analysis/mantel-haenszel.ts';
import { benjaminiHochberg, holm } from '../../analysis/multiple-comparisons.ts';
import {
  bestRho,
  logOneSidedMixture,
  logTwoSidedMixture,
  twoSidedBound,
} from '../../analysis/normal-mixture.ts';
import { sampleRatioCourse, sampleRatioPValue } from '../../analysis/sample-ratio.ts';
import { referenceCase } from './reference-data.ts';

interface Case<Inputs, Expected, Tolerance = number> {
  id: string;
  inputs: Inputs & Record<string, unknown>;
  expected: Expected;
  tolerance: Tolerance;
}

function expectWithin(actual: number, expected: number, tolerance: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerance);
}

describe('normal mixtures', () => {
  interface Mixture {
    s: number;
    v: number;
    v_opt: number;
    alpha_opt: number;
    alpha: number;
  }

  test("confseq's rho, mixtures of both kinds", () => {
    const rho = referenceCase<Case<Mixture, { rho: number }>>('cs-normal-rho');
    expectWithin(bestRho(rho.inputs.v_opt, rho.inputs.alpha_opt), rho.expected.rho, rho.tolerance);
    const two = referenceCase<Case<Mixture, { value: number }>>('cs-normal-logmix');
    const { s, v, v_opt, alpha_opt } = two.inputs;
    expectWithin(logTwoSidedMixture(s, v, bestRho(v_opt, alpha_opt)), two.expected.value, two.tolerance);
    const one = referenceCase<Case<Mixture, { value: number }>>('cs-normal-logmix-1s');
    expectWithin(logOneSidedMixture(s, v, bestRho(v_opt, 2 * alpha_opt)), one.expected.value, one.tolerance);
  });

  test('the bound is where the two-sided mixture reaches 1 / alpha', () => {
    expect(logTwoSidedMixture(twoSidedBound(500, 12, 0.05), 500, 12)).toBeCloseTo(Math.log(20), 10);
  });

  test('a large negative score gives a small e-value, not NaN', () => {
    expect(logOneSidedMixture(-1e6, 100, 12)).toBeLessThan(-5);
    expect(logOneSidedMixture(0, 100, 12)).toBeCloseTo(logTwoSidedMixture(0, 100, 12), 12);
    expect(logOneSidedMixture(-3, 100, 12)).toBeLessThan(logOneSidedMixture(-2, 100, 12));
  });
});

describe('planned looks', () => {
  test("five even looks have the bounds that Lan and DeMets' O'Brien-Fleming spending is known for", () => {
    const bounds = obrienFlemingBounds([0.2, 0.4, 0.6, 0.8, 1], 0.025);
    const published = [4.8769, 3.357, 2.6803, 2.2898, 2.031];
    bounds.forEach((bound, look) => {
      expectWithin(bound, published[look] ?? 0, 1e-4);
    });
  });

  test('daily looks spend what was allowed, and no look more', () => {
    const looks = Array.from({ length: 22 }, (_, i) => (i + 7) / 28);
    const crossed = crossingProbabilities(looks, obrienFlemingBounds(looks, 0.025), 0);
    expect(crossed.at(-1)).toBeCloseTo(0.025, 9);
    crossed.forEach((so, look) => {
      expect(so).toBeGreaterThanOrEqual(crossed[look - 1] ?? 0);
    });
  });

  test('a drift that a fixed test finds in 80% is found in nearly as many with daily looks', () => {
    const looks = Array.from({ length: 22 }, (_, i) => (i + 7) / 28);
    const power = crossingProbabilities(looks, obrienFlemingBounds(looks, 0.025), 1.959964 + 0.841621).at(-1);
    expect(power).toBeGreaterThan(0.77);
    expect(power).toBeLessThan(0.8);
  });

  test('a look without anything new can declare nothing', () => {
    expect(obrienFlemingBounds([0.5, 0.5, 1], 0.025)[1]).toBe(Infinity);
  });
});

describe('several platforms', () => {
  type Table = [[number, number], [number, number]];
  const known =
    referenceCase<
      Case<
        { tables: Table[] },
        { or_pooled: number; cmh_chi2_corrected: number; p_value: number; or_ci: [number, number] },
        { default: number; or_ci: number }
      >
    >('mh-1');
  const tables = known.inputs.tables.map(([converted, others]): PairTable => ({ converted, others }));

  test("Mantel and Haenszel's odds ratio, its interval and its test are R's", () => {
    const { ratio, logError, chiSquare, pValue } = mantelHaenszel(tables);
    expectWithin(ratio ?? 0, known.expected.or_pooled, known.tolerance.default);
    expectWithin(chiSquare ?? 0, known.expected.cmh_chi2_corrected, known.tolerance.default);
    expectWithin(pValue ?? 1, known.expected.p_value, known.tolerance.default);
    [-1, 1].forEach((side, end) => {
      const limit = (ratio ?? 0) * Math.exp(side * 1.959964 * (logError ?? 0));
      expectWithin(limit / (known.expected.or_ci[end] ?? 1), 1, known.tolerance.or_ci);
    });
  });

  test('an odds ratio that is the same everywhere is found so, and one that is turned around is not', () => {
    const same = [
      { converted: [200, 100], others: [800, 800] },
      { converted: [50, 25], others: [2000, 2000] },
    ] as const;
    expect(mantelHaenszel(same).heterogeneity?.pValue).toBeCloseTo(1, 6);
    const turned = [
      { converted: [200, 100], others: [800, 900] },
      { converted: [100, 200], others: [900, 800] },
    ] as const;
    expect(mantelHaenszel(turned).heterogeneity).toMatchObject({ degrees: 1 });
    expect(mantelHaenszel(turned).heterogeneity?.pValue).toBeLessThan(1e-10);
    // By hand: with a pooled ratio of 1 each expected count is 150, and each of the four cells' inverse sums to 4 (1 / 150 ...).
    expect(mantelHaenszel(turned).heterogeneity?.chiSquare).toBeCloseTo(2 * 50 ** 2 * (2 / 150 + 2 / 850), 8);
  });

  test('tables that say nothing give null, not NaN', () => {
    const empty = { ratio: null, logError: null, chiSquare: null, pValue: null, heterogeneity: null };
    expect(mantelHaenszel([])).toEqual(empty);
    expect(mantelHaenszel([{ converted: [0, 0], others: [5, 5] }])).toEqual(empty);
  });
});

describe('shares of randomised units', () => {
  test.each(['gb-srm-1', 'gb-srm-2', 'gb-srm-4', 'gb-srm-5', 'gb-srm-7', 'gb-srm-9'])(
    "GrowthBook's case %s",
    (id) => {
      const { inputs, expected, tolerance } =
        referenceCase<Case<{ users: number[]; weights: number[] }, { p_value: number }>>(id);
      expectWithin(sampleRatioPValue(inputs.users, inputs.weights), expected.p_value, tolerance);
    },
  );

  test("Optimizely's sequential test, unit by unit", () => {
    const { inputs, expected, tolerance } =
      referenceCase<
        Case<
          { increments: number[][]; weights: number[] },
          { log_marginal_m1: number[]; log_marginal_m0: number[] }
        >
      >('ssrm-unit');
    const { logFree, logPlanned, pValue } = sampleRatioCourse(inputs.increments, inputs.weights);
    expected.log_marginal_m1.forEach((value, look) => {
      expectWithin(logFree[look] ?? 0, value, tolerance);
    });
    expected.log_marginal_m0.forEach((value, look) => {
      expectWithin(logPlanned[look] ?? 0, value, tolerance);
    });
    expect(pValue).toBe(1);
  });
});

describe('many comparisons', () => {
  test("Holm's values are GrowthBook's", () => {
    const { inputs, expected, tolerance } =
      referenceCase<Case<{ p_values: number[] }, { adjusted: number[] }>>('gb-holm');
    holm(inputs.p_values).forEach((p, i) => {
      expectWithin(p, expected.adjusted[i] ?? -1, tolerance);
    });
  });

  test("Benjamini and Hochberg's follow from their definition", () => {
    expect(benjaminiHochberg([0.01, 0.04, 0.03, 0.005, 0.55, 0.6]).map((p) => Number(p.toFixed(10)))).toEqual(
      [0.03, 0.06, 0.06, 0.03, 0.6, 0.6],
    );
    expect(holm([])).toEqual([]);
  });

  test('advice goes to the arms that might still be the best', () => {
    const shares = explorationShares([0.5, 0.45, 0.05, 0]);
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(shares[0]).toBeGreaterThan(shares[2] ?? 1);
    expect(shares[3]).toBe(0);
    expect(explorationShares([1, 0])).toEqual([0.5, 0.5]);
  });
});

describe("Firth's regression", () => {
  const known =
    referenceCase<
      Case<
        { rows: number[][] },
        {
          intercept: number;
          coef: number[];
          profile_ci_coef: [number, number][];
          profile_ci_intercept: [number, number];
        }
      >
    >('firth-sex2');
  const byCovariates = new Map<string, { covariates: number[]; trials: number; conversions: number }>();
  for (const [response = 0, ...covariates] of known.inputs.rows) {
    const key = covariates.join();
    const row = byCovariates.get(key) ?? { covariates: [1, ...covariates], trials: 0, conversions: 0 };
    byCovariates.set(key, row);
    row.trials += 1;
    row.conversions += response;
  }
  const rows: Trials[] = [...byCovariates.values()];

  test('where a covariate separates the outcomes, the coefficients are those of the reference', () => {
    const { coefficients, hasConverged } = firthRegression(rows);
    expect(hasConverged).toBe(true);
    [known.expected.intercept, ...known.expected.coef].forEach((value, index) => {
      expectWithin(coefficients[index] ?? 0, value, known.tolerance);
    });
  });

  test('and so are the profile intervals', () => {
    const fit = firthRegression(rows);
    [known.expected.profile_ci_intercept, ...known.expected.profile_ci_coef].forEach((interval, index) => {
      const ours = profileInterval(rows, fit, index, 3.841458820694124 / 2);
      interval.forEach((end, side) => {
        expectWithin(ours[side] ?? 0, end, known.tolerance);
      });
    });
  });

  test('covariates that repeat each other are told, not divided by', () => {
    const doubled = [
      { covariates: [1, 1, 1], trials: 10, conversions: 3 },
      { covariates: [1, 0, 0], trials: 10, conversions: 5 },
    ];
    expect(firthRegression(doubled).hasConverged).toBe(false);
    expect(firthRegression([]).coefficients).toEqual([]);
  });
});
