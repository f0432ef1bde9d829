import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { analyzeTest } from '../../analysis/analyze.ts';
import type { Cell } from '../../analysis/cells.ts';
import { describeVerdict } from '../../analysis/describe.ts';
import type { TestData } from '../../analysis/test-data.ts';
import type { Verdict } from '../../analysis/verdict.ts';

const METRIC = { name: 'conversion_rate', numerator: 'conversions', denominator: 'impressions' };

function dayOf(index: number): string {
  return new Date(Date.UTC(2026, 4, 1 + index)).toISOString().slice(0, 10);
}

interface Spell {
  readonly platform?: string;
  readonly cell?: string;
  readonly days?: number;
  readonly from?: number;
}

/** The same counts each day, for each arm: exposures and conversions. */
function spell(counts: Record<string, readonly [number, number]>, rest: Spell = {}): Cell[] {
  const { platform = 'tiktok', cell = '', days = 14, from = 0 } = rest;
  return Object.entries(counts).flatMap(([armId, [exposures, conversions]]) =>
    Array.from({ length: days }, (_, i) => ({
      armId,
      platform,
      cell,
      day: dayOf(from + i),
      exposures,
      conversions,
    })),
  );
}

function analyze(cells: readonly Cell[], rest: Partial<TestData> = {}): Verdict {
  const ids = [...new Set(cells.map(({ armId }) => armId))].sort();
  const arms = ids.map((id) => ({ id, name: `Variant ${id.toUpperCase()}` }));
  return analyzeTest({ metric: METRIC, arms, cells, ...rest });
}

const SPLIT = { assignment: { tiktok: 'platform_split_test', facebook: 'platform_split_test' } } as const;
const CLEAR = { a: [1000, 30], b: [1000, 42] } as const;
const LEVEL = { a: [1000, 30], b: [1000, 32] } as const;

describe('a winner', () => {
  test('is called when its evidence passes the limit, with the lift that any look allows', () => {
    const verdict = analyze(spell(CLEAR), SPLIT);
    expect(verdict).toMatchObject({
      kind: 'winner',
      winner: { name: 'Variant B' },
      mayBeDeclaredByMachine: true,
      evidence: { assignment: 'platform_split_test', method: 'anytime_counts' },
    });
    if (verdict.kind !== 'winner') return;
    expect(verdict.lift.low).toBeGreaterThan(0);
    expect(verdict.lift.low).toBeLessThan(0.4);
    expect(verdict.lift.high).toBeGreaterThan(0.4);
    const [comparison] = verdict.evidence.comparisons;
    expect(comparison?.logEBetter).toBeGreaterThan(Math.log(2 / 0.05));
    expect(comparison?.pValue).toBeLessThan(0.05);
  });

  test('the call and the interval agree: it is made when every rival is left out of the lift, and not before', () => {
    const kinds = Array.from({ length: 14 }, (_, extra) => {
      const verdict = analyze(spell({ a: [1000, 30], b: [1000, 30 + extra] }), SPLIT);
      const low = verdict.evidence.comparisons[0]?.lift.low ?? -1;
      expect([verdict.kind === 'winner', extra]).toEqual([low > 0, extra]);
      return verdict.kind;
    });
    expect(new Set(kinds)).toEqual(new Set(['keep_running', 'winner']));
  });

  test('of fifteen arms needs more than of two', () => {
    const rivals = Object.fromEntries([...'acdefghijklmno'].map((id) => [id, [1000, 30] as const]));
    expect(analyze(spell({ a: [1000, 30], b: [1000, 38] }), SPLIT).kind).toBe('winner');
    expect(analyze(spell({ ...rivals, b: [1000, 38] }), SPLIT).kind).toBe('keep_running');
  });

  test('from observational delivery is worded as an association, and left to a person', () => {
    const verdict = analyze(spell(CLEAR));
    expect(verdict).toMatchObject({ kind: 'winner', mayBeDeclaredByMachine: false });
    expect(describeVerdict(verdict)).toMatch(
      /An association: the platform chose who saw which video.*only a person/,
    );
  });

  test('says what, where, when, within which limit and what it can not tell apart', () => {
    expect(describeVerdict(analyze(spell(CLEAR), SPLIT))).toMatch(
      /^Variant B's conversions per impression were [\d.]+% to \d+% above Variant A's on TikTok split tests, 1 to 14 May 2026, this mix; false-call limit 5%; delivery is not separable from creative\.$/,
    );
  });
});

describe('several assignments', () => {
  test('platforms with different assignments are never pooled: the stronger kind decides', () => {
    const cells = [...spell(LEVEL), ...spell(CLEAR, { platform: 'youtube' })];
    const verdict = analyze(cells, SPLIT);
    expect(verdict.kind).toBe('keep_running');
    expect(verdict.evidence.assignment).toBe('platform_split_test');
    expect(verdict.evidence.strata.used.map(({ platform }) => platform)).toEqual(['tiktok']);
    expect(verdict.evidence.strata.leftOut).toMatchObject([
      { platform: 'youtube', reason: 'other_assignment' },
    ]);
  });

  test('a split test that only one arm was in does not count, and what is left is observational', () => {
    const cells = [...spell({ a: [1000, 30] }), ...spell(CLEAR, { platform: 'youtube' })];
    expect(analyze(cells, SPLIT).evidence.assignment).toBe('observational_delivery');
  });
});

describe('blocked', () => {
  test('by a platform on which a rival does better', () => {
    const cells = [
      ...spell({ a: [5000, 150], b: [5000, 225] }),
      ...spell({ a: [1000, 60], b: [1000, 30] }, { platform: 'facebook' }),
    ];
    const verdict = analyze(cells, SPLIT);
    expect(verdict).toMatchObject({
      kind: 'blocked',
      ahead: { name: 'Variant B' },
      because: [{ code: 'harm' }],
    });
    expect(describeVerdict(verdict)).toContain(
      'but it is not called: on facebook a rival does better than Variant B',
    );
    expect(verdict.evidence.platforms?.heterogeneityPValue).toBeLessThan(0.01);
  });

  test('by a lead that was gone in the last 7 days', () => {
    const cells = [
      ...spell({ a: [2000, 60], b: [2000, 90] }, { days: 14 }),
      ...spell({ a: [2000, 60], b: [2000, 60] }, { days: 7, from: 14 }),
    ];
    expect(analyze(cells, SPLIT)).toMatchObject({ kind: 'blocked', because: [{ code: 'reversal' }] });
  });

  test('by a guardrail that the leader breaks against the control', () => {
    const guardrail = {
      metric: { name: 'unsubscribe_rate', numerator: 'unsubscribes', denominator: 'impressions' },
      cells: spell({ a: [1000, 20], b: [1000, 40] }),
      isWorseWhen: 'higher' as const,
    };
    expect(analyze(spell(CLEAR), { ...SPLIT, guardrails: [guardrail] })).toMatchObject({
      kind: 'blocked',
      because: [{ code: 'guardrail', found: "Variant B's unsubscribe rate is higher than Variant A's" }],
    });
    expect(
      analyze(spell(CLEAR), { ...SPLIT, guardrails: [{ ...guardrail, isWorseWhen: 'lower' }] }).kind,
    ).toBe('winner');
  });

  test('by conversions that carry their own date', () => {
    expect(analyze(spell(CLEAR), { ...SPLIT, datedByConversion: ['tiktok'] })).toMatchObject({
      kind: 'blocked',
      because: [{ code: 'dated_by_conversion' }],
    });
  });
});

describe('without a winner', () => {
  test('arms that are out leave a best set that holds the best one', () => {
    const verdict = analyze(spell({ a: [1000, 20], b: [1000, 42], c: [1000, 41], d: [1000, 22] }), SPLIT);
    expect(verdict).toMatchObject({
      kind: 'best_set',
      survivors: [{ name: 'Variant B' }, { name: 'Variant C' }],
      out: [{ name: 'Variant A' }, { name: 'Variant D' }],
    });
    expect(describeVerdict(verdict)).toMatch(
      /^One of Variant B and Variant C is the best on .*; Variant A and Variant D are out;/,
    );
  });

  test('arms inside the margin are equivalent in practice; without a margin nothing is said of it', () => {
    const cells = spell({ a: [100_000, 3000], b: [100_000, 3004] });
    const verdict = analyze(cells, { ...SPLIT, rules: { equivalenceMargin: 0.05 } });
    expect(verdict).toMatchObject({ kind: 'practically_equivalent', margin: 0.05 });
    expect(describeVerdict(verdict)).toMatch(
      /differ on conversions per impression by less than the 5% that matter: at most \d\.?\d*%/,
    );
    expect(analyze(cells, SPLIT).kind).toBe('keep_running');
  });

  test('what a call may still take is told in exposures, days and money, as a range', () => {
    const verdict = analyze(spell(LEVEL), { ...SPLIT, rules: { mediaUsdPerExposure: 0.01 } });
    expect(verdict.kind).toBe('keep_running');
    if (verdict.kind !== 'keep_running' || verdict.further === null) throw new Error('no forecast');
    const { exposures, days, mediaUsd } = verdict.further;
    expect(exposures.expected).toBeGreaterThan(exposures.least);
    expect(exposures.most).toBeNull();
    expect(mediaUsd?.least).toBeCloseTo(exposures.least * 0.01, 6);
    expect(days.least).toBeCloseTo(exposures.least / 2000, 6);
    expect(describeVerdict(verdict)).toMatch(
      /if the lead is what it seems, a call takes about .* impressions \(.* to no end\), .* days .*\$/,
    );
  });

  test('the forecast is about right: with so much more of the same, the call is made', () => {
    const verdict = analyze(spell({ a: [1000, 30], b: [1000, 34] }, { days: 10 }), SPLIT);
    if (verdict.kind !== 'keep_running') throw new Error(verdict.kind);
    const more = Math.ceil(verdict.further?.days.expected ?? 0);
    expect(more).toBeGreaterThan(2);
    const kindAt = (days: number) => analyze(spell({ a: [1000, 30], b: [1000, 34] }, { days }), SPLIT).kind;
    expect([kindAt(10 + Math.floor(0.8 * more)), kindAt(10 + Math.ceil(1.2 * more))]).toEqual([
      'keep_running',
      'winner',
    ]);
  });

  test('a test that has ended without a call has not enough evidence, and says what it lacked', () => {
    const verdict = analyze(spell(LEVEL), { ...SPLIT, rules: { isFinal: true } });
    expect(verdict).toMatchObject({ kind: 'not_enough_evidence', missing: [] });
    expect(describeVerdict(verdict)).toMatch(/^The test has ended without enough evidence/);
  });
});

describe('days', () => {
  test('an arm that came later is compared on the days that it shared', () => {
    const cells = [
      ...spell({ a: [1000, 60] }, { days: 10 }),
      ...spell({ a: [1000, 30], b: [1000, 30] }, { days: 14, from: 10 }),
    ];
    const verdict = analyze(cells, SPLIT);
    expect(verdict.kind).toBe('keep_running');
    const [a, b] = verdict.evidence.arms;
    expect([a?.rate, b?.rate]).toEqual([0.03, 0.03]);
    expect([a?.exposures, a?.compared.exposures]).toEqual([24_000, 14_000]);
  });

  test('an arm that was stopped is out of the contest, and named', () => {
    const cells = [...spell({ c: [1000, 30] }, { days: 5 }), ...spell(CLEAR)];
    const verdict = analyze(cells, SPLIT);
    expect(verdict.kind).toBe('winner');
    expect(verdict.evidence.arms.map(({ stoppedOn }) => stoppedOn)).toEqual([null, null, '2026-05-05']);
    expect(verdict.evidence.flags).toMatchObject([
      { code: 'arms_stopped', found: 'Variant C was last shown on 2026-05-05' },
    ]);
  });

  test('a pooled comparison that is turned around by the mix of places is told', () => {
    const cells = [
      ...spell({ a: [7000, 350], b: [3000, 165] }),
      ...spell({ a: [3000, 30], b: [7000, 77] }, { platform: 'facebook' }),
    ];
    expect(analyze(cells, SPLIT).evidence.flags.map(({ code }) => code)).toContain('simpson');
  });

  test('by days, an arm with good and bad days of its own needs more than conversions suggest', () => {
    const rough = Array.from({ length: 14 }, (_, i) => {
      const swing = i % 2 === 1 ? 1.5 : 0.7;
      return spell({ a: [10_000, 300], b: [10_000, Math.round(330 * swing)] }, { days: 1, from: i });
    }).flat();
    expect(analyze(rough, SPLIT)).toMatchObject({
      kind: 'winner',
      evidence: { flags: [{ code: 'days_vary' }] },
    });
    expect(analyze(rough, { ...SPLIT, rules: { method: 'anytime_days' } }).kind).toBe('keep_running');
    const even = spell(CLEAR).map((one, i) => ({ ...one, conversions: one.conversions + (i % 3) }));
    expect(analyze(even, { ...SPLIT, rules: { method: 'anytime_days' } }).kind).toBe('winner');
  });

  test('with planned looks nothing is declared between them, and half the conversions do', () => {
    const cells = (days: number) => spell({ a: [1000, 30], b: [1000, 35] }, { days });
    const rules = {
      method: 'planned_looks',
      looks: { days: [dayOf(9), dayOf(19)], pairConversions: 1400 },
    } as const;
    const kinds = [9, 10, 15, 20].map((days) => analyze(cells(days), { ...SPLIT, rules }).kind);
    expect(kinds).toEqual(['keep_running', 'keep_running', 'keep_running', 'winner']);
    expect(analyze(cells(20), { ...SPLIT, rules }).evidence.comparisons[0]).toMatchObject({
      logEBetter: null,
      pValue: null,
    });
  });
});

describe('means and rates', () => {
  const REVENUE = { name: 'revenue', numerator: 'revenue', denominator: 'users', kind: 'mean' } as const;

  test('a mean is decided by its sum and sum of squares', () => {
    const cells = (scale: number) =>
      spell({ a: [500, 1000], b: [500, 1000 * scale] }).map((one) => ({
        ...one,
        sumOfSquares: one.conversions * 6,
      }));
    expect(analyze(cells(1.3), { ...SPLIT, metric: REVENUE })).toMatchObject({
      kind: 'winner',
      winner: { name: 'Variant B' },
    });
    expect(analyze(cells(1.01), { ...SPLIT, metric: REVENUE }).kind).toBe('keep_running');
  });

  test('a rate may have more conversions than exposures: results for each dollar', () => {
    const metric = {
      name: 'clicks_per_dollar',
      numerator: 'clicks',
      denominator: 'spend',
      kind: 'rate',
    } as const;
    expect(analyze(spell({ a: [10, 30], b: [10, 42] }), { ...SPLIT, metric }).kind).toBe('winner');
  });

  test('a sum of squares that no values can have is a problem with its place', () => {
    const cells = spell({ a: [500, 1000], b: [500, 1000] }).map((one) => ({ ...one, sumOfSquares: 10 }));
    expect(analyze(cells, { metric: REVENUE })).toMatchObject({
      problems: expect.arrayContaining([
        expect.objectContaining({ code: 'bad_count', day: '2026-05-01', platform: 'tiktok' }),
      ]),
    });
  });
});

describe('problems', () => {
  test('units that came in other shares than planned are one, where people were drawn by chance, and nowhere else', () => {
    const units = [...spell({ a: [500, 0], b: [600, 0] })].map(({ armId, platform, day, exposures }) => ({
      armId,
      platform,
      day,
      count: exposures,
    }));
    expect(analyze(spell(CLEAR), { assignment: { tiktok: 'randomised' }, units })).toMatchObject({
      kind: 'data_problem',
      problems: [{ code: 'sample_ratio_mismatch', platform: 'tiktok' }],
    });
    expect(analyze(spell(CLEAR), { units }).kind).toBe('winner');
  });

  test.each([
    [{ falseCallLimit: 0 }, 'a false-call limit of 0'],
    [{ smallestLift: Number.NaN }, 'a smallest lift of NaN'],
    [{ equivalenceMargin: 2 }, 'a margin of 2'],
    [{ method: 'planned_looks' as const }, 'planned looks without days'],
  ])('rules that can not be used: %p', (rules, found) => {
    expect(analyze(spell(CLEAR), { rules })).toMatchObject({
      kind: 'data_problem',
      problems: [{ code: 'bad_rule', found: expect.stringContaining(found) }],
    });
  });
});

describe('whatever comes in', () => {
  const count = fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 0, max: 100_000 }) },
    { weight: 1, arbitrary: fc.constantFrom(Number.NaN, -1, Infinity, 1e300, 0.5, 1e12) },
  );
  const cell = fc
    .record({
      armId: fc.constantFrom('a', 'b', 'c'),
      platform: fc.constantFrom('tiktok', 'youtube'),
      cell: fc.constantFrom('', 'x'),
      day: fc.oneof(
        { weight: 20, arbitrary: fc.integer({ min: 0, max: 20 }).map(dayOf) },
        { weight: 1, arbitrary: fc.constant('2026-02-30') },
      ),
      exposures: count,
      share: fc.double({ min: 0, max: 1.02, noNaN: true }),
    })
    .map(({ share, ...one }) => {
      const conversions = Math.floor(one.exposures * share * share * share);
      return {
        ...one,
        conversions,
        sumOfSquares: one.exposures > 0 ? (conversions * conversions) / one.exposures + share : share,
      };
    });
  const oncePerDay = (cells: readonly Cell[]) => [
    ...new Map(
      cells.map((one) => [JSON.stringify([one.armId, one.platform, one.cell, one.day]), one]),
    ).values(),
  ];
  /** Data as they come when nothing is wrong: each arm with a rate of its own, on some platforms, over some days. */
  const sound = fc
    .array(
      fc.record({
        armId: fc.constantFrom('a', 'b', 'c'),
        exposures: fc.integer({ min: 0, max: 3000 }),
        share: fc.double({ min: 0, max: 0.2, noNaN: true }),
        platform: fc.constantFrom('tiktok', 'youtube'),
        from: fc.integer({ min: 0, max: 6 }),
        days: fc.integer({ min: 1, max: 14 }),
      }),
      { minLength: 2, maxLength: 6 },
    )
    .map((spells) =>
      oncePerDay(
        spells.flatMap(({ armId, exposures, share, ...rest }) =>
          spell({ [armId]: [exposures, Math.floor(exposures * share)] }, rest).map((one) => ({
            ...one,
            sumOfSquares:
              one.conversions * (2 + share) + (one.exposures > 0 ? one.conversions ** 2 / one.exposures : 0),
          })),
        ),
      ),
    );
  const rules = fc.record(
    {
      method: fc.constantFrom('anytime_counts' as const, 'anytime_days' as const, 'planned_looks' as const),
      looks: fc.constantFrom(null, { days: [dayOf(5), dayOf(12)], pairConversions: 500 }),
      equivalenceMargin: fc.constantFrom(null, 0.1, 0.9),
      isFinal: fc.boolean(),
      minimum: fc.constantFrom({ days: 1, conversions: 0 }, { days: 7, conversions: 25 }),
      smallestLift: fc.constantFrom(0.02, 0.1, 1),
      mediaUsdPerExposure: fc.constantFrom(null, 0.01),
    },
    { requiredKeys: [] },
  );
  const data = fc.record({
    metric: fc
      .constantFrom('proportion' as const, 'rate' as const, 'mean' as const)
      .map((kind) => ({ ...METRIC, kind })),
    cells: fc.oneof(sound, fc.array(cell, { maxLength: 60 }).map(oncePerDay)),
    assignment: fc.dictionary(
      fc.constantFrom('tiktok', 'youtube'),
      fc.constantFrom('randomised' as const, 'platform_split_test' as const),
    ),
    rules,
  });

  test('a verdict comes out: no exception, no NaN in it, and a sentence that promises nothing', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(data, (given) => {
        const ids = [...new Set(given.cells.map(({ armId }) => armId))].sort();
        const arms = ids.map((id) => ({
          id,
          name: `Variant ${id}`,
          factors: { hook: id === 'a' ? 'scene' : 'question' },
        }));
        const verdict = analyze(given.cells, { ...given, arms });
        kinds.add(verdict.kind);
        // JSON has neither NaN nor infinities nor undefined: what survives it has none.
        expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
        // A fault is told with the value that was given.
        if (verdict.kind === 'data_problem') return;
        expect(describeVerdict(verdict)).not.toMatch(
          /NaN|undefined|null|Infinity|likely|will win|confiden|everywhere|incremental|no difference/i,
        );
      }),
      { numRuns: 300, seed: 20_261_124 },
    );
    expect([...kinds]).toEqual(
      expect.arrayContaining(['data_problem', 'keep_running', 'not_enough_evidence', 'winner']),
    );
  });
});

test('an arm that does not say what it was made with counts for the verdict, and for no effect of a factor', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];
  const { evidence } = analyzeTest({
    metric: METRIC,
    cells: spell({ a: [1000, 30], b: [1000, 33], c: [1000, 40], d: [1000, 42], e: [1000, 90] }),
    arms: ids.map((id) => ({
      id,
      name: id,
      ...(id !== 'e' && { factors: { hook: 'ab'.includes(id) ? 'scene' : 'question' } }),
    })),
  });
  expect(evidence.arms.map(({ name }) => name)).toEqual(ids);
  expect(evidence.factors).toMatchObject([
    { kind: 'estimated', level: 'question', against: 'scene', videos: 2 },
  ]);
});
