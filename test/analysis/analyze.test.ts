import { describe, expect, test } from '@jest/globals';
import { analyzeTest } from '../../analysis/analyze.ts';
import type { Cell } from '../../analysis/cells.ts';
import { compareArms } from '../../analysis/comparison.ts';
import { proportionPosterior } from '../../analysis/posterior.ts';
import type { TestData } from '../../analysis/test-data.ts';
import type { DataProblemCode, Evidence, Verdict } from '../../analysis/verdict.ts';
import { referenceCase } from './reference-data.ts';

const METRIC = { name: 'conversion_rate', numerator: 'conversions', denominator: 'impressions' };
const ARMS = [
  { id: 'a', name: 'Variant A' },
  { id: 'b', name: 'Variant B' },
];
const DAYS = ['12', '13', '14', '15', '16', '17', '18'].map((date) => `2026-11-${date}`);

function cell(
  armId: string,
  platform: string,
  exposures: number,
  conversions: number,
  rest: Partial<Cell> = {},
): Cell {
  return { armId, platform, cell: '', day: '2026-11-12', exposures, conversions, ...rest };
}

/** The same counts on each day of a week. */
function week(armId: string, platform: string, exposures: number, conversions: number, ad = ''): Cell[] {
  return DAYS.map((day) => cell(armId, platform, exposures, conversions, { day, cell: ad }));
}

function analyze(cells: readonly Cell[], rest: Partial<TestData> = {}): Verdict {
  return analyzeTest({ metric: METRIC, arms: ARMS, cells, ...rest });
}

function problemCodes(verdict: Verdict): DataProblemCode[] {
  return verdict.kind === 'data_problem' ? verdict.problems.map(({ code }) => code) : [];
}

function armOf({ arms }: Evidence, id: string) {
  const found = arms.find(({ variantId }) => variantId === id);
  if (found === undefined) throw new RangeError(`no arm ${id}`);
  return found;
}

describe('the verdict', () => {
  test('a test with enough data says who leads and what stopping now would lose, and goes on', () => {
    const verdict = analyze([...week('a', 'tiktok', 1000, 10), ...week('b', 'tiktok', 1000, 13)]);
    expect(verdict.kind).toBe('keep_running');
    if (verdict.kind !== 'keep_running') return;
    const [a, b] = compareArms([
      proportionPosterior({ exposures: 7000, conversions: 70 }),
      proportionPosterior({ exposures: 7000, conversions: 91 }),
    ]);
    expect(verdict.leader).toEqual({ variantId: 'b', name: 'Variant B', ...b });
    expect(verdict.runnerUp).toEqual({ variantId: 'a', name: 'Variant A' });
    expect(armOf(verdict.evidence, 'a')).toMatchObject({
      exposures: 7000,
      conversions: 70,
      rate: 0.01,
      days: 7,
      ...a,
    });
    expect(verdict.evidence).toMatchObject({ days: 7, firstDay: '2026-11-12', lastDay: '2026-11-18' });
  });

  test('a high P(best) alone calls no winner', () => {
    const verdict = analyze([...week('a', 'tiktok', 1000, 20), ...week('b', 'tiktok', 1000, 28)]);
    expect(armOf(verdict.evidence, 'b').probabilityBest).toBeGreaterThan(0.99);
    expect(verdict.kind).toBe('keep_running');
  });

  test('too few conversions: says how many are missing for which variant', () => {
    const verdict = analyze([...week('a', 'tiktok', 1000, 2), ...week('b', 'tiktok', 1000, 9)]);
    expect(verdict).toMatchObject({
      kind: 'not_enough_evidence',
      missing: [{ variantId: 'a', name: 'Variant A', days: 0, conversions: 11 }],
    });
  });

  test('too few days: a brilliant second day is not enough evidence', () => {
    const cells = [...week('a', 'tiktok', 1000, 20), ...week('b', 'tiktok', 1000, 90)];
    const verdict = analyze(cells.filter(({ day }) => day < '2026-11-14'));
    expect(verdict).toMatchObject({
      kind: 'not_enough_evidence',
      // A is out already, so that what it lacks does not matter.
      missing: [{ variantId: 'b', days: 5, conversions: 0 }],
    });
  });

  test("PostHog's case of too little exposure is not enough evidence whatever the probability", () => {
    const { inputs } = referenceCase<{
      id: string;
      inputs: { arms: { successes: number; failures: number }[] };
    }>('ph-not-enough-exposure');
    const cells = inputs.arms.map(({ successes, failures }, i) =>
      cell(ARMS[i]?.id ?? '', 'tiktok', successes + failures, successes),
    );
    expect(analyze(cells).kind).toBe('not_enough_evidence');
  });

  test('a minimum of the caller replaces the default', () => {
    const cells = [cell('a', 'tiktok', 100, 5), cell('b', 'tiktok', 100, 6)];
    expect(analyze(cells, { rules: { minimum: { days: 1, conversions: 5 } } }).kind).toBe('keep_running');
  });

  test('before any data came in, everything is missing and nothing is wrong', () => {
    const verdict = analyze([]);
    expect(verdict).toMatchObject({
      kind: 'not_enough_evidence',
      missing: [
        { days: 7, conversions: 25 },
        { days: 7, conversions: 25 },
      ],
      evidence: { days: 0, firstDay: null, lastDay: null },
    });
    expect(analyze([], { arms: [], rules: { minimum: { days: 0, conversions: 0 } } })).toMatchObject({
      missing: [],
    });
  });

  test('a variant without data, where the others have some, is a problem with its name', () => {
    const arms = [...ARMS, { id: 'c', name: 'Variant C' }];
    const verdict = analyze([...week('a', 'tiktok', 1000, 20), ...week('b', 'tiktok', 1000, 25)], { arms });
    expect(verdict).toMatchObject({
      kind: 'data_problem',
      problems: [
        {
          code: 'arm_without_data',
          variantId: 'c',
          day: '2026-11-18',
          found: expect.stringContaining('tiktok'),
        },
      ],
    });
    expect(armOf(verdict.evidence, 'c')).toMatchObject({
      exposures: 0,
      rate: null,
      interval: null,
      probabilityBest: null,
      expectedLoss: null,
      perPlatform: [],
    });
  });
});

describe('several platforms', () => {
  /** B is better on both platforms, and shown mostly where rates are low. */
  const SIMPSON = [
    ...week('a', 'tiktok', 7000, 350),
    ...week('b', 'tiktok', 3000, 165),
    ...week('a', 'youtube', 3000, 30),
    ...week('b', 'youtube', 7000, 77),
  ];

  test('a variant shown more where rates are high does not win by that', () => {
    const verdict = analyze(SIMPSON);
    if (verdict.kind !== 'keep_running') throw new Error(verdict.kind);
    expect(verdict.leader.name).toBe('Variant B');
    expect(armOf(verdict.evidence, 'b').rate).toBeCloseTo((0.055 + 0.011) / 2, 12);
    expect(armOf(verdict.evidence, 'a').rate).toBeCloseTo((0.05 + 0.01) / 2, 12);
    const { conversions, exposures } = armOf(verdict.evidence, 'b');
    expect(conversions / exposures).toBeLessThan(0.03);
  });

  test('the evidence has each platform of each variant, with its own rate and interval', () => {
    const { perPlatform } = armOf(analyze(SIMPSON).evidence, 'b');
    expect(perPlatform.map(({ platform, exposures, rate }) => [platform, exposures, rate])).toEqual([
      ['tiktok', 21000, 0.055],
      ['youtube', 49000, 0.011],
    ]);
    for (const { rate, interval } of perPlatform) {
      expect(rate).toBeGreaterThan(interval?.[0] ?? 1);
      expect(rate).toBeLessThan(interval?.[1] ?? 0);
    }
  });

  test('two ad sets of one platform are compared each within itself', () => {
    const cells = SIMPSON.map((one) => ({ ...one, platform: 'tiktok', cell: one.platform }));
    const verdict = analyze(cells);
    expect(verdict).toMatchObject({ kind: 'keep_running', leader: { name: 'Variant B' } });
    expect(armOf(verdict.evidence, 'b').perPlatform[0]?.rate).toBeCloseTo(0.033, 12);
  });

  test('a platform where a variant never ran is left out, and named', () => {
    const { evidence } = analyze([...SIMPSON, ...week('a', 'linkedin', 500, 400)]);
    expect(evidence.strata.used.map(({ platform, weight }) => [platform, weight])).toEqual([
      ['tiktok', 0.5],
      ['youtube', 0.5],
    ]);
    expect(evidence.strata.leftOut).toEqual([
      {
        platform: 'linkedin',
        cell: '',
        exposures: 3500,
        conversions: 2800,
        reason: 'not_shared',
        arms: ['Variant B'],
      },
    ]);
    const { exposures, compared, perPlatform } = armOf(evidence, 'a');
    expect([exposures, compared.exposures]).toEqual([73500, 70000]);
    expect(perPlatform.at(-1)).toMatchObject({ platform: 'linkedin', rate: null, interval: null });
  });

  test('a handful of impressions on a platform does not carry a variant by its prior', () => {
    const cells = [
      ...week('a', 'tiktok', 5000, 50),
      ...week('b', 'tiktok', 5000, 50),
      ...week('a', 'youtube', 5000, 50),
      cell('b', 'youtube', 3, 0),
    ];
    const { evidence } = analyze(cells);
    expect(evidence.strata.leftOut).toMatchObject([
      { platform: 'youtube', reason: 'too_thin', arms: ['Variant B'] },
    ]);
    expect(armOf(evidence, 'b').probabilityBest).toBeCloseTo(0.5, 10);
  });

  test('where every platform is thin they are all kept, and the minimum says what is missing', () => {
    const cells = ['tiktok', 'youtube'].flatMap((platform) => [
      cell('a', platform, 90, 1),
      cell('b', platform, 90, 0),
    ]);
    const verdict = analyze(cells);
    expect(verdict.kind).toBe('not_enough_evidence');
    expect(verdict.evidence.strata.used).toHaveLength(2);
    expect(verdict.evidence.strata.leftOut).toEqual([]);
  });
});

describe('data that cannot be right', () => {
  const GOOD = [...week('a', 'tiktok', 1000, 20), ...week('b', 'tiktok', 1000, 25)];
  const later = { day: '2026-11-19' };

  test.each<[string, Cell, DataProblemCode]>([
    ['a negative count', cell('a', 'tiktok', -1, 0, later), 'bad_count'],
    ['a count that is not a number', cell('a', 'tiktok', 10, Number.NaN, later), 'bad_count'],
    ['an infinite count', cell('a', 'tiktok', Infinity, 0, later), 'bad_count'],
    ['a day that does not exist', cell('a', 'tiktok', 10, 0, { day: '2026-02-30' }), 'bad_day'],
    ['a day in another form', cell('a', 'tiktok', 10, 0, { day: '19.11.2026' }), 'bad_day'],
    ['a month that does not exist', cell('a', 'tiktok', 10, 0, { day: '2026-13-01' }), 'bad_day'],
    ['a variant of another test', cell('z', 'tiktok', 10, 0, later), 'unknown_arm'],
    ['a day given twice', cell('a', 'tiktok', 10, 0), 'duplicate_day'],
    ['more conversions than exposures', cell('b', 'youtube', 10, 11, later), 'conversions_exceed_exposures'],
    ['conversions without exposures', cell('b', 'youtube', 0, 1, later), 'conversions_exceed_exposures'],
  ])('%s is named with its place', (_, bad, code) => {
    const verdict = analyze([...GOOD, bad]);
    expect(problemCodes(verdict)).toEqual([code]);
    expect(verdict).toMatchObject({ problems: [{ variantId: bad.armId, platform: bad.platform }] });
    expect(armOf(verdict.evidence, 'b')).toMatchObject({
      probabilityBest: null,
      rate: null,
      conversions: expect.any(Number),
    });
  });

  test('a conversion reported the day after the last exposure is no problem', () => {
    expect(analyze([...GOOD, cell('a', 'tiktok', 0, 2, later)]).kind).toBe('keep_running');
  });

  test('data of one variant only compare nothing', () => {
    expect(analyze(week('a', 'tiktok', 1000, 20))).toMatchObject({
      problems: [{ code: 'one_arm_with_data', variantId: 'a' }],
    });
  });

  test('variants that never ran in the same place compare nothing', () => {
    const verdict = analyze([
      ...week('a', 'tiktok', 1000, 20),
      ...week('b', 'youtube', 1000, 20, 'ad set 2'),
    ]);
    expect(verdict).toMatchObject({
      problems: [
        {
          code: 'no_shared_stratum',
          found:
            'no platform and cell showed all variants over the same days: Variant A on tiktok; Variant B on youtube (ad set 2)',
        },
      ],
    });
  });
});
