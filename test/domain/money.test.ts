import { describe, expect, test } from '@jest/globals';
import { formatUsd, fromUsd, microUsd, sumUsd, usdDecimal } from '../../domain/money.ts';

describe('money', () => {
  test.each([
    [0, '$0.00', '0.000000'],
    [400_000, '$0.40', '0.400000'],
    [12_500, '$0.0125', '0.012500'],
    [1, '$0.000001', '0.000001'],
    [1_234_560_000, '$1234.56', '1234.560000'],
    [-2_500_000, '-$2.50', '-2.500000'],
    [Number.MAX_SAFE_INTEGER, '$9007199254.740991', '9007199254.740991'],
  ])('%i micro-dollars are %s, and %s in the database', (amount, shown, stored) => {
    expect(formatUsd(microUsd(amount))).toBe(shown);
    expect(usdDecimal(microUsd(amount))).toBe(stored);
  });

  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])(
    '%d micro-dollars are refused',
    (amount) => {
      expect(() => microUsd(amount)).toThrow(TypeError);
    },
  );

  test('comes from dollars to the nearest micro-dollar', () => {
    expect(fromUsd(0.1)).toBe(100_000);
    expect(fromUsd(1.0000005)).toBe(1_000_001);
    expect(() => fromUsd(Number.NaN)).toThrow(TypeError);
  });

  test('adds up without losing anything: ten times ten cents is a dollar', () => {
    expect(sumUsd(Array.from({ length: 10 }, () => fromUsd(0.1)))).toBe(1_000_000);
    expect(sumUsd([])).toBe(0);
    expect(() => sumUsd([microUsd(Number.MAX_SAFE_INTEGER), microUsd(1)])).toThrow(TypeError);
  });
});
