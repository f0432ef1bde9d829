import { describe, expect, test } from '@jest/globals';
import { integrate } from '../../analysis/quadrature.ts';

describe('quadrature', () => {
  test('polynomials up to degree 22 are exact on one panel', () => {
    const powers = Array.from({ length: 23 }, (_, power) => power);
    const values = integrate(
      (x, out) => {
        for (const power of powers) out[power] = x ** power;
      },
      powers.length,
      [0, 2],
      () => Number.POSITIVE_INFINITY,
    );
    for (const power of powers) {
      const exact = 2 ** (power + 1) / (power + 1);
      expect(Math.abs((values[power] ?? Number.NaN) / exact - 1)).toBeLessThan(1e-14);
    }
  });

  test('several functions are integrated together, each to its own tolerance', () => {
    const [bell, root] = integrate(
      (x, out) => {
        out[0] = Math.exp(-x * x);
        out[1] = Math.sqrt(Math.abs(x - 1));
      },
      2,
      [-8, 0, 8],
      () => 1e-11,
    );
    expect(bell).toBeCloseTo(Math.sqrt(Math.PI), 10);
    expect(root).toBeCloseTo((2 / 3) * (27 + 7 ** 1.5), 8);
  });

  test('a function that is all noise ends after a bounded amount of work', () => {
    let calls = 0;
    const noise = (x: number): number => (Math.sin(1e9 * x) * 1e9) % 1;
    integrate(
      (x, out) => {
        calls += 1;
        out[0] = noise(x);
      },
      1,
      [0, 1],
      () => 1e-12,
    );
    expect(calls).toBeLessThan(100_000);
  });
});
