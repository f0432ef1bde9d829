import fc from 'fast-check';
import type { Brief } from '../../domain/brief.ts';
import { FACTORS } from '../../domain/mutations.ts';
import { factorialRange } from '../../planning/designs/factorial.ts';
import { isolateSize } from '../../planning/designs/isolate.ts';
import { briefWith } from '../domain/example-brief.ts';

/** Two to four factors of two or three levels, in words of their own. */
const factors = fc
  .shuffledSubarray(
    // Its levels are seconds that the model sells.
    FACTORS.filter((factor) => factor !== 'length'),
    { minLength: 2, maxLength: 4 },
  )
  .chain((names) =>
    fc
      .tuple(...names.map(() => fc.integer({ min: 2, max: 3 })))
      .map((counts) => names.map((factor, i) => ({ factor, levels: levelsOf(factor, counts[i] ?? 2) }))),
  );

/** Words of which no two levels share any. */
function levelsOf(factor: string, count: number): string[] {
  return ['amber', 'birch', 'cobalt'].slice(0, count).map((word) => `${factor} ${word}`);
}

const seed = fc.integer({ min: 0, max: 4_294_967_295 });

const isWithin = (variants: number, least: number, most: number) =>
  variants >= least && variants <= Math.min(50, most);

function briefs(design: 'isolate' | 'factorial' | 'diversify'): fc.Arbitrary<Brief> {
  return fc
    .tuple(factors, fc.integer({ min: 2, max: 14 }), seed)
    .filter(([crossed, variants]) => {
      const { least, most } = factorialRange(crossed) ?? { least: 51, most: 0 };
      if (design === 'factorial') return isWithin(variants, least, most);
      return isWithin(variants, 2, design === 'isolate' ? isolateSize(crossed) : most);
    })
    .map(([crossed, variants, chosenSeed]) =>
      briefWith({
        design,
        variants,
        seed: chosenSeed,
        factors: Object.fromEntries(crossed.map(({ factor, levels }) => [factor, levels])),
      }),
    );
}

/** Prompts by hand that name their levels as somebody might who has no design in mind. */
const handmade: fc.Arbitrary<Brief> = fc
  .array(
    fc.record(
      {
        hook: fc.constantFrom('question', 'bold_claim'),
        tone: fc.constantFrom('urgent', 'playful'),
        pacing: fc.constantFrom('fast', 'slow'),
      },
      { requiredKeys: [] },
    ),
    { minLength: 1, maxLength: 9 },
  )
  .map((mutations) =>
    briefWith({
      variants: [{}, ...mutations].map((own, i) => ({
        name: `V${i}`,
        prompt: `A film number ${i}.`,
        mutations: own,
      })),
    }),
  );

export const randomBriefs = {
  isolate: briefs('isolate'),
  factorial: briefs('factorial'),
  diversify: briefs('diversify'),
  manual: handmade,
};
