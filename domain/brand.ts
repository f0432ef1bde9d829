import { z } from 'zod';
import { words } from './brief-fields.ts';
import { says } from './phrase-search.ts';

const colour = z
  .string()
  .trim()
  .regex(/^(#[0-9a-fA-F]{6}|\p{L}[\p{L} -]{0,39})$/u, {
    error: 'a colour such as "#2e7d32" (in quotation marks: # begins a comment in YAML), or its name',
  });

const claim = z.strictObject({
  claim: words(300).describe('The claim, in the words that are watched for.'),
  proof: words(500)
    .optional()
    .describe(
      'What backs it: a study, a test report, where it is kept. Without it the claim may not be made.',
    ),
});

export const brandField = z
  .strictObject({
    mustSay: z
      .array(words(200))
      .max(10)
      .default([])
      .describe('Words that every video says or shows, as they stand.'),
    mustNotSay: z
      .array(words(200))
      .max(100)
      .default([])
      .describe('Words that no video may say: whole words, whatever their case.'),
    colours: z
      .array(colour)
      .max(8)
      .default([])
      .describe('Colours of the brand, for things and clothes in the picture.'),
    claims: z
      .array(claim)
      .max(30)
      .default([])
      .describe('Claims that need proof. One that has none is refused wherever the brief makes it.'),
  })
  .describe('What the brand asks of every video.');

export type Brand = z.output<typeof brandField>;

/** Words of a brand's rules that a text says and must not. */
export interface Forbidden {
  readonly why: 'must_not_say' | 'unproven_claim';
  readonly words: string;
  /** Where the rule stands in the brief. */
  readonly path: readonly (string | number)[];
}

/** What a text says as it stands and must not; other forms of the words are for a person to judge. */
export function forbiddenIn(text: string, brand: Brand): readonly Forbidden[] {
  return [
    ...brand.mustNotSay.flatMap((words, index): Forbidden[] =>
      says(text, words) ? [{ why: 'must_not_say', words, path: ['brand', 'mustNotSay', index] }] : [],
    ),
    ...brand.claims.flatMap(({ claim: words, proof }, index): Forbidden[] =>
      proof === undefined && says(text, words)
        ? [{ why: 'unproven_claim', words, path: ['brand', 'claims', index, 'claim'] }]
        : [],
    ),
  ];
}
