import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FACTORS } from '../../domain/mutations.ts';
import { TEMPLATE_CODES } from '../../domain/templates.ts';
import { diversify } from '../../planning/designs/diversify.ts';
import { factorial } from '../../planning/designs/factorial.ts';
import { dEfficiency, distancesOf, strengthOf } from '../../planning/designs/properties.ts';
import { type DesignFactor, distance, levelCounts, type Run } from '../../planning/designs/runs.ts';
import { layoutOf } from '../../planning/layout.ts';
import { planVariants } from '../../planning/plan.ts';
import { briefWith } from '../domain/example-brief.ts';
import { randomBriefs } from './random-briefs.ts';

/** Factors with so many levels. */
function withLevels(...counts: readonly number[]): DesignFactor[] {
  return counts.map((count, i) => ({
    factor: FACTORS[i % FACTORS.length] ?? 'hook',
    levels: Array.from({ length: count }, (_, level) => `level ${level}`),
  }));
}

function times(count: number, levels: number): number[] {
  return new Array<number>(count).fill(levels);
}

const videosByLevel = (runs: readonly Run[], factor: number, levels: number) =>
  Array.from({ length: levels }, (_, level) => runs.filter((run) => run[factor] === level).length);

describe.each(['isolate', 'factorial', 'diversify', 'manual'] as const)('any plan by %s', (design) => {
  test('is the same for the same brief and seed, has the control first, and no variant twice', () => {
    fc.assert(
      fc.property(randomBriefs[design], (brief) => {
        const plan = planVariants(brief);
        expect(plan).toEqual(planVariants(structuredClone(brief)));
        expect(plan.map(({ position }) => position)).toEqual(plan.map((_, i) => i));
        expect(plan[0]?.mutations).toEqual({});
        expect(new Set(plan.map(({ prompt }) => prompt)).size).toBe(plan.length);
        expect(new Set(plan.map(({ name }) => name)).size).toBe(plan.length);
        if (design !== 'manual') {
          expect(plan).toHaveLength(Number(brief.variants));
          expect(new Set(plan.map(({ mutations }) => JSON.stringify(mutations))).size).toBe(plan.length);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe.each(['factorial', 'diversify'] as const)('any plan by %s', (design) => {
  test('has each level of a factor as often as its others, but for one video', () => {
    fc.assert(
      fc.property(randomBriefs[design], (brief) => {
        const { factors, runs } = layoutOf(brief);
        factors.forEach(({ levels }, i) => {
          const videos = videosByLevel(runs, i, levels.length);
          expect(Math.max(...videos) - Math.min(...videos)).toBeLessThanOrEqual(1);
        });
      }),
      { numRuns: 20 },
    );
  });
});

describe('a factorial', () => {
  // Runs, levels of each factor, and what the literature's array of that size has: strength 2 is orthogonal, 3 is resolution IV.
  test.each([
    ['half of 2^4', 8, times(4, 2), 3, 'regular fraction 2^(4-1)'],
    ['half of 2^5', 16, times(5, 2), 4, 'regular fraction 2^(5-1)'],
    ['half of 2^6', 32, times(6, 2), 5, 'regular fraction 2^(6-1)'],
    ['a quarter of 2^6', 16, times(6, 2), 3, 'regular fraction 2^(6-2)'],
    ['L8', 8, times(7, 2), 2, 'regular fraction 2^(7-4)'],
    ['fifteen factors in 32', 32, times(15, 2), 3, 'regular fraction 2^(15-10)'],
    ['L9', 9, times(4, 3), 2, 'regular fraction 3^(4-2)'],
    ['L27 of four', 27, times(4, 3), 3, 'regular fraction 3^(4-1)'],
    ['L25', 25, times(6, 5), 2, 'regular fraction 5^(6-4)'],
    ['L12, Plackett and Burman', 12, times(11, 2), 2, 'Plackett-Burman array of 12 runs'],
    ['Plackett and Burman in 20', 20, times(15, 2), 2, 'Plackett-Burman array of 20 runs'],
    ['Plackett and Burman in 44', 44, times(15, 2), 2, 'Plackett-Burman array of 44 runs'],
    ['fifteen factors in 40', 40, times(15, 2), 3, 'folded-over Hadamard array of 40 runs'],
    ['twelve factors in 24', 24, times(12, 2), 3, 'folded-over Hadamard array of 24 runs'],
    ['3 x 2', 6, [3, 2], 2, 'full factorial 3 x 2'],
    [
      '3 x 2^4, which no construction here has',
      12,
      [3, 2, 2, 2, 2],
      2,
      'D-optimal exchange, 12 of 48 combinations',
    ],
    ['4 x 2^4', 8, [4, 2, 2, 2, 2], 2, 'D-optimal exchange, 8 of 64 combinations'],
    ['2 x 3^3 of L18', 18, [2, 3, 3, 3], 2, 'D-optimal exchange, 18 of 54 combinations'],
    ['4^5', 16, times(5, 4), 2, 'D-optimal exchange, 16 of 1024 combinations'],
  ])('reaches the known array: %s', (_, size, counts, strength, construction) => {
    const { runs, ...rest } = factorial(withLevels(...counts), size, 0);
    expect(rest.construction).toBe(construction);
    expect(runs).toHaveLength(size);
    expect(new Set(runs.map(String)).size).toBe(size);
    expect(runs[0]).toEqual(times(counts.length, 0));
    expect(dEfficiency(runs, counts)).toBeCloseTo(1, 9);
    expect(strengthOf(runs, counts)).toBe(strength);
  });

  // The best of 20 starts of an exchange that may lose the balance and show a combination twice.
  test.each([
    [12, [3, 3, 3, 2], 0.9584],
    [12, [3, 3, 3], 0.9582],
    [10, [3, 3, 2, 2], 0.9608],
    [16, [4, 3, 2, 2], 0.9828],
    [24, [6, 4, 3], 0.9883],
    [14, times(6, 2), 0.977],
    [18, [2, ...times(7, 3)], 0.9844],
  ])(
    'of %d runs and %p levels is within 2%% of the most D-efficient, though balanced',
    (size, counts, best) => {
      expect(dEfficiency(factorial(withLevels(...counts), size, 0).runs, counts)).toBeGreaterThan(
        0.98 * best,
      );
    },
  );

  test.each([
    [10, times(4, 2)],
    [16, times(3, 3)],
    [20, [4, 2, 2, 2]],
    [22, [3, 3, 2, 2]],
  ])('of %d of the combinations of %p levels, which is more than half, shows none twice', (size, counts) => {
    const { runs } = factorial(withLevels(...counts), size, 0);
    expect(new Set(runs.map(String)).size).toBe(size);
  });

  test('follows its seed where there is a choice', () => {
    const of = (seed: number) => factorial(withLevels(3, 3, 2, 2), 10, seed).runs;
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });

  test("takes as many of a template's factors as its videos can judge, and all that a person names", () => {
    const plan = (variants: number) => layoutOf(briefWith({ design: 'factorial', variants }));
    expect(levelCounts(plan(4).factors)).toEqual([2, 2]);
    expect(levelCounts(plan(6).factors)).toEqual([2, 2, 2]);
    expect(levelCounts(plan(12).factors).reduce((product, count) => product * count)).toBeGreaterThanOrEqual(
      12,
    );
    const factors = {
      hook: ['scene', 'question', 'bold_claim'],
      tone: ['warm', 'urgent'],
      pacing: ['steady', 'fast'],
    };
    expect(plan(8).factors.every(({ levels }) => levels.length === 2)).toBe(true);
    expect(levelCounts(layoutOf(briefWith({ design: 'factorial', variants: 6, factors })).factors)).toEqual([
      3, 2, 2,
    ]);
  });

  test.each([
    [
      5,
      { hook: ['scene', 'question', 'bold_claim'], tone: ['warm', 'urgent'], pacing: ['steady', 'fast'] },
      'variants',
      /^6 to 12 for a factorial of hook \(3 levels\), tone \(2\), pacing \(2\)/,
    ],
    [
      13,
      { hook: ['scene', 'question', 'bold_claim'], tone: ['warm', 'urgent'], pacing: ['steady', 'fast'] },
      'variants',
      /^at most 12, every combination/,
    ],
    [4, { hook: ['scene', 'question'] }, 'factors', /^two factors or more/],
    [3, undefined, 'variants', /^4 to 4 for a factorial/],
  ])('of %d videos and %p is refused, and told what could be', (variants, factors, path, allowed) => {
    expect(() =>
      planVariants(briefWith({ design: 'factorial', variants, ...(factors && { factors }) })),
    ).toThrow(
      expect.objectContaining({
        issues: [expect.objectContaining({ path, allowed: expect.stringMatching(allowed) })],
      }),
    );
  });
});

describe('concepts far apart', () => {
  // The least distance that any set can have, by Plotkin's bound; all of these are reached.
  test.each([
    [9, times(4, 3), 3],
    [3, times(3, 3), 3],
    [8, times(5, 3), 3],
    [8, times(7, 2), 4],
    [16, times(5, 4), 4],
    [8, times(6, 5), 5],
  ])('%d of %p differ in %d factors at least, which is the most there can be', (size, counts, least) => {
    const { runs } = diversify(withLevels(...counts), size, 0);
    expect(distancesOf(runs, counts)).toMatchObject({ least, bound: least });
    const pairs = runs.flatMap((run, i) => runs.slice(i + 1).map((other) => distance(run, other)));
    expect(Math.min(...pairs)).toBe(least);
  });

  test('are never nearer than what a lot of the same size has', () => {
    fc.assert(
      fc.property(randomBriefs.diversify, fc.infiniteStream(fc.nat()), (brief, numbers) => {
        const { factors, runs } = layoutOf(brief);
        const counts = levelCounts(factors);
        const lot = runs.map(() => counts.map((count) => Number(numbers.next().value) % count));
        const { least, bound } = distancesOf(runs, counts);
        expect(least).toBeGreaterThanOrEqual(distancesOf(lot, counts).least);
        expect(least).toBeLessThanOrEqual(bound);
      }),
      { numRuns: 20 },
    );
  });

  test('leave out what can not be in one video, as long as there is enough beside it', () => {
    const factors = {
      style: ['commercial', 'monochrome', 'film', 'vintage'],
      lighting: ['studio', 'neon', 'daylight', 'spot'],
      tone: ['confident', 'warm', 'playful'],
    };
    for (const seed of [1, 2, 3, 4, 5]) {
      const plan = planVariants(briefWith({ design: 'diversify', variants: 8, seed, factors }));
      expect(
        plan.some(({ mutations: { style, lighting } }) => style === 'monochrome' && lighting === 'neon'),
      ).toBe(false);
    }
  });

  test('are refused where there are not so many', () => {
    const factors = { hook: ['scene', 'question'], tone: ['warm', 'urgent'] };
    expect(() => planVariants(briefWith({ design: 'diversify', variants: 5, factors }))).toThrow(
      'at most 4, every combination of hook (2 levels), tone (2)',
    );
  });
});

describe('prompts of your own', () => {
  const own = [
    { name: 'Calm', prompt: 'A cup, steaming.' },
    { name: 'Loud', prompt: 'A hundred cups.', mutations: { tone: 'urgent' } },
  ];

  test('are the design "manual", and keep the levels that they name', () => {
    const plan = planVariants(briefWith({ variants: own }));
    expect(plan.map(({ mutations }) => mutations)).toEqual([{}, { tone: 'urgent' }]);
    expect(planVariants(briefWith({ variants: own, design: 'manual' }))).toEqual(plan);
  });

  test('can not be planned from factors, nor factors be prompts of your own', () => {
    expect(() => planVariants(briefWith({ variants: own, design: 'factorial' }))).toThrow(
      'design: given "factorial"',
    );
    expect(() => planVariants(briefWith({ variants: 4, design: 'manual' }))).toThrow(
      'a list of { name, prompt }',
    );
  });
});

test.each(TEMPLATE_CODES)('%s yields eight variants by each design', (template) => {
  for (const design of ['factorial', 'diversify'] as const) {
    expect(planVariants(briefWith({ template, design, variants: 8 }))).toHaveLength(8);
  }
});
