import { describe, expect, test } from '@jest/globals';
import type { BriefInput } from '../../domain/brief.ts';
import { findPhrase } from '../../domain/phrase-search.ts';
import { TEMPLATE_CODES, TEMPLATES } from '../../domain/templates.ts';
import { brandViolations } from '../../planning/checks/brand-rules.ts';
import { checkPlan, refusalOfPlan } from '../../planning/checks/check-plan.ts';
import { mediaTooSmall } from '../../planning/checks/media.ts';
import { similarityOf } from '../../planning/checks/similarity.ts';
import { libraryWords } from '../../planning/library/index.ts';
import { planVariants } from '../../planning/plan.ts';
import { briefWith } from '../domain/example-brief.ts';

const check = (changes: Partial<BriefInput>) => {
  const brief = briefWith(changes);
  return checkPlan(brief, planVariants(brief));
};

const own = (
  ...variants: readonly (readonly [name: string, prompt: string, mutations?: Record<string, string>])[]
) => ({
  variants: variants.map(([name, prompt, mutations = {}]) => ({ name, prompt, mutations })),
});

const LONG =
  'A barista in a small bright kitchen grinds beans by hand, pulls one slow espresso into a glass and holds it against the window';

describe('near-duplicates', () => {
  test('prompts with the same words are an error, whatever their case and punctuation', () => {
    expect(check(own(['A', 'A cup, steaming.'], ['B', 'Two cups.'], ['C', 'a CUP - steaming']))).toEqual([
      expect.objectContaining({ code: 'SAME_PROMPT', severity: 'error', variants: ['A', 'C'] }),
    ]);
  });

  test('prompts as near as two that differ in one clause are a warning, with the words in which they differ', () => {
    const [finding, ...others] = check(own(['A', `${LONG}.`], ['B', `${LONG.replace('slow', 'quick')}.`]));
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ code: 'NEAR_DUPLICATE', severity: 'warning', variants: ['A', 'B'] });
    expect(finding?.found).toMatch(
      /share \d+% of their runs of three words, and differ in "slow" against "quick"$/,
    );
  });

  test('the same change is none once it is named, unless hardly a word comes of it', () => {
    const quick = { pacing: 'fast' };
    expect(check(own(['A', LONG], ['B', LONG.replace('slow', 'quick'), quick]))).toEqual([]);
    expect(
      check(own(['A', LONG], ['B', LONG.replace('one slow espresso', 'the slow espressos'), quick])),
    ).toEqual([
      expect.objectContaining({ code: 'NEAR_DUPLICATE', found: expect.stringMatching(/small words alone$/) }),
    ]);
  });

  test('two variants that name the same levels are a warning', () => {
    expect(
      check(
        own(['A', 'A cup.'], ['B', 'Ten hands.', { tone: 'urgent' }], ['C', 'A storm.', { tone: 'urgent' }]),
      ),
    ).toEqual([
      expect.objectContaining({
        code: 'SAME_LEVELS',
        variants: ['B', 'C'],
        found: 'both name the same levels: tone: urgent',
      }),
    ]);
  });

  test("a level in the library's words beside its name is the same prompt", () => {
    const words = libraryWords('PRODUCT_REVEAL', 'lighting', 'studio') ?? '';
    const factors = { lighting: ['studio', words] };
    expect(check({ variants: 2, factors })).toMatchObject([{ code: 'SAME_PROMPT', severity: 'error' }]);
  });

  test.each(TEMPLATE_CODES)('the plans of %s have none, by any design', (template) => {
    const levels = Object.values(TEMPLATES.find(({ code }) => code === template)?.mutations ?? {});
    const most = levels.reduce((sum, { length }) => sum + length - 1, 1);
    expect(check({ template, variants: Math.min(50, most) })).toEqual([]);
    expect(check({ template, variants: 8, design: 'factorial' })).toEqual([]);
    expect(check({ template, variants: 8, design: 'diversify' })).toEqual([]);
  });

  test('one changed clause is nearer than the limit, and another template is much further away', () => {
    const product = {
      product: 'the Crema One, a small espresso machine',
      offer: 'twenty percent off in the first week',
    };
    const controls = TEMPLATE_CODES.map((template) => {
      const [control, ...others] = planVariants(briefWith({ ...product, template, variants: 6 }));
      for (const { prompt } of others)
        expect(similarityOf(control?.prompt ?? '', prompt)).toBeGreaterThan(0.7);
      return control?.prompt ?? '';
    });
    controls.forEach((one, i) => {
      for (const other of controls.slice(i + 1)) expect(similarityOf(one, other)).toBeLessThan(0.45);
    });
  });

  test('texts without words are as near as can be', () => {
    expect([similarityOf('', ''), similarityOf('cup', 'Cup!'), similarityOf('cup', 'tea')]).toEqual([
      1, 1, 0,
    ]);
  });
});

describe('a phrase', () => {
  test.each([
    ['It CURES colds.', 'cures', { words: 'cures', isExact: true }],
    ['The no 1 coffee', 'No. 1', { words: 'no 1', isExact: true }],
    ['We start here', 'art', undefined],
    ['It cured him', 'cures', { words: 'cured', isExact: false }],
    ['Curing meat', 'cure', { words: 'curing', isExact: false }],
    ['Guaranteed results', 'guarantee', { words: 'guaranteed', isExact: false }],
    ['many studies prove it', 'study proves', { words: 'studies prove', isExact: false }],
    ["the doctor's favourite", 'doctor favourite', { words: 'doctor favourite', isExact: false }],
    ['planned savings', 'plan saving', { words: 'planned savings', isExact: false }],
    ['Un cafe gratuit', 'café gratuit', { words: 'cafe gratuit', isExact: false }],
    ['Die groesste Straße', 'strasse', { words: 'straße', isExact: false }],
    ['100% pure', '100 %', { words: '100 %', isExact: true }],
    ['100 grams', '100%', undefined],
    ['世界一のコーヒー', '世界一', { words: '世界一', isExact: true }],
    // Not found, as the docstring says.
    ['It is curable', 'cure', undefined],
    ['better than good', 'best', undefined],
    ['cures most colds', 'cures colds', undefined],
  ])('in %p: %p', (text, phrase, found) => {
    expect(findPhrase(text, phrase)).toEqual(found);
  });
});

describe("the brand's rules", () => {
  const variant = (prompt: string) => ({ position: 0, name: 'Control', prompt, mutations: {} });
  const rules = {
    mustSay: ['Drink responsibly'],
    mustNotSay: ['cure'],
    claims: [{ claim: 'the best coffee' }, { claim: 'made in Italy', proof: 'certificate 12' }],
  };

  test('are kept by a prompt that says what it must, and makes claims that have proof', () => {
    expect(brandViolations([variant('Made in Italy. Drink responsibly.')], rules)).toEqual([]);
  });

  test('are broken with the words that were found', () => {
    const found = brandViolations([variant('The best coffee is a cure. Drinks responsibly.')], rules);
    expect(found.map(({ code, severity, found: words }) => [code, severity, words])).toEqual([
      [
        'BRAND_MUST_SAY',
        'error',
        expect.stringContaining('"Drink responsibly", which every video says; it has "drinks responsibly"'),
      ],
      ['BRAND_MUST_NOT_SAY', 'error', expect.stringContaining('says "cure"')],
      ['BRAND_CLAIM_UNPROVEN', 'error', expect.stringContaining('claims "the best coffee"')],
    ]);
  });

  test('another form of forbidden words is for a person to judge', () => {
    const found = brandViolations([variant('Cured ham. The best coffees. Drink responsibly.')], rules);
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([
      ['BRAND_MUST_NOT_SAY', 'warning'],
      ['BRAND_CLAIM_UNPROVEN', 'warning'],
    ]);
  });
});

describe('the control', () => {
  test('is first, and changes nothing', () => {
    expect(
      check(
        own(['A', 'A cup.', { tone: 'urgent' }], ['B', 'Ten hands.'], ['C', 'Rain.', { tone: 'playful' }]),
      ),
    ).toMatchObject([
      {
        code: 'CONTROL_MISSING',
        severity: 'error',
        variants: ['A'],
        found: expect.stringContaining('tone: urgent'),
      },
    ]);
  });

  test('is not a later variant of that name', () => {
    expect(check(own(['New', 'A cup.'], ['Control', 'Ten hands.']))).toMatchObject([
      { code: 'CONTROL_NOT_FIRST', severity: 'error', variants: ['Control'] },
    ]);
    expect(check(own(['Control', 'A cup.'], ['Quality control', 'Ten hands.']))).toEqual([]);
  });
});

describe('factors that come together', () => {
  test('by accident are a warning that names them, and the variants', () => {
    const both = { hook: 'question', tone: 'urgent' };
    const found = check(own(['A', 'A cup.'], ['B', 'Ten hands.', both], ['C', 'Rain.', { pacing: 'fast' }]));
    expect(found).toEqual([
      expect.objectContaining({
        code: 'FACTORS_CONFOUNDED',
        severity: 'warning',
        variants: ['B'],
        found: "hook: question and tone: urgent can't be told apart: they always change together",
      }),
    ]);
  });

  test('are told in groups that have nothing to do with each other', () => {
    const found = check(
      own(
        ['A', 'A cup.'],
        ['B', 'Ten hands.', { hook: 'question', tone: 'urgent' }],
        ['C', 'Rain.', { pacing: 'fast', camera: 'macro', lighting: 'neon' }],
      ),
    );
    expect(found.map(({ variants }) => variants)).toEqual([['B'], ['C']]);
    expect(found[1]?.found).toMatch(/each is there just when others are/);
  });

  test('are nothing to warn of where whole concepts are meant to differ', () => {
    expect(check({ design: 'diversify', variants: 3 })).toEqual([]);
  });
});

describe('media', () => {
  const planned = (mostVariants: number) => ({
    size: {
      controlConversions: 900,
      exposuresPerArm: 45_000,
      exposures: 270_000,
      days: null,
      mediaUsd: 13_500,
      perPlatform: [],
    },
    smallestLift: 0.2,
    variants: 6,
    budgetUsd: 12_000,
    mostVariants,
  });

  test('that can not tell so many variants apart are a warning', () => {
    const found = (mostVariants: number) =>
      mediaTooSmall(planned(mostVariants)).map(({ found: words }) => words);
    expect(found(0)).toEqual([
      "$12,000 of media can't tell even 2 variants apart by a lift of 20%, and there are 6",
    ]);
    expect(found(5)).toEqual([
      '$12,000 of media can tell 5 variants apart by a lift of 20%, and there are 6',
    ]);
    expect(found(6)).toEqual([]);
    expect(mediaTooSmall(undefined)).toEqual([]);
    const brief = briefWith({ variants: 6 });
    expect(checkPlan(brief, planVariants(brief), planned(5))).toMatchObject([
      { code: 'MEDIA_TOO_SMALL', severity: 'warning' },
    ]);
  });
});

test('errors come first, and make the refusal; warnings alone make none', () => {
  const findings = check(
    own(['A', LONG], ['B', LONG.replace('slow', 'quick')], ['C', 'Rain.'], ['Control', 'rain']),
  );
  expect(findings.map(({ severity }) => severity)).toEqual(['error', 'error', 'warning']);
  const refusal = refusalOfPlan(findings);
  expect(refusal?.code).toBe('PLAN_REFUSED');
  expect(refusal?.message).toMatch(/^The plan has 2 errors:\n {2}Control: .*\n {2}C, Control: .*\nTo fix: /);
  expect(refusalOfPlan(findings.slice(2))).toBeUndefined();
  expect(refusalOfPlan(findings.slice(1))?.message).toMatch(/^The plan has an error:/);
});
