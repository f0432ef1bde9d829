import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { analyzeTest } from '../../analysis/analyze.ts';
import { describeVerdict } from '../../analysis/describe.ts';
import type { Report } from '../../analysis/report.ts';
import { metricsRead, testDataOf } from '../../analysis/reported-test.ts';
import type { BriefInput } from '../../domain/brief.ts';
import { METRIC_NAMES } from '../../domain/metrics.ts';
import { briefWith } from '../domain/example-brief.ts';

const ARMS = [
  { id: 'a', name: 'Control' },
  { id: 'b', name: 'B' },
];
const TODAY = '2026-06-01';
/** The first days of May: settled by June. */
const days = (count: number): string[] =>
  Array.from({ length: count }, (_, day) => `2026-05-${String(day + 1).padStart(2, '0')}`);

function reported(
  armId: string,
  metric: Report['metric'],
  values: readonly number[],
  changes: Partial<Report> = {},
): Report {
  return {
    armId,
    publicationId: `ad of ${armId} on ${changes.platform ?? 'tiktok'}`,
    publication: `ad of ${armId}`,
    platform: 'tiktok',
    adSet: '',
    market: '',
    metric,
    reporting: 'interval',
    attributionWindow: '',
    currency: null,
    days: days(values.length),
    values,
    ...changes,
  };
}

const ten = (value: number): number[] => Array.from({ length: 10 }, () => value);

function testOf(brief: Partial<BriefInput>, reports: readonly Report[]) {
  return testDataOf({ brief: briefWith(brief), arms: ARMS, reports, today: TODAY });
}

function both(metric: Report['metric'], control: number, b: number, changes: Partial<Report> = {}): Report[] {
  return [reported('a', metric, ten(control), changes), reported('b', metric, ten(b), changes)];
}

const SPLIT = { assignment: { tiktok: 'randomised', youtube: 'randomised' } } as const;

test('it reads the metrics that the brief is decided and guarded by, and reach where people are drawn', () => {
  expect(metricsRead(briefWith({}))).toEqual(['impressions', 'conversions']);
  const brief = briefWith({
    ...SPLIT,
    primaryMetricOn: { youtube: 'view_rate' },
    guardrails: [
      {
        metric: { name: 'order value', numerator: 'revenue', denominator: 'conversions' },
        worseWhen: 'lower',
      },
    ],
  });
  expect(new Set(metricsRead(brief))).toEqual(
    new Set(['impressions', 'conversions', 'views', 'revenue', 'revenue_squares', 'reach']),
  );
});

test("each platform's cells are of its own metric, and a guardrail's of the guardrail's", () => {
  const data = testOf(
    {
      primaryMetricOn: { youtube: 'view_rate' },
      guardrails: [{ metric: 'click_through_rate', worseWhen: 'lower', tolerated: 0.1 }],
    },
    [
      ...both('impressions', 1000, 1000),
      ...both('conversions', 20, 30),
      ...both('clicks', 5, 6),
      ...both('impressions', 500, 500, { platform: 'youtube' }),
      ...both('views', 100, 200, { platform: 'youtube' }),
      ...both('conversions', 7, 7, { platform: 'youtube' }),
    ],
  );
  const sumOn = (platform: string) =>
    data.cells
      .filter((cell) => cell.platform === platform)
      .reduce((sum, { conversions }) => sum + conversions, 0);
  expect([sumOn('tiktok'), sumOn('youtube')]).toEqual([500, 3000]);
  expect(data.problems).toEqual([]);
  expect(data.guardrails).toMatchObject([{ isWorseWhen: 'lower', tolerated: 0.1 }]);
  expect(data.guardrails?.[0]?.cells.filter(({ conversions }) => conversions > 0)).toHaveLength(20);
  expect(data.basis?.settling).toEqual({
    tiktok: { afterDays: 7, lastDay: '2026-05-10' },
    youtube: { afterDays: 3, lastDay: '2026-05-10' },
  });
  expect(describeVerdict(analyzeTest(data))).toContain('(on YouTube views per impression)');
});

test('the sentence says to which day the numbers are settled, platform by platform where they differ', () => {
  const tiktok = [...both('impressions', 2000, 2000), ...both('conversions', 40, 90)];
  const said = (reports: readonly Report[]) => describeVerdict(analyzeTest(testOf(SPLIT, reports)));
  expect(said(tiktok)).toContain('1 to 10 May 2026, settled to 10 May 2026, this mix');
  const late = { platform: 'youtube', days: days(8) };
  const youtube = [...both('impressions', 2000, 2000, late), ...both('conversions', 40, 90, late)].map(
    (one) => ({
      ...one,
      values: one.values.slice(0, 8),
    }),
  );
  expect(said([...tiktok, ...youtube])).toContain(
    'settled to 10 May 2026 on TikTok and 8 May 2026 on YouTube, this mix',
  );
});

test("media's price for an exposure is known where exposures are impressions", () => {
  const media = { budgetUsd: 1000, usdPerThousandImpressions: 8, baselineRate: 0.02 };
  expect(testOf({ media }, []).rules?.mediaUsdPerExposure).toBe(0.008);
  expect(
    testOf({ media, primaryMetric: 'click_to_conversion_rate' }, []).rules?.mediaUsdPerExposure,
  ).toBeNull();
  expect(testOf({}, []).rules).toMatchObject({ mediaUsdPerExposure: null, equivalenceMargin: null });
});

test('metrics whose spread nobody knows, and platforms whose metrics are of other kinds, are refused by name', () => {
  const returns = { name: 'return', numerator: 'revenue', denominator: 'spend' } as const;
  const codes = (brief: Partial<BriefInput>, reports: readonly Report[] = []) =>
    testOf(brief, reports).problems?.map(({ code, found }) => `${code}: ${found}`);
  expect(codes({ primaryMetric: returns })).toEqual([
    'bad_rule: the primary metric return is revenue for each of spend: no report tells how much that varies',
  ]);
  expect(codes({ guardrails: [{ metric: returns, worseWhen: 'lower' }] })?.[0]).toContain(
    'the guardrail return',
  );
  const perDollar = { name: 'per dollar', numerator: 'conversions', denominator: 'spend' } as const;
  expect(codes({ primaryMetricOn: { youtube: perDollar } })).toEqual([
    'bad_rule: per dollar on youtube is a rate, and conversion_rate a proportion',
  ]);
  const value = { name: 'order value', numerator: 'revenue', denominator: 'conversions' } as const;
  expect(codes({ primaryMetric: value }, both('revenue', 300, 300))?.[0]).toContain(
    'no_spread: ad of a on tiktok, 2026-05-01: revenue without the sums of their squares',
  );
  expect(
    codes({ guardrails: [{ metric: value, worseWhen: 'lower' }] }, both('revenue', 300, 300))?.[0],
  ).toContain('guardrail order value: ad of a');
});

test('of several windows the one that the brief names is taken', () => {
  const reports = [
    ...both('impressions', 1000, 1000),
    ...both('conversions', 20, 30, { attributionWindow: '7d_click' }),
    ...both('conversions', 2, 3, { attributionWindow: '1d_view', publicationId: 'ad' }),
  ];
  expect(testOf({}, reports).problems).toMatchObject([{ code: 'two_windows' }]);
  const { problems, cells, basis } = testOf({ attributionWindow: '7d_click' }, reports);
  expect(problems).toEqual([]);
  expect(cells.reduce((sum, { conversions }) => sum + conversions, 0)).toBe(500);
  expect(basis?.attributionWindows).toEqual(['7d_click']);
});

test('running totals of actions are dated by the day they were read, and running totals of clicks are not', () => {
  const running = { reporting: 'cumulative' } as const;
  const totals = (metric: Report['metric'], step: number) =>
    ARMS.map(({ id }) =>
      reported(
        id,
        metric,
        ten(0).map((_, day) => step * (day + 1)),
        running,
      ),
    );
  const brief = { primaryMetric: 'click_through_rate' } as const;
  expect(
    testOf({}, [...totals('impressions', 1000), ...totals('conversions', 20)]).datedByConversion,
  ).toEqual(['tiktok']);
  expect(testOf(brief, [...totals('impressions', 1000), ...totals('clicks', 20)]).datedByConversion).toEqual(
    [],
  );
  expect(
    testOf({ conversionsDatedBy: { linkedin: 'conversion', tiktok: 'exposure' } }, []).datedByConversion,
  ).toEqual(['linkedin']);
});

test('units are new people over the days that all variants share', () => {
  const total = (id: string, step: number, from: number) =>
    reported(
      id,
      'reach',
      ten(0)
        .map((_, day) => step * (day + 1))
        .slice(0, 10 - from),
      {
        reporting: 'cumulative',
        days: days(10).slice(from),
      },
    );
  const { units } = testOf(SPLIT, [total('a', 500, 0), total('b', 450, 4)]);
  expect(units).toHaveLength(2 * 6);
  expect(
    units?.every(({ day, armId, count }) => day >= '2026-05-05' && count === (armId === 'a' ? 500 : 450)),
  ).toBe(true);
  // Nothing is known of one of them; two ads of one reach some people twice; what the platform chose is no draw.
  expect(testOf(SPLIT, [total('a', 500, 0)]).units).toEqual([]);
  const twice = { ...total('b', 450, 0), publicationId: 'another' };
  expect(testOf(SPLIT, [total('a', 500, 0), total('b', 450, 0), twice]).units).toEqual([]);
  expect(testOf({}, [total('a', 500, 0), total('b', 450, 0)]).units).toEqual([]);
});

test('conversions that are not told while the others are make a problem, where enough of them were to be expected', () => {
  const late = (count: number, perDay = 20) =>
    testOf(SPLIT, [
      ...both('impressions', 1000, 1000),
      reported('a', 'conversions', ten(perDay)),
      ...(count > 0 ? [reported('b', 'conversions', ten(perDay).slice(0, count))] : []),
    ]).problems;
  expect(late(0)).toMatchObject([
    {
      code: 'late_conversions',
      variantId: 'b',
      platform: 'tiktok',
      day: '2026-05-01',
      found:
        'B on tiktok, from 2026-05-01: no conversions are told, not even 0, where about 200 were to be expected',
    },
  ]);
  expect(late(6)).toMatchObject([{ day: '2026-05-07' }]);
  expect(late(10)).toEqual([]);
  expect(late(6, 2)).toEqual([]);
});

test('whatever platforms report, a verdict is plain data without NaN, and the same each time', () => {
  const value = fc.oneof(
    fc.integer({ min: -5, max: 3000 }),
    fc.double({ min: 0, max: 1e6, noNaN: true }),
    fc.constantFrom(0, 1e11, Number.NaN, Number.POSITIVE_INFINITY),
  );
  const report = fc
    .record({
      armId: fc.constantFrom('a', 'b', 'z'),
      publicationId: fc.constantFrom('1', '2', '3'),
      platform: fc.constantFrom('tiktok', 'youtube'),
      adSet: fc.constantFrom('', 'cold'),
      market: fc.constantFrom('', 'DE'),
      metric: fc.constantFrom(...METRIC_NAMES),
      reporting: fc.constantFrom('interval' as const, 'cumulative' as const),
      attributionWindow: fc.constantFrom('', '7d_click'),
      currency: fc.constantFrom(null, 'USD'),
      points: fc.array(fc.tuple(fc.constantFrom(...days(14), '2026-05-30', 'none'), value), {
        maxLength: 20,
      }),
    })
    .map(
      ({ points, ...rest }): Report => ({
        ...rest,
        publication: rest.publicationId,
        days: points.map(([day]) => day),
        values: points.map(([, one]) => one),
      }),
    );
  const brief = fc.constantFrom<Partial<BriefInput>>(
    SPLIT,
    { ...SPLIT, primaryMetricOn: { youtube: 'view_rate' }, settling: { tiktok: 0 } },
    { ...SPLIT, primaryMetric: { name: 'value', numerator: 'revenue', denominator: 'conversions' } },
    {
      guardrails: [{ metric: 'click_through_rate', worseWhen: 'higher', tolerated: 0.1 }],
      learning: [{ platform: 'tiktok', firstDays: 2 }],
    },
  );
  fc.assert(
    fc.property(brief, fc.array(report, { maxLength: 12 }), (changes, reports) => {
      const verdict = analyzeTest(testOf(changes, reports));
      expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
      // What is wrong with a number is told with the number.
      if (verdict.kind !== 'data_problem')
        expect(describeVerdict(verdict)).not.toMatch(/NaN|undefined|Infinity/);
      expect(analyzeTest(testOf(changes, reports))).toEqual(verdict);
    }),
    { numRuns: 300 },
  );
});
