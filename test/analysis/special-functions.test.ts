import { describe, expect, test } from '@jest/globals';
import * as cephes from 'cephes';
import { betaDistribution, studentTUpper } from '../../analysis/special-functions/beta.ts';
import { erf, erfc, scaledErfc } from '../../analysis/special-functions/error-function.ts';
import { chiSquareUpper, gammaDistribution } from '../../analysis/special-functions/gamma.ts';
import { log1pMinus, logGamma, stirlingError } from '../../analysis/special-functions/log-gamma.ts';
import {
  normalDensity,
  normalLower,
  normalQuantile,
  normalUpper,
  normalUpperQuantile,
} from '../../analysis/special-functions/normal.ts';
import { referenceCase, referenceData, relativeError } from './reference-data.ts';

type Row =
  | { f: 'betacdf'; a: number; b: number; x: number; v: string }
  | { f: 'betaq'; a: number; b: number; p: number }
  | { f: 'gammacdf'; k: number; x: number; v: string }
  | { f: 'normcdf'; x: number; v: string }
  | { f: 'normq'; p: number; v: string }
  | { f: 'chisf' | 'tsf'; df: number; x: number; v: string };

const ROWS = referenceData<Row[]>('special-functions.json');

/** What we compute for a row, and what it should be. */
function computed(row: Row): readonly [number, number] {
  switch (row.f) {
    case 'betacdf':
      return [betaDistribution(row.a, row.b).lower(row.x), Number(row.v)];
    case 'betaq': {
      const beta = betaDistribution(row.a, row.b);
      return [beta.lower(beta.quantile(row.p)), row.p];
    }
    case 'gammacdf':
      return [gammaDistribution(row.k).lower(row.x), Number(row.v)];
    case 'normcdf':
      return [normalLower(row.x), Number(row.v)];
    case 'normq':
      return [normalQuantile(row.p), Number(row.v)];
    case 'chisf':
      return [chiSquareUpper(row.x, row.df), Number(row.v)];
    case 'tsf':
      return [studentTUpper(row.x, row.df), Number(row.v)];
  }
}

describe('special functions', () => {
  test.each([...new Set(ROWS.map(({ f }) => f))])(
    '%s agrees with 25-digit references to 1e-9 over their whole range',
    (name) => {
      const wrong = ROWS.filter(({ f }) => f === name).filter(
        (row) => !(relativeError(...computed(row)) < 1e-9),
      );
      expect(wrong).toEqual([]);
    },
  );

  test('both tails of a beta hold 1e-9 for any shapes from a half to 1e8, however small the tail', () => {
    const rows =
      referenceData<{ a: number; b: number; x: number; lower: string; upper: string }[]>(
        'beta-wide-range.json',
      );
    const wrong = rows.filter(({ a, b, x, lower, upper }) => {
      const beta = betaDistribution(a, b);
      return !(
        relativeError(beta.lower(x), Number(lower)) < 1e-9 &&
        relativeError(beta.upper(x), Number(upper)) < 1e-9
      );
    });
    expect(rows.length).toBeGreaterThan(140);
    expect(wrong).toEqual([]);
  });

  test('a quantile leads back to its probability in both tails, out to 1e-15', () => {
    const shapes = [0.5, 0.7, 1, 2.5, 99, 101, 4e4, 1e8];
    const probabilities = [1e-15, 1e-6, 0.025, 0.5];
    for (const a of shapes) {
      const gamma = gammaDistribution(a);
      for (const p of probabilities) {
        expect(relativeError(gamma.lower(gamma.quantile(p)), p)).toBeLessThan(1e-9);
        expect(relativeError(gamma.upper(gamma.upperQuantile(p)), p)).toBeLessThan(1e-9);
        for (const b of shapes) {
          const beta = betaDistribution(a, b);
          expect(relativeError(beta.atLogit(beta.logitQuantile(p)).lower, p)).toBeLessThan(1e-9);
          expect(relativeError(beta.atLogit(beta.logitUpperQuantile(p)).upper, p)).toBeLessThan(1e-9);
        }
      }
    }
  });

  test('quantiles above one half and at the ends are the mirrored ones', () => {
    const beta = betaDistribution(3, 40);
    expect(beta.quantile(0.9)).toBeCloseTo(beta.upperQuantile(0.1), 12);
    expect(beta.upperQuantile(0.9)).toBeCloseTo(beta.quantile(0.1), 12);
    expect([beta.quantile(0), beta.quantile(1), beta.upperQuantile(0), beta.upperQuantile(1)]).toEqual([
      0, 1, 1, 0,
    ]);
    const gamma = gammaDistribution(3);
    expect(gamma.quantile(0.9)).toBeCloseTo(gamma.upperQuantile(0.1), 12);
    expect(gamma.upperQuantile(0.9)).toBeCloseTo(gamma.quantile(0.1), 12);
    expect([gamma.quantile(0), gamma.quantile(1), gamma.upperQuantile(0), gamma.upperQuantile(1)]).toEqual([
      0,
      Infinity,
      Infinity,
      0,
    ]);
    expect([normalQuantile(0), normalQuantile(0.5), normalQuantile(1)]).toEqual([-Infinity, 0, Infinity]);
    expect(normalQuantile(1.5)).toBeNaN();
  });

  test('outside its range a distribution function is 0 or 1', () => {
    for (const distribution of [betaDistribution(2, 3), gammaDistribution(2)]) {
      expect([distribution.lower(-1), distribution.upper(-1)]).toEqual([0, 1]);
      expect([distribution.lower(Infinity), distribution.upper(Infinity)]).toEqual([1, 0]);
    }
  });

  test.each([
    [0, 1],
    [-1, 1],
    [Number.NaN, 1],
    [1, Infinity],
  ])('shapes that make no distribution are refused: %d and %d', (a, b) => {
    expect(() => betaDistribution(a, b)).toThrow(RangeError);
    expect(() => gammaDistribution(a === 1 ? b : a)).toThrow(RangeError);
  });

  test('the density is the slope of the distribution function', () => {
    const beta = betaDistribution(40, 900);
    const gamma = gammaDistribution(40);
    const step = 1e-4;
    const betaSlope = (beta.atLogit(-3 + step).lower - beta.atLogit(-3 - step).lower) / (2 * step);
    const gammaSlope = (gamma.atLog(3.7 + step).lower - gamma.atLog(3.7 - step).lower) / (2 * step);
    expect(relativeError(beta.atLogit(-3).density, betaSlope)).toBeLessThan(1e-5);
    expect(relativeError(gamma.atLog(3.7).density, gammaSlope)).toBeLessThan(1e-5);
  });

  test('far tails are direct, not rounded to 0 as 1 - cdf would be', () => {
    expect(relativeError(normalUpper(10), 7.619853024160525e-24)).toBeLessThan(1e-12);
    expect(relativeError(normalUpperQuantile(7.619853024160525e-24), 10)).toBeLessThan(1e-12);
    expect(relativeError(chiSquareUpper(300, 1), 3.29436238331404e-67)).toBeLessThan(1e-12);
    expect(studentTUpper(-3, 8)).toBeCloseTo(1 - studentTUpper(3, 8), 14);
  });

  test("GrowthBook's chance to win is the normal distribution function", () => {
    const { inputs, expected, tolerance } = referenceCase<{
      id: string;
      inputs: { expected_effect: number; stddev: number };
      expected: { chance_to_win: number };
      tolerance: number;
    }>('gb-ctw-flat');
    const chance = normalLower(inputs.expected_effect / inputs.stddev);
    expect(Math.abs(chance - expected.chance_to_win)).toBeLessThanOrEqual(tolerance);
  });

  test('cephes agrees, as far as it is exact itself', async () => {
    await cephes.compiled;
    for (const x of [-3, -0.6, 0.1, 0.4, 0.5, 0.74, 0.76, 1, 2, 5, 6.2, 6.3, 9]) {
      expect(relativeError(erf(x), 1 - cephes.erfc(x))).toBeLessThan(1e-13);
      expect(relativeError(erfc(x), cephes.erfc(x))).toBeLessThan(1e-13);
      expect(relativeError(normalLower(x), cephes.ndtr(x))).toBeLessThan(1e-13);
    }
    for (const z of [0.01, 0.3, 0.5, 0.99, 1.01, 1.49, 1.51, 1.99, 2.01, 3.3, 9.9, 10.1, 200, 5e7]) {
      expect(relativeError(logGamma(z), cephes.lgam(z))).toBeLessThan(1e-12);
    }
    for (const p of [1e-12, 0.001, 0.2, 0.49, 0.7, 0.999]) {
      expect(relativeError(normalQuantile(p), cephes.ndtri(p))).toBeLessThan(1e-12);
    }
    for (const shape of [0.5, 3, 40, 150, 2000]) {
      for (const z of [-3, -1, 0.3, 2, 5]) {
        const x = Math.max(0.05, shape + z * Math.sqrt(shape));
        expect(relativeError(gammaDistribution(shape).lower(x), cephes.igam(shape, x))).toBeLessThan(1e-7);
        expect(relativeError(gammaDistribution(shape).upper(x), cephes.igamc(shape, x))).toBeLessThan(1e-7);
        const logit = Math.log(shape / 3000) + z / Math.sqrt(shape);
        const share = 1 / (1 + Math.exp(-logit));
        expect(
          relativeError(betaDistribution(shape, 3000).lower(share), cephes.incbet(shape, 3000, share)),
        ).toBeLessThan(1e-7);
      }
    }
  });

  test('log-gamma knows its zeros, factorials and poles', () => {
    expect([logGamma(1), logGamma(2), logGamma(0)]).toEqual([0, 0, Infinity]);
    expect(logGamma(-1)).toBeNaN();
    expect(relativeError(logGamma(7), Math.log(720))).toBeLessThan(1e-15);
    // DLMF 5.4.6: Gamma(1/2) = sqrt(pi).
    expect(relativeError(logGamma(0.5), 0.5 * Math.log(Math.PI))).toBeLessThan(1e-14);
    expect(relativeError(stirlingError(1e6), 1 / 12e6)).toBeLessThan(1e-12);
    expect(relativeError(stirlingError(9.999999), stirlingError(10.000001))).toBeLessThan(1e-6);
  });

  test('small differences are not lost to cancellation', () => {
    expect(relativeError(log1pMinus(1e-8), -0.5e-16 + 1e-24 / 3)).toBeLessThan(1e-14);
    expect(relativeError(log1pMinus(-0.4), Math.log(0.6) + 0.4)).toBeLessThan(1e-14);
    expect(log1pMinus(3)).toBeCloseTo(Math.log(4) - 3, 14);
    expect(
      relativeError(scaledErfc(1000), 1 / (1000 * Math.sqrt(Math.PI)) - 0.5e-9 / Math.sqrt(Math.PI)),
    ).toBeLessThan(1e-11);
    expect(normalDensity(0)).toBeCloseTo(0.3989422804014327, 15);
  });
});
