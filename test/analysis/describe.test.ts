import { describe, expect, test } from '@jest/globals';
import { analyzeTest } from '../../analysis/analyze.ts';
import type { Cell } from '../../analysis/cells.ts';
import { describeVerdict } from '../../analysis/describe.ts';

const ARMS = ['A', 'B', 'C'].map((letter) => ({ id: letter, name: `Variant ${letter}` }));

interface Week {
  from?: string;
  days?: number;
  /** Exposures and conversions a day, by arm. */
  counts: Record<string, readonly [number, number]>;
  platforms?: readonly string[];
}

function told({ from = '2026-11-12', days = 7, counts, platforms = ['tiktok'] }: Week): string {
  const start = Date.parse(`${from}T00:00:00Z`);
  const cells = Object.entries(counts).flatMap(([armId, [exposures, conversions]]) =>
    platforms.flatMap((platform) =>
      Array.from({ length: days }, (_, day): Cell => {
        const date = new Date(start + day * 86_400_000).toISOString().slice(0, 10);
        return { armId, platform, cell: '', day: date, exposures, conversions };
      }),
    ),
  );
  return describeVerdict(
    analyzeTest({
      metric: { name: 'conversion_rate', numerator: 'conversions', denominator: 'impressions' },
      arms: ARMS.filter(({ id }) => id in counts),
      cells,
    }),
  );
}

describe('the verdict in words', () => {
  test('says who leads by how much, where, when, on how much, and what stopping would lose', () => {
    const sentence = told({
      counts: { A: [1000, 36], B: [1000, 41] },
      platforms: ['tiktok', 'facebook'],
    });
    expect(sentence).toContain(
      'Variant B leads on conversions per impression: 4.1% against 3.6% for the next, Variant A, on TikTok and Facebook, 12 to 18 Nov 2026, 1,078 conversions; stopping now with Variant B would lose an expected',
    );
    expect(sentence).toContain('Not a verdict yet');
  });

  test('never promises, and never turns a probability into certainty', () => {
    const sentences = [
      told({ counts: { A: [10_000, 360], B: [10_000, 410] } }),
      told({ counts: { A: [1000, 2], B: [1000, 9] } }),
      told({ counts: { A: [1000, 20] } }),
    ];
    for (const sentence of sentences) {
      expect(sentence).not.toMatch(
        /likely|will win|confiden|everywhere|incremental|no difference|winner|NaN|undefined/i,
      );
    }
  });

  test.each([
    [0.012, { A: [1000, 20], B: [1000, 21] }, /an expected 0\.\d+ percentage points\./],
    [1e-9, { A: [1e5, 1850], B: [1e5, 1910] }, /an expected less than 0\.002 percentage points\./],
  ] as const)('gives the loss in points, to one digit (%d)', (_, counts, expected) => {
    expect(told({ counts })).toMatch(expected);
  });

  test('two variants with the same rate are level, and none leads', () => {
    expect(told({ counts: { A: [1000, 20], B: [1000, 20] } })).toMatch(
      /^Variant A and Variant B are level on conversions per impression: 2% each/,
    );
  });

  test.each([
    ['2026-11-12', 7, '12 to 18 Nov 2026'],
    ['2026-10-28', 7, '28 Oct to 3 Nov 2026'],
    ['2026-12-28', 8, '28 Dec 2026 to 4 Jan 2027'],
  ])('days from %s read as people write them', (from, days, expected) => {
    expect(told({ from, days, counts: { A: [1000, 20], B: [1000, 30] } })).toContain(`, ${expected}, `);
  });

  test('one single day is one date', () => {
    const cells = ['A', 'B'].map((armId) => ({
      armId,
      platform: 'snapchat',
      cell: '',
      day: '2026-11-09',
      exposures: 1000,
      conversions: 30,
    }));
    const metric = { name: 'click_through_rate', numerator: 'clicks', denominator: 'reach' };
    const verdict = analyzeTest({
      metric,
      arms: ARMS.slice(0, 2),
      cells,
      rules: { minimum: { days: 1, conversions: 25 } },
    });
    expect(describeVerdict(verdict)).toContain(
      'clicks per reach: 3% each, on snapchat, 9 Nov 2026, 60 clicks',
    );
  });

  test('what is missing is told in numbers', () => {
    expect(told({ days: 6, counts: { A: [1000, 2], B: [1000, 9] } })).toBe(
      'Not enough evidence yet to say who leads on conversions per impression: it takes 1 more day and more conversions (Variant A 13) to reach 7 days and 25 conversions for each variant.',
    );
    expect(told({ counts: { A: [1000, 2], B: [1000, 3] } })).toContain(
      'it takes more conversions (Variant A 11, Variant B 4) to reach',
    );
    const metric = { name: 'conversion_rate', numerator: 'conversions', denominator: 'impressions' };
    const none = analyzeTest({
      metric,
      arms: [],
      cells: [],
      rules: { minimum: { days: 0, conversions: 0 } },
    });
    expect(describeVerdict(none)).toContain('a comparison needs 2 variants with data, and there are 0');
  });

  test('a data problem is told with its place, and many are counted', () => {
    expect(told({ counts: { A: [10, 11], B: [10, 1] }, days: 1 })).toBe(
      'No verdict, the data need a look first: Variant A on tiktok, to 2026-11-12: 11 conversions of 10 exposures.',
    );
    expect(told({ counts: { A: [-10, 1], B: [10, 1] } })).toMatch(/; and 4 more\.$/);
  });
});
