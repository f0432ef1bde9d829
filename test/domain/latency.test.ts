import { describe, expect, test } from '@jest/globals';
import { HEALTH_LIMITS } from '../../domain/database-health.ts';
import { type BucketCounts, QUERY_BOUNDS, quantileBound } from '../../domain/latency.ts';

describe('a percentile of what queries took', () => {
  test('is the bound of the bucket that holds it, whatever their order', () => {
    const counts: BucketCounts = [
      [Number.POSITIVE_INFINITY, 5],
      [0.01, 90],
      [0.1, 5],
    ];
    expect(quantileBound(counts, 0.9)).toBe(0.01);
    expect(quantileBound(counts, 0.901)).toBe(0.1);
    expect(quantileBound(counts, 0.95)).toBe(0.1);
    expect(quantileBound(counts, 0.951)).toBe(Number.POSITIVE_INFINITY);
    expect(quantileBound(counts, 1)).toBe(Number.POSITIVE_INFINITY);
  });

  test('is unknown where nothing was measured', () => {
    expect(quantileBound([], 0.95)).toBeUndefined();
    expect(quantileBound([[0.1, 0]], 0.95)).toBeUndefined();
  });

  test('is known to keep the limit, since the limit is itself a bound', () => {
    expect(QUERY_BOUNDS).toContain(HEALTH_LIMITS.querySeconds);
    expect(QUERY_BOUNDS).toEqual([...new Set(QUERY_BOUNDS)].toSorted((a, b) => a - b));
  });
});
