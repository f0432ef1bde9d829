import { describe, expect, test } from '@jest/globals';
import { FACTORS, type Factor, isFactor } from '../../domain/mutations.ts';
import { TEMPLATE_CODES, type TemplateCode, templateOf } from '../../domain/templates.ts';
import {
  areCompatible,
  contradictionIn,
  defaultsOf,
  fixedWordsOf,
  levelsOf,
  libraryWords,
} from '../../planning/library/index.ts';
import { type Prompt, promptOf } from '../../planning/prompt.ts';
import { renderPrompt } from '../../planning/render-prompt.ts';
import { templateRows } from '../../planning/template-rows.ts';
import { briefWith } from '../domain/example-brief.ts';

/** The least that any listed model takes. */
const SHORTEST_LIMIT = 1920;

const TOLD = FACTORS.filter((factor) => factor !== 'length');
/** Nobody is in these. */
const WITHOUT_PEOPLE: readonly TemplateCode[] = ['PRODUCT_REVEAL', 'SENSORY_CLOSEUP'];

/** Every level of every factor of a template. */
const allLevels = (template: TemplateCode) =>
  TOLD.flatMap((factor) => levelsOf(template, factor).map((level) => ({ factor, level })));

const briefFor = (template: TemplateCode, seconds: number) =>
  briefWith({
    template,
    product: 'the Crema One, a small espresso machine',
    audience: 'people who drink two coffees a day',
    offer: 'twenty percent off in the first week',
    video: { model: 'somebody-elses', seconds },
  });

/** Where a prompt does not read as one that was written by hand. */
const FLAWS = {
  'a placeholder': /[{}<>]|undefined/,
  'a stop after a stop': /[.!?…] ?[.,;]|[.,;:]{2}|["”]\.\./,
  'a gap': / {2}/,
  'a label without words': /\w:\n\n|: *$/,
  'a sentence that begins small': /^- \d+-\d+ s: [a-z]|\. [a-z]/m,
  'a line that is not whole': /^(?!(?:Actions|Dialogue):$).*[^.!?"\n]$/m,
};

function flawsOf(text: string): readonly string[] {
  const flaws = Object.entries(FLAWS).flatMap(([flaw, sign]) => (sign.test(text) ? [flaw] : []));
  if (text.length > SHORTEST_LIMIT) flaws.push(`${text.length} characters`);
  return flaws.map((flaw) => `${flaw} in:\n${text}`);
}

/** A structure's texts, each by where it stands. */
function placesOf({ varied: _, ...prompt }: Prompt): ReadonlyMap<string, unknown> {
  return new Map(
    Object.entries(prompt).flatMap(([section, value]): [string, unknown][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).map(([place, text]) => [`${section}.${place}`, text])
        : [[section, value]],
    ),
  );
}

const differences = (one: Prompt, other: Prompt) => {
  const others = placesOf(other);
  return [...placesOf(one)].filter(([place, text]) => others.get(place) !== text).map(([place]) => place);
};

describe.each(TEMPLATE_CODES)('%s', (template) => {
  test('has two levels or more of every factor that has a place in it, in words that differ', () => {
    for (const factor of TOLD) {
      const levels = levelsOf(template, factor);
      if (factor === 'persona' && WITHOUT_PEOPLE.includes(template)) {
        expect(levels).toEqual([]);
        continue;
      }
      expect([factor, levels.length >= 2]).toEqual([factor, true]);
      const words = levels.map((level) => libraryWords(template, factor, level));
      expect(new Set(words).size).toBe(levels.length);
    }
    expect(levelsOf(template, 'length')).toEqual([]);
  });

  test('varies what suits it, from its defaults, with room for eight videos', () => {
    const defaults = defaultsOf(template);
    const { mutations } = templateOf(template);
    const changes = Object.values(mutations).reduce((sum, levels) => sum + levels.length - 1, 0);
    expect(changes).toBeGreaterThanOrEqual(7);
    for (const [factor, levels] of Object.entries(mutations)) {
      if (!isFactor(factor)) throw new Error(`${factor} is no factor`);
      expect(levelsOf(template, factor)).toEqual(expect.arrayContaining([...levels]));
      expect([factor, levels[0]]).toEqual([factor, defaults[factor]]);
    }
  });

  test('reads well with any of its levels, at 4 to 12 seconds', () => {
    for (let seconds = 4; seconds <= 12; seconds++) {
      const brief = briefFor(template, seconds);
      const texts = allLevels(template).map(({ factor, level }) =>
        renderPrompt(promptOf(brief, { [factor]: level }), SHORTEST_LIMIT),
      );
      expect(texts.flatMap(flawsOf)).toEqual([]);
      // Each factor's default gives the control, and nothing else gives anything twice.
      const factors = TOLD.filter((factor) => levelsOf(template, factor).length > 0).length;
      expect(new Set(texts).size).toBeGreaterThanOrEqual(texts.length - factors);
    }
  });

  test('fills the seconds with actions, without a gap', () => {
    for (let seconds = 1; seconds <= 20; seconds++) {
      const text = renderPrompt(promptOf(briefFor(template, seconds), {}), SHORTEST_LIMIT);
      const beats = [...text.matchAll(/^- (\d+)-(\d+) s: /gm)].map((match) => [
        Number(match[1]),
        Number(match[2]),
      ]);
      expect(beats[0]?.[0]).toBe(0);
      expect(beats.at(-1)?.[1]).toBe(seconds);
      beats.forEach(([from, to], index) => {
        expect(to).toBeGreaterThan(from ?? Number.NaN);
        if (index > 0) expect(from).toBe(beats[index - 1]?.[1]);
      });
      expect(text).toContain('twenty percent off in the first week');
    }
  });

  test('changes one place of the structure with a level, and leaves none of the words before it', () => {
    const brief = briefFor(template, 8);
    for (const factor of TOLD) {
      const [control, ...others] = levelsOf(template, factor);
      if (control === undefined) continue;
      const before = promptOf(brief, { [factor]: control });
      const words = libraryWords(template, factor, control)?.replace('{offer}', brief.offer) ?? '';
      expect(renderPrompt(before, SHORTEST_LIMIT)).toContain(words.replace(/\.$/, ''));
      for (const level of others) {
        const after = promptOf(brief, { [factor]: level });
        expect(differences(before, after)).toHaveLength(1);
        expect(renderPrompt(after, SHORTEST_LIMIT)).not.toContain(words);
      }
    }
  });

  test('has no level that contradicts its defaults, nor two that it varies together', () => {
    const alone = allLevels(template).map(({ factor, level }) => ({ [factor]: level }));
    const varied = Object.entries(templateOf(template).mutations).flatMap(([factor, levels]) =>
      levels.map((level) => ({ factor, level })),
    );
    const together = varied.flatMap((one) =>
      varied
        .filter(({ factor }) => factor !== one.factor)
        .map((other) => ({ [one.factor]: one.level, [other.factor]: other.level })),
    );
    expect([...alone, ...together].filter((levels) => !areCompatible(levels, template))).toEqual([]);
  });

  test('has lines that can be said in four seconds, and names nobody', () => {
    const lines = levelsOf(template, 'angle').map((level) => libraryWords(template, 'angle', level) ?? '');
    for (const line of lines) expect([line, line.split(' ').length <= 10]).toEqual([line, true]);
    const { story, further } = fixedWordsOf(template);
    const words = allLevels(template).map(({ factor, level }) => libraryWords(template, factor, level));
    const named = /sora|veo\b|openai|google|apple|nike|iphone|tiktok|instagram/i;
    expect([story, further, ...words].filter((text) => text !== undefined && named.test(text))).toEqual([]);
  });
});

describe('levels that can not be in one video', () => {
  test.each([
    [{ camera: 'macro', proof: 'crowd' }, 'UNBOXING', ['camera: macro', 'proof: crowd']],
    [{ lighting: 'candle', setting: 'office' }, 'UNBOXING', ['lighting: candle', 'setting: office']],
    [{ camera: 'selfie' }, 'BEFORE_AFTER', ['camera: selfie', 'the story of BEFORE_AFTER']],
    // Against a default that nobody named.
    [{ style: 'phone' }, 'FEATURE_SPOTLIGHT', ['style: phone', 'camera: macro']],
  ] as const)('%o in %s', (levels, template, found) => {
    expect(contradictionIn(levels, template)).toEqual(found);
    expect(areCompatible(levels, template)).toBe(false);
  });

  test("are none where one of them is in somebody's own words", () => {
    expect(areCompatible({ camera: 'macro', proof: 'Two hundred people wave.' }, 'UNBOXING')).toBe(true);
  });
});

test("a level that a template has no words of its own for has the library's", () => {
  const shared = (factor: Factor, level: string) => libraryWords('FOUNDER_STORY', factor, level);
  expect(levelsOf('FOUNDER_STORY', 'lighting')).not.toContain('candle');
  expect(shared('lighting', 'candle')).toMatch(/candles/);
  expect(shared('lighting', 'toString')).toBeUndefined();
  expect(shared('lighting', 'as dark as a cellar')).toBeUndefined();
});

test("a template's row has its control's prompt, with a place for each of a brief's own words", () => {
  for (const { code, skeleton } of templateRows()) {
    expect([code, skeleton.match(/\{\w+\}/g)]).toEqual([code, ['{product}', '{audience}', '{offer}']]);
  }
});
