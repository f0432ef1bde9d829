import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { analyzeTest } from '../../analysis/analyze.ts';
import { describeVerdict } from '../../analysis/describe.ts';
import type { DataProblem, Verdict } from '../../analysis/verdict.ts';
import { readAnalysisData } from '../../database/analysis-data.ts';
import type { BriefInput } from '../../domain/brief.ts';
import { groupId } from '../../domain/ids.ts';
import {
  openReportsDatabase,
  type Reported,
  type ReportsDatabase,
  type TestedGroup,
} from '../support/reports.ts';

const DAY_MS = 86_400_000;
/** So many days ago; YYYY-MM-DD. */
const ago = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
/** 21 days, the last of which ended 10 days ago: settled everywhere. */
const FROM = ago(30);
const DAYS = 21;
const days = (value: number, count = DAYS): number[] => Array.from({ length: count }, () => value);

let reports: ReportsDatabase;
beforeAll(async () => {
  reports = await openReportsDatabase();
});
afterAll(() => reports.drop());

const RANDOMISED = { assignment: { tiktok: 'randomised', youtube: 'randomised' } } as const;

/** Impressions and conversions of each day, with what both have in common. */
function counted(
  variant: string,
  conversions: readonly (number | undefined)[],
  changes: Partial<Reported> = {},
  impressions: readonly (number | undefined)[] = conversions.map(() => 1000),
): Reported[] {
  const common = { variant, from: FROM, ...changes };
  return [
    { ...common, metric: 'impressions', values: impressions },
    { ...common, metric: 'conversions', values: conversions },
  ];
}

async function verdictOf(group: TestedGroup): Promise<Verdict> {
  const verdict = analyzeTest(await readAnalysisData(reports.database, group.id));
  // What a snapshot keeps is what was said.
  expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
  return verdict;
}

async function verdictFrom(brief: Partial<BriefInput>, ...reported: readonly Reported[]): Promise<Verdict> {
  const group = await reports.group({ ...RANDOMISED, ...brief });
  await group.report(...reported);
  return verdictOf(group);
}

function problemsIn(verdict: Verdict): readonly DataProblem[] {
  return verdict.kind === 'data_problem' ? verdict.problems : [];
}

function arm({ evidence }: Verdict, name: string) {
  const found = evidence.arms.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no arm ${name}`);
  return found;
}

test('an imported file with a clear difference comes to a winner, and the evidence says what it rests on', async () => {
  const group = await reports.group(RANDOMISED);
  await group.importCsv(
    Array.from({ length: DAYS }, (_, day) => [
      `Control,tiktok,impressions,1000,${ago(30 - day)},ad 1,,`,
      `Control,tiktok,conversions,20,${ago(30 - day)},ad 1,,`,
      `B,tiktok,impressions,600,${ago(30 - day)},ad 2,,`,
      `B,tiktok,impressions,400,${ago(30 - day)},ad 3,,`,
      `B,tiktok,conversions,20,${ago(30 - day)},ad 2,,`,
      `B,tiktok,conversions,15,${ago(30 - day)},ad 3,,`,
    ]).flat(),
  );
  const verdict = await verdictOf(group);
  expect(verdict).toMatchObject({
    kind: 'winner',
    winner: { name: 'B' },
    mayBeDeclaredByMachine: true,
    evidence: {
      assignment: 'randomised',
      days: DAYS,
      firstDay: FROM,
      lastDay: ago(10),
      leftOutCells: { unsettled: 0, learning: 0 },
      basis: {
        settling: { tiktok: { afterDays: 7, lastDay: ago(10) } },
        attributionWindows: [],
        currencies: [],
        cumulative: [],
        datedByConversion: [],
      },
    },
  });
  expect(describeVerdict(verdict)).toMatch(
    /with people drawn by chance, .*, settled to \d+ \w+ \d+, this mix/,
  );
  // Two ads of one variant are one arm.
  expect(arm(verdict, 'B')).toMatchObject({ exposures: 21_000, conversions: 21 * 35 });
});

test('two ad sets with an uneven mix are compared each by itself, and a market is another place', async () => {
  // Pooled, B looks far better: it was shown where everybody converts more.
  const verdict = await verdictFrom(
    {},
    ...counted('Control', days(18), { adSet: 'cold', market: 'DE' }, days(1800)),
    ...counted('Control', days(10), { adSet: 'warm', market: 'DE' }, days(200)),
    ...counted('B', days(2), { adSet: 'cold', market: 'DE' }, days(200)),
    ...counted('B', days(90), { adSet: 'warm', market: 'DE' }, days(1800)),
    ...counted('B', days(300), { adSet: 'warm', market: 'FR' }, days(300)),
  );
  expect(verdict.kind).toBe('keep_running');
  expect(verdict.evidence.strata.used.map(({ cell }) => cell)).toEqual(['cold / DE', 'warm / DE']);
  expect(verdict.evidence.strata.leftOut).toMatchObject([
    { cell: 'warm / FR', reason: 'not_shared', arms: ['Control'] },
  ]);
});

test('an imported file can tell ad sets and markets apart', async () => {
  const group = await reports.group(RANDOMISED);
  const row = (variant: string, adSet: string, metric: string, value: number) =>
    `${variant},tiktok,${metric},${value},${FROM},ad,${adSet},DE`;
  await group.importCsv(
    ['Control', 'B'].flatMap((variant) =>
      ['cold', 'warm'].flatMap((adSet) => [
        row(variant, adSet, 'impressions', 1000),
        row(variant, adSet, 'conversions', adSet === 'cold' ? 10 : 30),
      ]),
    ),
  );
  const { evidence } = await verdictOf(group);
  expect(evidence.strata.used).toMatchObject([
    { cell: 'cold / DE', exposures: 2000, conversions: 20 },
    { cell: 'warm / DE', exposures: 2000, conversions: 60 },
  ]);
});

test('a month that was archived is still read', async () => {
  const [year, month] = [new Date().getUTCFullYear() - 1, new Date().getUTCMonth()];
  const first = new Date(Date.UTC(year, month, 1)).toISOString().slice(0, 10);
  const group = await reports.group(RANDOMISED);
  await group.report(
    ...counted('Control', days(20, 35), { from: first }),
    ...counted('B', days(35, 35), { from: first }),
  );
  const before = await verdictOf(group);
  await reports.database.$executeRaw`SELECT screentest_archive_month(${first}::date)`;
  const archived = { month: new Date(first), rowCount: 0n, sizeBytes: 0n };
  await reports.database.archivedPartition.create({
    data: { ...archived, tableName: 'metric_observations' },
  });
  expect(await verdictOf(group)).toEqual(before);
  expect(before).toMatchObject({ kind: 'winner', evidence: { days: 35 } });
});

test('only settled days enter: a week for conversions, three days for clicks, and as long as the brief says', async () => {
  const recent = [
    ...counted('Control', days(20, 29)),
    ...counted('B', days(20, 29)),
    ...counted('Control', days(20, 29), { platform: 'youtube' }),
    ...counted('B', days(20, 29), { platform: 'youtube' }),
  ];
  const lastDays = async (brief: Partial<BriefInput>) => {
    const { evidence } = await verdictFrom(brief, ...recent);
    const { tiktok, youtube } = evidence.basis?.settling ?? {};
    return [tiktok?.lastDay, youtube?.lastDay, evidence.leftOutCells.unsettled];
  };
  // The last row is of two days ago.
  expect(await lastDays({})).toEqual([ago(8), ago(8), 2 * 2 * 6]);
  expect(await lastDays({ settling: { youtube: 0 } })).toEqual([ago(8), ago(2), 2 * 6]);
  expect(await lastDays({ primaryMetric: 'click_through_rate' })).toEqual([ago(4), ago(4), 2 * 2 * 2]);
});

test('a window that the platform names is waited for', async () => {
  const { evidence } = await verdictFrom(
    {},
    ...counted('Control', days(20), { window: '14d_click' }),
    ...counted('B', days(20), { window: '14d_click' }),
  );
  expect(evidence.basis).toMatchObject({
    settling: { tiktok: { afterDays: 14, lastDay: ago(15) } },
    attributionWindows: ['14d_click'],
  });
  expect(evidence.leftOutCells.unsettled).toBe(2 * 5);
});

test('before any day is settled the sentence says so, instead of that there are no data', async () => {
  const verdict = await verdictFrom(
    {},
    ...counted('Control', days(20, 3), { from: ago(4) }),
    ...counted('B', days(30, 3), { from: ago(4) }),
  );
  expect(verdict).toMatchObject({
    kind: 'not_enough_evidence',
    evidence: { leftOutCells: { unsettled: 6 } },
  });
  expect(describeVerdict(verdict)).toContain('may still be restated');
});

test('a platform whose numbers come late joins with the days it has', async () => {
  const { evidence } = await verdictFrom(
    {},
    ...counted('Control', days(20)),
    ...counted('B', days(21)),
    ...counted('Control', days(20, 9), { platform: 'youtube' }),
    ...counted('B', days(21, 9), { platform: 'youtube' }),
  );
  expect(evidence.strata.used).toMatchObject([
    { platform: 'tiktok', exposures: 2 * 21_000 },
    { platform: 'youtube', exposures: 2 * 9000 },
  ]);
  expect(evidence.basis?.settling).toMatchObject({
    tiktok: { lastDay: ago(10) },
    youtube: { lastDay: ago(22) },
  });
});

test('days declared as a learning phase are left out, those of an ad that began later too', async () => {
  const { evidence } = await verdictFrom(
    {
      learning: [
        { platform: 'tiktok', firstDays: 3 },
        { platform: 'youtube', from: FROM, to: ago(29) },
      ],
    },
    ...counted('Control', days(20)),
    ...counted('B', days(20, 14), { from: ago(23) }),
    ...counted('Control', days(20), { platform: 'youtube' }),
    ...counted('B', days(20), { platform: 'youtube' }),
  );
  expect(evidence.leftOutCells).toEqual({ unsettled: 0, learning: 3 + 3 + 2 * 2 });
  expect(evidence.arms).toMatchObject([{ exposures: 18_000 + 19_000 }, { exposures: 11_000 + 19_000 }]);
});

test('days that are missing, a variant added half-way and one that stopped are compared over the days they share', async () => {
  const group = await reports.group(RANDOMISED, ['Control', 'Late', 'Stopped']);
  await group.report(
    ...counted(
      'Control',
      days(20).map((value, day) => (day === 4 ? undefined : value)),
      {},
      days(1000).map((value, day) => (day === 4 ? undefined : value)),
    ),
    ...counted('Late', days(30, 11), { from: ago(20) }),
    ...counted('Stopped', days(5, 8)),
  );
  const verdict = await verdictOf(group);
  expect(arm(verdict, 'Stopped').stoppedOn).toBe(ago(23));
  expect(verdict.evidence.flags).toContainEqual({
    code: 'arms_stopped',
    found: `Stopped was last shown on ${ago(23)}`,
  });
  expect(arm(verdict, 'Control')).toMatchObject({ exposures: 20_000, compared: { exposures: 11_000 } });
  expect(arm(verdict, 'Late')).toMatchObject({ exposures: 11_000, compared: { exposures: 11_000 } });
});

test('no conversion at all gives counts and no nonsense', async () => {
  const verdict = await verdictFrom({}, ...counted('Control', days(0)), ...counted('B', days(0)));
  expect(verdict).toMatchObject({
    kind: 'not_enough_evidence',
    missing: [
      { name: 'Control', days: 0, conversions: 25 },
      { name: 'B', days: 0, conversions: 25 },
    ],
  });
  expect(arm(verdict, 'B')).toMatchObject({ exposures: 21_000, conversions: 0 });
});

test('a variant whose conversions were not told is no loser: told as 0 they count, and few may be missing', async () => {
  const b = (perDay: number, count: number) => [
    ...counted('B', days(perDay)).slice(0, 1),
    ...(count > 0 ? counted('B', days(perDay, count)).slice(1) : []),
  ];
  const control = counted('Control', days(20));
  const untold = await verdictFrom({}, ...control, ...b(0, 0));
  expect(problemsIn(untold)).toMatchObject([
    { code: 'late_conversions', platform: 'tiktok', day: FROM, variantId: arm(untold, 'B').variantId },
  ]);
  expect(problemsIn(await verdictFrom({}, ...control, ...b(20, 15)))).toMatchObject([
    { code: 'late_conversions', day: ago(15) },
  ]);
  const told = await verdictFrom({}, ...control, ...b(0, DAYS));
  expect(told).toMatchObject({ kind: 'winner', winner: { name: 'Control' } });
  const rare = await verdictFrom({}, ...counted('Control', [1, ...days(0, 20)]), ...b(0, 0));
  expect(rare.kind).toBe('not_enough_evidence');
});

test('running totals come to the same numbers as the days they are made of', async () => {
  const clicks = (perDay: number, isCumulative: boolean, variant: string): Reported[] =>
    [
      { metric: 'impressions' as const, step: 1000 },
      { metric: 'clicks' as const, step: perDay },
    ].map(({ metric, step }) => ({
      variant,
      metric,
      from: FROM,
      isCumulative,
      values: Array.from({ length: DAYS }, (_, day) => (isCumulative ? step * (day + 1) : step)),
    }));
  const brief = { primaryMetric: 'click_through_rate' } as const;
  const totals = await verdictFrom(brief, ...clicks(20, true, 'Control'), ...clicks(35, true, 'B'));
  const daily = await verdictFrom(brief, ...clicks(20, false, 'Control'), ...clicks(35, false, 'B'));
  expect(totals).toMatchObject({ kind: 'winner', winner: { name: 'B' } });
  expect(totals.evidence.comparisons.map(({ logEBetter }) => logEBetter)).toEqual(
    daily.evidence.comparisons.map(({ logEBetter }) => logEBetter),
  );
  expect(totals.evidence.basis?.cumulative).toEqual(['tiktok']);
});

test('conversions that count for the day they came in hold a winner back: declared so, or read off a running total', async () => {
  const declared = await verdictFrom(
    { conversionsDatedBy: { tiktok: 'conversion' } },
    ...counted('Control', days(20)),
    ...counted('B', days(35)),
  );
  const total = (perDay: number) => Array.from({ length: DAYS }, (_, day) => perDay * (day + 1));
  const running = await verdictFrom(
    {},
    ...counted('Control', total(20), { isCumulative: true }, total(1000)),
    ...counted('B', total(35), { isCumulative: true }, total(1000)),
  );
  for (const verdict of [declared, running]) {
    expect(verdict).toMatchObject({ kind: 'blocked', because: [{ code: 'dated_by_conversion' }] });
    expect(verdict.evidence.basis?.datedByConversion).toEqual(['tiktok']);
  }
});

test('a running total that fell is a data problem with its variant, platform and day', async () => {
  const verdict = await verdictFrom(
    {},
    ...counted('Control', [10, 20, 15], { isCumulative: true, ad: 'ad 7' }),
    ...counted('B', [10, 20, 30]),
  );
  const group = verdict.evidence.arms[0]?.variantId;
  expect(problemsIn(verdict)).toMatchObject([
    {
      code: 'cumulative_fell',
      variantId: group,
      platform: 'tiktok',
      day: ago(28),
      found: `tiktok, ${ago(28)}: the running total of conversions of Control, ad 7 fell from 20 to 15`,
    },
  ]);
});

test('two currencies, or two attribution windows, are refused by name, and the brief can pick a window', async () => {
  const perDollar = {
    name: 'conversions per dollar',
    numerator: 'conversions',
    denominator: 'spend',
  } as const;
  const spend = (variant: string, currency: string): Reported[] => [
    { variant, metric: 'spend', from: FROM, values: days(50), currency },
    { variant, metric: 'conversions', from: FROM, values: days(80) },
  ];
  const currencies = await verdictFrom(
    { primaryMetric: perDollar },
    ...spend('Control', 'USD'),
    ...spend('B', 'EUR'),
  );
  expect(problemsIn(currencies)).toMatchObject([
    { code: 'two_currencies', platform: 'tiktok', day: FROM, variantId: arm(currencies, 'B').variantId },
  ]);
  // More results than dollars are no fault of a rate.
  const rate = await verdictFrom(
    { primaryMetric: perDollar },
    ...spend('Control', 'USD'),
    ...spend('B', 'USD'),
  );
  expect(rate).toMatchObject({ kind: 'keep_running', evidence: { basis: { currencies: ['USD'] } } });

  const windows = [
    ...counted('Control', days(20), { window: '7d_click' }),
    ...counted('B', days(35), { window: '7d_click' }),
    ...counted('B', days(2), { window: '1d_view' }).filter(({ metric }) => metric === 'conversions'),
  ];
  const mixed = await verdictFrom({}, ...windows);
  expect(problemsIn(mixed)).toMatchObject([
    { code: 'two_windows', platform: 'tiktok', day: FROM, variantId: arm(mixed, 'B').variantId },
  ]);
  expect(describeVerdict(mixed)).toContain('conversions within 1d_view and 7d_click');
  const picked = await verdictFrom({ attributionWindow: '7d_click' }, ...windows);
  expect(picked).toMatchObject({ kind: 'winner', evidence: { basis: { attributionWindows: ['7d_click'] } } });
});

test('a platform can be decided by a metric of its own', async () => {
  const views = (variant: string, perDay: number): Reported[] => [
    { variant, platform: 'youtube', metric: 'impressions', from: FROM, values: days(1000) },
    { variant, platform: 'youtube', metric: 'views', from: FROM, values: days(perDay) },
    { variant, platform: 'youtube', metric: 'conversions', from: FROM, values: days(999) },
  ];
  const verdict = await verdictFrom(
    { primaryMetricOn: { youtube: 'view_rate' } },
    ...counted('Control', days(20)),
    ...counted('B', days(22)),
    ...views('Control', 300),
    ...views('B', 400),
  );
  expect(verdict).toMatchObject({ kind: 'winner', winner: { name: 'B' } });
  expect(arm(verdict, 'B').perPlatform).toMatchObject([
    { platform: 'tiktok', conversions: 21 * 22 },
    { platform: 'youtube', conversions: 21 * 400 },
  ]);
  expect(verdict.evidence.basis?.settling).toMatchObject({
    tiktok: { afterDays: 7 },
    youtube: { afterDays: 3 },
  });
  expect(describeVerdict(verdict)).toContain('conversions per impression (on YouTube views per impression)');
});

test('a guardrail that the leader breaks holds it back, by as much as the brief does not tolerate', async () => {
  const likes = (variant: string, perDay: number): Reported => ({
    variant,
    metric: 'likes',
    from: FROM,
    values: days(perDay),
  });
  const guarded = (worseWhen: 'higher' | 'lower', tolerated: number) =>
    verdictFrom(
      {
        guardrails: [
          {
            metric: { name: 'like rate', numerator: 'likes', denominator: 'impressions' },
            worseWhen,
            tolerated,
          },
        ],
      },
      ...counted('Control', days(20)),
      ...counted('B', days(35)),
      likes('Control', 100),
      likes('B', 70),
    );
  const broken = await guarded('lower', 0.05);
  expect(broken).toMatchObject({
    kind: 'blocked',
    because: [{ code: 'guardrail', found: "B's like rate is lower than Control's by more than 5%" }],
    evidence: { guardrails: [{ metric: 'like rate', tolerated: 0.05, isBroken: true }] },
  });
  expect(broken.evidence.guardrails[0]?.change.likeliest).toBeCloseTo(-0.3, 2);
  for (const verdict of [await guarded('lower', 0.5), await guarded('higher', 0)]) {
    expect(verdict).toMatchObject({ kind: 'winner', evidence: { guardrails: [{ isBroken: false }] } });
  }
});

test('a mean needs the sums of its squares: with them revenue for each order decides, without them the variant is named', async () => {
  const perOrder = { name: 'revenue per order', numerator: 'revenue', denominator: 'conversions' } as const;
  const orders = (variant: string, value: number, hasSquares: boolean): Reported[] => [
    { variant, metric: 'conversions', from: FROM, values: days(40) },
    { variant, metric: 'revenue', from: FROM, values: days(40 * value), currency: 'USD' },
    // Half of the orders 10 below the mean, half 10 above.
    ...(hasSquares
      ? [
          {
            variant,
            metric: 'revenue_squares' as const,
            from: FROM,
            values: days(40 * (value ** 2 + 100)),
            currency: 'USD',
          },
        ]
      : []),
  ];
  const known = await verdictFrom(
    { primaryMetric: perOrder },
    ...orders('Control', 30, true),
    ...orders('B', 34, true),
  );
  expect(known).toMatchObject({
    kind: 'winner',
    winner: { name: 'B' },
    evidence: { metric: { kind: 'mean' } },
  });
  expect(arm(known, 'B').rate).toBeCloseTo(34, 6);
  const unknown = await verdictFrom(
    { primaryMetric: perOrder },
    ...orders('Control', 30, true),
    ...orders('B', 34, false),
  );
  expect(problemsIn(unknown)).toContainEqual(
    expect.objectContaining({
      code: 'no_spread',
      platform: 'tiktok',
      day: FROM,
      variantId: arm(unknown, 'B').variantId,
    }),
  );
  const perDollar = { name: 'return on spend', numerator: 'revenue', denominator: 'spend' } as const;
  const ratio = await verdictFrom({ primaryMetric: perDollar }, ...orders('Control', 30, true));
  expect(problemsIn(ratio)).toMatchObject([{ code: 'bad_rule' }]);
});

test("effects of factors come from what the variants were made of, with the control's levels filled in", async () => {
  const names = ['Control', 'B', 'C', 'D'];
  const group = await reports.group(
    { ...RANDOMISED, factors: { hook: ['question', 'problem'], pacing: ['steady', 'fast'] } },
    names,
  );
  const mutations = [{}, { hook: 'problem' }, { pacing: 'fast' }, { hook: 'problem', pacing: 'fast' }];
  for (const [at, name] of names.entries()) {
    const id = group.variants.get(name) ?? '';
    await reports.database.videoVariant.update({
      where: { id },
      data: { promptMutations: mutations[at] ?? {} },
    });
    await group.report(...counted(name, days(20 + (at % 2) * 10)));
  }
  const { evidence } = await verdictOf(group);
  expect(evidence.factors).toMatchObject([
    { factor: 'hook', level: 'problem', against: 'question', videos: 2, kind: 'estimated' },
    { factor: 'pacing', level: 'fast', against: 'steady', videos: 2, kind: 'estimated' },
  ]);
});

test('people who were drawn in other shares than planned are a data problem; what a platform chose is not', async () => {
  const reach = (variant: string, perDay: number, isCumulative: boolean): Reported => ({
    variant,
    metric: 'reach',
    from: FROM,
    isCumulative,
    values: Array.from({ length: DAYS }, (_, day) => (isCumulative ? perDay * (day + 1) : perDay)),
  });
  const drawn = (brief: Partial<BriefInput>, isCumulative: boolean) =>
    verdictFrom(
      brief,
      ...counted('Control', days(20)),
      ...counted('B', days(20)),
      reach('Control', 500, isCumulative),
      reach('B', 450, isCumulative),
    );
  expect(problemsIn(await drawn({}, true))).toMatchObject([
    { code: 'sample_ratio_mismatch', platform: 'tiktok' },
  ]);
  // A day's reach counts again who came the day before; and a platform reaches more with what is cheaper to show.
  expect((await drawn({}, false)).kind).toBe('keep_running');
  expect((await drawn({ assignment: { tiktok: 'platform_split_test' } }, true)).kind).toBe('keep_running');
});

test('a count below zero, conversions above exposures and a variant without data are named with variant, platform and day', async () => {
  const negative = await verdictFrom({}, ...counted('Control', [20, -5, 20]), ...counted('B', [20, 20, 20]));
  expect(problemsIn(negative)).toMatchObject([
    {
      code: 'bad_count',
      platform: 'tiktok',
      day: ago(29),
      found: `Control on tiktok, ${ago(29)}: -5 conversions`,
    },
  ]);
  const exceeding = await verdictFrom({}, ...counted('Control', days(20)), ...counted('B', days(1001)));
  expect(problemsIn(exceeding)).toMatchObject([
    {
      code: 'conversions_exceed_exposures',
      platform: 'tiktok',
      day: ago(10),
      variantId: arm(exceeding, 'B').variantId,
    },
  ]);
  const group = await reports.group(RANDOMISED, ['Control', 'B', 'C']);
  await group.report(...counted('Control', days(20)), ...counted('B', days(20)));
  expect(problemsIn(await verdictOf(group))).toMatchObject([{ code: 'arm_without_data', day: ago(10) }]);
});

test('a group that nobody knows is not found', async () => {
  await expect(
    readAnalysisData(reports.database, (await reports.group({})).id).then(({ cells }) => cells),
  ).resolves.toEqual([]);
  await expect(
    readAnalysisData(reports.database, groupId('0b0e4c52-6d3a-4a57-9d39-1f5a3c0a7e11')),
  ).rejects.toMatchObject({ code: 'GROUP_UNKNOWN' });
});
