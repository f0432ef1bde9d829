import { describe, expect, test } from '@jest/globals';
import { type Brief, parseBrief } from '../../domain/brief.ts';
import type { Factor, Mutations } from '../../domain/mutations.ts';
import type { LevelChoice } from '../../planning/next/choose-levels.ts';
import { beyond, levelsOf } from '../../planning/next/learned.ts';
import { type Repertoire, repertoireOf } from '../../planning/next/levels-to-try.ts';
import { type NextRound, nextRound } from '../../planning/next/next-round.ts';
import { BRIEF, planned, roundId, roundOf } from './rounds.ts';

const LEVELS = {
  hook: ['scene', 'question', 'bold_claim', 'confession'],
  pacing: ['steady', 'fast', 'slow'],
  lighting: ['studio', 'neon', 'golden_hour'],
} as const;
/** The first level of each factor stands where nothing is said. */
const trying = (levels: Readonly<Partial<Record<Factor, readonly [string, ...string[]]>>>): Repertoire => ({
  levels,
  unsaid: Object.fromEntries(Object.entries(levels).map(([factor, [first]]) => [factor, first])),
  areCompatible: () => true,
});
const TO_TRY = trying(LEVELS);

/** Two levels of two factors, every one of them in two videos. */
const CROSSED = [
  { name: 'Control', mutations: {}, daily: 30 },
  { name: 'Variant B', mutations: { hook: 'question' }, daily: 41 },
  { name: 'Variant C', mutations: { pacing: 'fast' }, daily: 14 },
  { name: 'Variant D', mutations: { hook: 'question', pacing: 'fast' }, daily: 21 },
  { name: 'Variant E', mutations: {}, daily: 31 },
  { name: 'Variant F', mutations: { hook: 'question' }, daily: 43 },
  { name: 'Variant G', mutations: { pacing: 'fast' }, daily: 15 },
  { name: 'Variant H', mutations: { hook: 'question', pacing: 'fast' }, daily: 20 },
];
const CROSSED_BRIEF = {
  ...BRIEF,
  variants: 8,
  factors: {
    hook: ['scene', 'question'],
    pacing: ['steady', 'fast'],
    lighting: ['studio', 'neon', 'golden_hour'],
  },
};

const of = (next: NextRound, factor: Factor, level: string): LevelChoice | undefined =>
  next.levels.find((one) => one.factor === factor && one.level === level);

describe('the control of the next round', () => {
  const brief = { ...BRIEF, factors: { hook: ['scene', 'question', 'bold_claim', 'confession'] } };
  const shown = (...daily: readonly number[]) => planned(brief, (_, position) => daily[position] ?? 10);

  test('is the winner that was declared, with its levels and the group that it comes from', () => {
    const round = roundOf(1, brief, shown(30, 60, 30, 30), 'Variant B');
    const next = nextRound([round], TO_TRY);
    expect(next.control).toEqual({
      variant: 'Variant B',
      because: 'declared',
      said: 'Variant B is the winner',
    });
    expect(next.brief.parent).toMatchObject({
      group: roundId(1),
      variant: 'Variant B',
      levels: { hook: 'question' },
    });
  });

  test("says so when the numbers do not call a person's winner", () => {
    const next = nextRound([roundOf(1, brief, shown(30, 31, 30, 30), 'Variant C')], TO_TRY);
    expect(next.control).toMatchObject({
      variant: 'Variant C',
      said: expect.stringMatching(/do not call|not call$/),
    });
  });

  test('stays as it is where no winner was called, and the noise is not taken for one', () => {
    const next = nextRound([roundOf(1, brief, shown(30, 33, 28, 30))], TO_TRY);
    expect(next.control).toMatchObject({ variant: 'Control', because: 'kept' });
    expect(next.control.said).toContain('the evidence was not enough for a winner');
    expect(next.levels.every(({ lift }) => lift === null)).toBe(true);
  });

  test('stays where there are no numbers, or they have a fault', () => {
    const round = { ...roundOf(1, brief, shown(30, 30, 30, 30)), verdict: undefined };
    expect(nextRound([round], TO_TRY)).toMatchObject({
      control: { variant: 'Control', said: expect.stringContaining('there are no numbers') },
      remarks: ['Nothing was learned of levels by this round.'],
    });
    const faulty = roundOf(1, brief, shown(30, 2000, 30, 30));
    expect(nextRound([faulty], TO_TRY).control.said).toContain('the numbers have a fault');
  });

  test('is the leader of the best set where the old control is out of it, and is not called a winner', () => {
    const next = nextRound([roundOf(1, brief, shown(30, 60, 61, 30))], TO_TRY);
    expect(next.control).toMatchObject({ variant: 'Variant C', because: 'leads_best_set' });
    expect(next.control.said).toContain('no winner was called, but Control is out');
  });
});

describe('the levels of the next round', () => {
  test('a level that two videos show to be worse is dropped, with its lift and interval', () => {
    const next = nextRound([roundOf(1, CROSSED_BRIEF, CROSSED, 'Variant F')], TO_TRY);
    expect(of(next, 'pacing', 'fast')).toMatchObject({ choice: 'dropped', because: 'worse', films: 4 });
    const lift = of(next, 'pacing', 'fast')?.lift;
    expect(lift?.lift).toBeCloseTo(-0.51, 1);
    expect(lift?.high).toBeLessThan(0);
    expect(next.brief.factors?.pacing ?? []).not.toContain('fast');
  });

  test('what the winner had and others had too is its own level now, and what it is held against is dropped', () => {
    const next = nextRound([roundOf(1, CROSSED_BRIEF, CROSSED, 'Variant F')], TO_TRY);
    expect(of(next, 'hook', 'question')).toMatchObject({ choice: 'control', films: 4 });
    expect(of(next, 'hook', 'scene')).toMatchObject({ choice: 'dropped', because: 'worse' });
  });

  test('nothing is claimed of a level that one video alone has carried: it is part of that video', () => {
    const brief = { ...BRIEF, factors: { hook: ['scene', 'question'], pacing: ['steady', 'fast', 'slow'] } };
    const shown = planned(brief, (_, position) => [30, 60, 12, 29][position] ?? 0);
    const next = nextRound([roundOf(1, brief, shown, 'Variant B')], TO_TRY);
    expect(next.levels.filter(({ films }) => films === 1).map(({ lift }) => lift)).toEqual(
      next.levels.filter(({ films }) => films === 1).map(() => null),
    );
    expect(of(next, 'pacing', 'slow')).toMatchObject({ films: 1, lift: null });
  });

  test('a share of what is on trial was never tried before', () => {
    const many = trying({
      ...LEVELS,
      tone: ['warm', 'urgent', 'playful'],
      camera: ['locked', 'orbit', 'macro'],
    });
    const news = (exploration: number) =>
      nextRound([roundOf(1, CROSSED_BRIEF, CROSSED, 'Variant F')], many, { exploration }).levels.filter(
        ({ choice }) => choice === 'new',
      ).length;
    expect(news(1)).toBeGreaterThanOrEqual(news(0));
    expect(news(1)).toBeGreaterThan(0);
  });

  test('a level that was dropped stays dropped in the round after, whose brief does not name it any more', () => {
    const first = roundOf(1, CROSSED_BRIEF, CROSSED, 'Variant F');
    const brief = nextRound([first], TO_TRY).brief;
    const second = roundOf(
      2,
      brief,
      planned(brief, () => 43),
    );
    const next = nextRound([first, second], TO_TRY);
    expect(of(next, 'pacing', 'fast')).toMatchObject({ choice: 'dropped', because: 'worse' });
  });

  test('a control that comes again is one film, however often it was measured', () => {
    const brief = { ...BRIEF, variants: 2, factors: { hook: ['scene', 'question'] } };
    const first = roundOf(
      1,
      brief,
      planned(brief, (_, position) => (position === 0 ? 30 : 45)),
      'Variant B',
    );
    const again = {
      ...brief,
      parent: { group: roundId(1), variant: 'Variant B', levels: { hook: 'question' } },
      factors: { hook: ['question', 'bold_claim'] },
    };
    const second = roundOf(
      2,
      again,
      planned(again, (_, position) => (position === 0 ? 45 : 44)),
    );
    const next = nextRound([first, second], trying({ hook: LEVELS.hook }));
    expect(of(next, 'hook', 'question')).toMatchObject({ choice: 'control', films: 1 });
    expect(next.levels.every(({ lift }) => lift === null)).toBe(true);
  });

  test('nothing is claimed against a level that one film alone has carried through two rounds', () => {
    const brief = {
      ...BRIEF,
      variants: 6,
      factors: { hook: ['scene', 'question'], pacing: ['steady', 'fast'] },
    };
    const others = [30, 31, 29, 30].map((daily, i) => ({ name: `Scene ${i}`, mutations: {}, daily }));
    const won = { name: 'Question', mutations: { hook: 'question' }, daily: 60 };
    const first = roundOf(1, brief, [...others, won], 'Question');
    const parent = { group: roundId(1), variant: 'Question', levels: { hook: 'question' } };
    const second = roundOf(2, { ...brief, parent, factors: { hook: ['question', 'scene'] } }, [
      { name: 'Control', mutations: {}, daily: 60 },
      ...others.map(({ name, daily }) => ({ name, mutations: { hook: 'scene' }, daily })),
    ]);
    const scene = of(nextRound([first, second], TO_TRY), 'hook', 'scene');
    expect(scene).toMatchObject({ films: 8, lift: null });
  });

  test('a round that was decided on another metric teaches nothing of this one', () => {
    const first = roundOf(1, { ...CROSSED_BRIEF, primaryMetric: 'view_rate' }, CROSSED, 'Variant F');
    const brief = { ...nextRound([first], TO_TRY).brief, primaryMetric: 'conversion_rate' as const };
    const second = roundOf(
      2,
      brief,
      planned(brief, () => 43),
    );
    expect(of(nextRound([first, second], TO_TRY), 'pacing', 'fast')).toMatchObject({ films: 0, lift: null });
  });
});

describe('the brief of the next round', () => {
  test('is the old one but for what is new, and can be used as it is', () => {
    const { brief } = nextRound([roundOf(1, CROSSED_BRIEF, CROSSED, 'Variant F')], TO_TRY);
    expect(brief).toMatchObject({ venture: 'Crema & Co', name: 'Espresso launch, round 2' });
    const parsed = parseBrief(brief);
    expect(parsed.id).toBeUndefined();
    const again = nextRound(
      [
        roundOf(
          1,
          brief,
          planned(brief, () => 30),
        ),
      ],
      TO_TRY,
    );
    expect(again.brief.name).toBe('Espresso launch, round 3');
  });

  test('has as many variants as were asked for, as far as there is something to try', () => {
    const round = roundOf(1, CROSSED_BRIEF, CROSSED, 'Variant F');
    expect(nextRound([round], TO_TRY, { variants: 4 }).brief.variants).toBe(4);
    expect(nextRound([round], TO_TRY, { variants: 2 }).brief.variants).toBe(2);
    expect(
      nextRound([round], trying({ hook: ['scene', 'question'] }), { variants: 8 }).brief.variants,
    ).toBeLessThan(8);
  });

  test('has nothing on trial where everything was shown to be worse', () => {
    const next = nextRound(
      [roundOf(1, CROSSED_BRIEF, CROSSED, 'Variant F')],
      trying({
        hook: ['scene', 'question'],
        pacing: ['steady', 'fast'],
      }),
    );
    expect(next.brief.factors).toEqual({});
    expect(next.remarks).toContain('There is no level left that is worth trying.');
  });

  test('after prompts written by hand has their winner as the control, and says that nothing is known of levels', () => {
    const variants = [
      { name: 'Calm', prompt: 'A cup, steaming.' },
      { name: 'Loud', prompt: 'A hundred cups.' },
    ];
    const shown = variants.map(({ name }, position) => ({ name, mutations: {}, daily: 30 + 30 * position }));
    const next = nextRound([roundOf(1, { ...BRIEF, variants }, shown, 'Loud')], TO_TRY);
    expect(next).toMatchObject({
      control: { variant: 'Loud' },
      brief: { variants: 2, parent: { variant: 'Loud' } },
    });
    expect(next.remarks[0]).toContain('written by hand');
  });

  test('can’t be had after no round at all', () => {
    expect(() => nextRound([], TO_TRY)).toThrow('a round after none');
  });
});

describe('what there is to try', () => {
  const levels = (factors: Brief['factors']) => repertoireOf(parseBrief({ ...BRIEF, factors })).levels;

  test('is what the library has for the template, and what the brief names', () => {
    const { tone, hook } = levels({ tone: ['As dry as a tax form.', 'warm'] });
    expect(tone).toEqual(expect.arrayContaining(['As dry as a tax form.', 'warm', 'confident']));
    expect(hook).toEqual(expect.arrayContaining(['scene', 'question']));
  });

  test('is no offer and no length but those that the brief names: they are for the team to say', () => {
    expect(levels({ hook: ['scene', 'question'] })).not.toHaveProperty('offer');
    expect(levels({ hook: ['scene', 'question'] })).not.toHaveProperty('length');
    expect(levels({ length: ['4s', '8s'] })).toMatchObject({ length: ['4s', '8s'] });
  });

  test('is nothing that can not be in one video with the control, or with what else is on trial', () => {
    const never = (one: string, other: string) => (together: Mutations) =>
      !(Object.values(together).includes(one) && Object.values(together).includes(other));
    const round = roundOf(1, CROSSED_BRIEF, CROSSED, 'Variant F');
    const onTrial = (repertoire: Repertoire) =>
      Object.values(nextRound([round], repertoire).brief.factors ?? {}).flat();
    const both = onTrial(TO_TRY);
    expect(both).toEqual(expect.arrayContaining(['slow', 'neon']));
    expect(onTrial({ ...TO_TRY, areCompatible: never('slow', 'neon') })).not.toEqual(
      expect.arrayContaining(['slow', 'neon']),
    );
    expect(onTrial({ ...TO_TRY, areCompatible: never('question', 'neon') })).not.toContain('neon');
  });
});

test('a variant is made of what its template has, what its brief says, and what it changes', () => {
  const brief = parseBrief({ ...BRIEF, factors: { tone: ['As dry as a tax form.', 'warm'] } });
  const round = roundOf(1, brief, [
    { name: 'Control', mutations: {}, daily: 1 },
    { name: 'Variant B', mutations: { tone: 'warm' }, daily: 1 },
  ]);
  const { unsaid } = repertoireOf(brief);
  expect(levelsOf(round, 'Control', unsaid)).toMatchObject({ tone: 'As dry as a tax form.', hook: 'scene' });
  expect(levelsOf(round, 'Variant B', unsaid)).toMatchObject({ tone: 'warm', hook: 'scene' });
  expect(beyond(unsaid, levelsOf(round, 'Variant B', unsaid))).toEqual({ tone: 'warm' });
  const changed = {
    ...round,
    variants: round.variants.map((variant) => ({ ...variant, isRewritten: true })),
  };
  expect(levelsOf(changed, 'Variant B', unsaid)).toEqual({});
});
