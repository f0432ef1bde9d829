import { describe, expect, test } from '@jest/globals';
import { parse } from 'csv-parse/sync';
import { PLATFORMS } from '../../domain/platforms.ts';
import { type AudienceOrder, audienceFor, toLongCsv } from '../../simulator/audience.ts';
import { binomial, logFactorial, poisson } from '../../simulator/draws.ts';
import { randomOf } from '../../simulator/random.ts';

const ORDER: AudienceOrder = {
  variants: [{ name: 'Variant A' }, { name: 'Variant B' }, { name: 'Variant C' }],
  platforms: ['tiktok', 'instagram'],
  days: 28,
  startDay: '2026-02-15',
  seed: 7,
};

function total(rows: ReturnType<typeof audienceFor>['rows'], variant: string, metric: string): number {
  return rows
    .filter((row) => row.variant === variant && row.metric === metric)
    .reduce((sum, row) => sum + row.value, 0);
}

describe('an audience', () => {
  test('reacts the same way to the same videos, and another way under another seed', () => {
    expect(audienceFor(ORDER)).toEqual(audienceFor(ORDER));
    expect(audienceFor({ ...ORDER, seed: 8 }).rows).not.toEqual(audienceFor(ORDER).rows);
  });

  test('converts at the true rate, within what chance allows', () => {
    const { rows, truth } = audienceFor({ ...ORDER, impressionsPerDay: 50_000 });
    for (const [variant, rate] of Object.entries(truth)) {
      const impressions = total(rows, variant, 'impressions');
      const deviation = Math.sqrt((rate * (1 - rate)) / impressions);
      const observed = total(rows, variant, 'conversions') / impressions;
      expect(Math.abs(observed - rate)).toBeLessThan(4 * deviation);
    }
  });

  test('likes the best variant a quarter better than the base rate, and no other as much', () => {
    const { best, truth } = audienceFor({ ...ORDER, baseRate: 0.04 });
    expect(truth[best ?? '']).toBeCloseTo(0.05, 12);
    for (const [variant, rate] of Object.entries(truth)) {
      if (variant !== best) expect(rate).toBeLessThanOrEqual(0.04);
    }
  });

  test('has no best variant where there is no difference', () => {
    const { best, truth } = audienceFor({ ...ORDER, spread: 0 });
    expect(best).toBeUndefined();
    expect(new Set(Object.values(truth)).size).toBe(1);
  });

  test('is told day by day at the end of the day, in whole numbers that shrink along the funnel', () => {
    const { rows } = audienceFor({ ...ORDER, baseRate: 0.5 });
    expect(rows).toHaveLength(3 * 2 * 28 * 5);
    expect(rows[0]?.recorded_at).toBe('2026-02-15T23:59:59.999Z');
    expect(rows.at(-1)?.recorded_at).toBe('2026-03-14T23:59:59.999Z');
    for (let at = 0; at < rows.length; at += 5) {
      const [impressions, views, clicks, conversions] = rows.slice(at, at + 4).map((row) => row.value);
      const funnel = [impressions, views, clicks, conversions].map((value) => value ?? Number.NaN);
      expect(funnel.every(Number.isSafeInteger)).toBe(true);
      expect(funnel).toEqual([...funnel].sort((a, b) => b - a));
    }
  });

  test('does not change its mind about a variant because another one is shown beside it', () => {
    const few = audienceFor({ ...ORDER, spread: 0 });
    const more = audienceFor({ ...ORDER, spread: 0, variants: [{ name: 'New' }, ...ORDER.variants] });
    expect(more.rows.filter((row) => row.variant !== 'New')).toEqual(few.rows);
  });

  test('is written as CSV that a reader gets back exactly, commas, quotes and line breaks included', () => {
    const name = 'Say "hi", then\nleave';
    const { rows } = audienceFor({ ...ORDER, variants: [{ name, ad: ' ad, 1' }], platforms: [...PLATFORMS] });
    const csv = toLongCsv(rows);
    expect(csv.split('\n')[0]).toBe('variant,platform,metric,value,recorded_at,ad');
    const back: Record<string, string>[] = parse(csv, { columns: true });
    expect(back).toEqual(rows.map((row) => ({ ...row, value: String(row.value) })));
  });

  test('refuses a day that does not exist and a platform nobody knows', () => {
    expect(() => audienceFor({ ...ORDER, startDay: '2026-02-30' })).toThrow('startDay');
    expect(() => audienceFor({ ...ORDER, platforms: ['myspace' as never] })).toThrow('platforms');
  });
});

describe('draws', () => {
  const COUNT = 10_000;

  /** Mean and variance of a sample within five standard errors of the true ones (the variance's for near-normal draws). */
  function expectMoments(draw: () => number, mean: number, variance: number): void {
    const sample = Array.from({ length: COUNT }, draw);
    const sampleMean = sample.reduce((sum, value) => sum + value, 0) / COUNT;
    const sampleVariance = sample.reduce((sum, value) => sum + (value - sampleMean) ** 2, 0) / (COUNT - 1);
    expect(Math.abs(sampleMean - mean)).toBeLessThan(5 * Math.sqrt(variance / COUNT));
    const excess = 1 / Math.max(variance, 1e-9);
    expect(Math.abs(sampleVariance / variance - 1)).toBeLessThan(5 * Math.sqrt((2 + excess) / COUNT));
  }

  test.each([
    [5, 0.3],
    [1000, 0.002],
    [1000, 0.02],
    [40, 0.5],
    [200, 0.93],
    [100_000, 0.31],
  ])('of %i trials at %f have the binomial mean and variance', (trials, probability) => {
    const random = randomOf('binomial', trials, probability);
    expectMoments(
      () => binomial(random, trials, probability),
      trials * probability,
      trials * probability * (1 - probability),
    );
  });

  test.each([0.2, 3, 9.9, 10, 57, 20_000])('at a mean of %f have the Poisson mean and variance', (mean) => {
    const random = randomOf('poisson', mean);
    expectMoments(() => poisson(random, mean), mean, mean);
  });

  test('of a binomial hit each value as often as they should (chi-squared)', () => {
    const [trials, probability] = [60, 0.25];
    const random = randomOf('chi-squared');
    const seen = new Array<number>(trials + 1).fill(0);
    for (let n = 0; n < COUNT; n += 1) {
      const k = binomial(random, trials, probability);
      seen[k] = (seen[k] ?? 0) + 1;
    }
    let statistic = 0;
    let cells = 0;
    seen.forEach((count, k) => {
      const logMass =
        logFactorial(trials) -
        logFactorial(k) -
        logFactorial(trials - k) +
        k * Math.log(probability) +
        (trials - k) * Math.log(1 - probability);
      const expected = COUNT * Math.exp(logMass);
      if (expected < 5) return;
      statistic += (count - expected) ** 2 / expected;
      cells += 1;
    });
    // The 99.99 % point of chi-squared with as many degrees lies below this.
    expect(statistic).toBeLessThan(cells + 4.5 * Math.sqrt(2 * cells));
  });

  test('of impossible and certain things need no chance', () => {
    const random = randomOf('edges');
    expect([
      binomial(random, 0, 0.5),
      binomial(random, 9, 0),
      binomial(random, 9, 1),
      poisson(random, 0),
    ]).toEqual([0, 0, 9, 0]);
  });
});
