import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { briefSchema } from '../../domain/brief.ts';
import { briefJsonSchema } from '../../domain/brief-json-schema.ts';
import { EXAMPLES, SHORTEST_BRIEF } from './example-brief.ts';

/** Written by others than the schema is, and used by editors. Formats are left to them. */
const isValid = new Ajv2020({ strict: true, allowUnionTypes: true, validateFormats: false }).compile(
  briefJsonSchema(),
);

/** Every field once, in each form that it has. */
const EVERYTHING = [
  ...EXAMPLES.map((path): unknown => parse(readFileSync(path, 'utf8'))),
  SHORTEST_BRIEF,
  {
    ...SHORTEST_BRIEF,
    id: '0b0e4c52-6d3a-4a57-9d39-1f5a3c0a7e11',
    factors: { hook: ['scene', 'question'] },
    generation: { resubmits: 0, resubmitWhenChargeIsUnknown: true },
    primaryMetric: 'view_rate',
  },
];

test.each(EVERYTHING)('what a brief may say, an editor accepts: %#', (brief) => {
  expect(isValid(brief)).toBe(true);
});

describe('what a brief may not say, an editor underlines', () => {
  test.each<[string, Record<string, unknown>]>([
    ['a misspelt field', { platfroms: ['tiktok'] }],
    ['an unknown template', { template: 'DANCE' }],
    ['an unknown platform', { platforms: ['myspace'] }],
    ['a platform twice', { platforms: ['tiktok', 'tiktok'] }],
    ['one variant', { variants: 1 }],
    ['a variant without its prompt', { variants: [{ name: 'A' }, { name: 'B', prompt: 'x' }] }],
    ['an unknown factor', { factors: { colour: ['a', 'b'] } }],
    ['a factor of one level', { factors: { hook: ['scene'] } }],
    ['an assignment that is none', { assignment: { tiktok: 'fair' } }],
    ['an assignment of no platform', { assignment: { myspace: 'randomised' } }],
    ['a lift in percent', { decision: { smallestLift: 10 } }],
    ['a false-call limit that is no limit', { decision: { falseCallLimit: 0.9 } }],
    ['a size in words', { video: { size: 'big' } }],
    ['a deadline without a unit', { deadlines: { testing: '14' } }],
    ['a budget of nothing', { budget: { generationUsd: 0 } }],
    ['an unknown metric', { primaryMetric: 'fame' }],
    ['a colour that is none', { brand: { colours: ['#12'] } }],
    ['a country in words', { markets: ['Germany'] }],
    ['an unknown right', { rights: [{ to: 'dogs', whose: 'Rex' }] }],
  ])('%s', (_, changes) => {
    const brief = { ...SHORTEST_BRIEF, ...changes };
    expect({ isValid: isValid(brief), isBrief: briefSchema.safeParse(brief).success }).toEqual({
      isValid: false,
      isBrief: false,
    });
  });

  test('a field that is missing', () => {
    const { product: _, ...brief } = SHORTEST_BRIEF;
    expect(isValid(brief)).toBe(false);
  });
});

test('an editor completes every name that a field by platform or by factor may have', () => {
  const { properties = {} } = briefJsonSchema();
  const namesOf = (field: unknown) =>
    typeof field === 'object' && field !== null && 'properties' in field
      ? Object.keys(field.properties ?? {})
      : [];
  expect(namesOf(properties.assignment)).toContain('tiktok');
  expect(namesOf(properties.factors)).toContain('hook');
});
