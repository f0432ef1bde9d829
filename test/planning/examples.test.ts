import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type Brief, parseBrief, variantCount } from '../../domain/brief.ts';
import { checkBrief } from '../../domain/check-brief.ts';
import { designOf } from '../../domain/design.ts';
import { isFactor } from '../../domain/mutations.ts';
import { PUBLISHED_PRICES, pricingOf } from '../../domain/prices.ts';
import { estimate } from '../../planning/estimate.ts';
import { libraryWords } from '../../planning/library/index.ts';
import { planVariants } from '../../planning/plan.ts';
import { reviewPlan } from '../../planning/review.ts';
import { EXAMPLES } from '../domain/example-brief.ts';

const NOW = new Date('2026-11-25T12:00:00Z');
const BRIEFS = EXAMPLES.map((path): [string, unknown] => [path, parse(readFileSync(path, 'utf8'))]);

describe.each(BRIEFS)('%s', (_, input) => {
  const { brief, issues } = checkBrief(input, NOW);

  test('can be started', () => {
    expect(issues).toEqual([]);
  });

  test('is planned with a prompt of its own for each variant, and every word that the brand asks for', () => {
    const known = briefOf(brief);
    const plan = planVariants(known);
    expect(plan).toHaveLength(variantCount(known));
    expect(new Set(plan.map(({ prompt }) => prompt)).size).toBe(plan.length);
    for (const { prompt } of plan) {
      for (const words of known.brand.mustSay) expect(prompt).toContain(words);
      expect(prompt).toContain(known.disclosure.onScreen ?? '');
    }
  });

  test('has a price that its budget leaves room for', () => {
    const known = briefOf(brief);
    const { cost } = estimate(known, pricingOf('openai-compatible', PUBLISHED_PRICES));
    expect(cost).toBeLessThanOrEqual((known.budget?.generationUsd ?? Number.POSITIVE_INFINITY) * 1_000_000);
  });

  test('has no error, and nothing to warn of, in its plan', () => {
    expect(reviewPlan(briefOf(brief)).findings).toEqual([]);
  });

  test('names levels that the library knows, or says them in a sentence', () => {
    const levels = Object.entries(briefOf(brief).factors ?? {}).flatMap(([factor, words = []]) =>
      words.map((level) => ({ factor, level })),
    );
    const { template } = briefOf(brief);
    const unknown = levels.filter(
      ({ factor, level }) =>
        !level.includes(' ') && isFactor(factor) && libraryWords(template, factor, level) === undefined,
    );
    expect(unknown).toEqual([]);
  });
});

test('the examples are of six trades that differ in template, metric, platforms, and how they decide', () => {
  const briefs = BRIEFS.map(([, input]) => parseBrief(input));
  const differing = (read: (brief: Brief) => unknown) =>
    new Set(briefs.map((brief) => JSON.stringify(read(brief)))).size;
  expect(briefs).toHaveLength(6);
  expect(differing(({ template }) => template)).toBe(6);
  expect(differing(({ venture }) => venture)).toBe(6);
  expect(differing(({ platforms }) => platforms)).toBeGreaterThanOrEqual(5);
  expect(differing(({ primaryMetric }) => primaryMetric)).toBeGreaterThanOrEqual(4);
  expect(differing(({ decision }) => decision)).toBeGreaterThanOrEqual(5);
  expect(differing(designOf)).toBe(4);
  expect(differing(({ renditions }) => renditions)).toBeGreaterThanOrEqual(4);
});

function briefOf(brief: Brief | undefined): Brief {
  if (brief === undefined) throw new Error('the example is no brief');
  return brief;
}
