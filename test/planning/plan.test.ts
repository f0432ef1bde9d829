import { describe, expect, test } from '@jest/globals';
import { BriefInvalid } from '../../domain/brief.ts';
import { FACTORS } from '../../domain/mutations.ts';
import { TEMPLATE_CODES, TEMPLATES } from '../../domain/templates.ts';
import { planVariants } from '../../planning/plan.ts';
import { briefWith } from '../domain/example-brief.ts';

/** Ten levels of each of fourteen factors: room for 127 variants. */
const MANY_LEVELS = Object.fromEntries(
  FACTORS.filter((factor) => factor !== 'length').map((factor) => [
    factor,
    Array.from({ length: 10 }, (_, level) => `${factor} ${level}`),
  ]),
);

describe('a plan', () => {
  test('is the same for the same brief', () => {
    const brief = briefWith({ variants: 5 });
    expect(planVariants(brief)).toEqual(planVariants(structuredClone(brief)));
  });

  test('has the control first and changes one factor in every other variant, the factors in turn', () => {
    const factors = {
      hook: ['scene', 'question', 'bold_claim'],
      pacing: ['steady', 'fast'],
      lighting: ['studio', 'golden_hour'],
    };
    const plan = planVariants(briefWith({ variants: 5, factors }));
    expect(plan.map(({ name, mutations }) => [name, mutations])).toEqual([
      ['Control', {}],
      ['Variant B', { hook: 'question' }],
      ['Variant C', { pacing: 'fast' }],
      ['Variant D', { lighting: 'golden_hour' }],
      ['Variant E', { hook: 'bold_claim' }],
    ]);
    expect(plan.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4]);
  });

  test('puts the change, and nothing else, into the prompt', () => {
    const [control, variant] = planVariants(
      briefWith({ variants: 2, factors: { pacing: ['steady', 'fast'] } }),
    );
    const steady = 'Editing: Three fragments, each held for a beat, then the whole.';
    const fast = 'Editing: Fragments in quick cuts, then one held frame of the whole.';
    expect(control?.prompt).toContain('a small espresso machine');
    expect(control?.prompt).toContain(steady);
    expect(variant?.prompt).toBe(control?.prompt.replace(steady, fast));
  });

  test('asks in every prompt for what the brand says and shows, and for the words that tell of AI; never for what it forbids', () => {
    const plan = planVariants(
      briefWith({
        variants: 3,
        brand: { mustSay: ['Crema, naturally'], colours: ['#2e7d32', 'warm grey'], mustNotSay: ['loud'] },
        disclosure: { onScreen: 'Made with AI' },
      }),
    );
    for (const { prompt } of plan) {
      for (const words of ['"Crema, naturally"', '#2e7d32, warm grey', '"Made with AI"']) {
        expect(prompt).toContain(words);
      }
      expect(prompt).not.toContain('loud');
    }
  });

  test("takes a level that the library does not know as the prompt's own words", () => {
    const [, variant] = planVariants(
      briefWith({ variants: 2, factors: { tone: ['warm', 'As dry as a tax form.'] } }),
    );
    expect(variant?.prompt).toContain('As dry as a tax form.');
  });

  test('takes text as text: a product may look like a placeholder or a pattern', () => {
    const [control] = planVariants(
      briefWith({ product: '$& {offer} {size}', offer: 'free beans', variants: 2 }),
    );
    expect(control?.prompt).toContain('$& {offer} {size}');
  });

  test('goes up to 50 variants, with names that differ', () => {
    const plan = planVariants(briefWith({ variants: 50, factors: MANY_LEVELS }));
    const names = plan.map(({ name }) => name);
    expect(new Set(names).size).toBe(50);
    expect(names.slice(24, 28)).toEqual(['Variant Y', 'Variant Z', 'Variant AA', 'Variant AB']);
    expect(new Set(plan.map(({ prompt }) => prompt)).size).toBe(50);
    for (const { mutations } of plan.slice(1)) expect(Object.keys(mutations)).toHaveLength(1);
  });

  test('needs a level for each variant, and says how many there are', () => {
    const brief = briefWith({
      variants: 5,
      factors: { hook: ['scene', 'question'], pacing: ['steady', 'fast'] },
    });
    expect(() => planVariants(brief)).toThrow(BriefInvalid);
    expect(() => planVariants(brief)).toThrow(
      expect.objectContaining({
        issues: [
          {
            path: 'variants',
            given: '5',
            allowed: expect.stringMatching(/^at most 3, .* hook \(2 levels\), pacing \(2\); add levels/),
          },
        ],
      }),
    );
  });

  test('takes prompts that were written by hand as they are', () => {
    const variants = [
      { name: 'Calm', prompt: 'A cup, steaming.' },
      { name: 'Loud', prompt: 'A hundred cups.' },
    ];
    expect(planVariants(briefWith({ variants }))).toEqual(
      variants.map((variant, position) => ({ ...variant, position, mutations: {} })),
    );
  });

  test.each(TEMPLATE_CODES)('can be made from %s as it comes', (template) => {
    const levels = Object.values(TEMPLATES.find(({ code }) => code === template)?.mutations ?? {});
    const variants = 1 + levels.reduce((sum, { length }) => sum + length - 1, 0);
    const plan = planVariants(briefWith({ template, variants }));
    expect(plan).toHaveLength(variants);
    for (const { prompt } of plan) expect(prompt).not.toMatch(/[{}]/);
  });
});
