import { describe, expect, test } from '@jest/globals';
import { BriefInvalid } from '../../domain/brief.ts';
import { PUBLISHED_PRICES, pricingOf } from '../../domain/prices.ts';
import { estimate, variantsThatFit } from '../../planning/estimate.ts';
import { planVariants } from '../../planning/plan.ts';
import { promptOf } from '../../planning/prompt.ts';
import { promptTextOf } from '../../planning/prompt-text.ts';
import { renderPrompt } from '../../planning/render-prompt.ts';
import { briefWith } from '../domain/example-brief.ts';

const NO_LIMIT = Number.POSITIVE_INFINITY;
const rendered = (...args: Parameters<typeof promptOf>) => renderPrompt(promptOf(...args), NO_LIMIT);

describe('a prompt', () => {
  test('says the look first, then the scene, the camera, what happens when, what is said, and the sound', () => {
    const brief = briefWith({ template: 'EXPERT_EXPLAINS', video: { seconds: 8 } });
    const text = rendered(brief, {});
    const labels = [...text.matchAll(/^(?:- )?([A-Z][a-z]+):/gm)].map((match) => match[1]);
    expect(labels).toEqual([
      'Style',
      'Mood',
      'Product',
      'Audience',
      'Scene',
      'Camera',
      'Light',
      'Editing',
      'Actions',
      'Dialogue',
      'Sound',
    ]);
    expect(text).toContain('\n- The expert, to the lens: "');
  });

  test("has a brief's own words where the library's would stand", () => {
    const text = rendered(briefWith({ template: 'HOW_TO' }), {
      camera: 'From inside the oven, looking out',
      offer: 'free flour for a year!',
      call_to_action: 'Bake tonight.',
      angle: 'Bread is easy',
    });
    expect(text).toContain('Camera: From inside the oven, looking out.\n');
    expect(text).toContain(
      'gives the offer: free flour for a year! The last words on screen: "Bake tonight".',
    );
    expect(text).toContain('- Voice-over: "Bread is easy."');
    expect(text).not.toContain('an invitation to learn more');
  });

  test("has a writer's words in place of the library's and of a brief's own", () => {
    const wording = new Map([
      ['hook/scene', 'Steam first.'],
      ['angle/own words', 'You can smell it'],
      ['offer/tag', 'ten percent off'],
    ]);
    const text = rendered(
      briefWith({ video: { seconds: 8 } }),
      { hook: 'scene', angle: 'own words', offer: 'tag' },
      wording,
    );
    expect(text).toContain('- 0-1 s: Steam first.\n');
    expect(text).toContain('On screen, before the offer: "You can smell it."');
    expect(text).toContain('Small lettering under the product gives the offer: ten percent off.');
  });

  test('speaks in the tone that the brief sets, which is then not varied', () => {
    const brief = briefWith({
      template: 'BRAND_MANIFESTO',
      tone: 'Dry, as if nothing were at stake',
      variants: 5,
    });
    const plan = planVariants(brief);
    for (const { prompt, mutations } of plan) {
      expect(prompt).toContain('Mood: Dry, as if nothing were at stake.\n');
      expect(mutations).not.toHaveProperty('tone');
    }
    const varied = planVariants({ ...brief, factors: { tone: ['warm', 'tender'] }, variants: 2 });
    expect(varied[1]?.prompt).toContain('Mood: Tender');
  });

  test('takes what people wrote as text, on one line, with one full stop', () => {
    const brief = briefWith({
      product: '$& {offer}\n  {size}.',
      audience: 'Everyone...',
      offer: 'a $1 {product}!',
    });
    const text = rendered(brief, {});
    expect(text).toContain('Product: $& {offer} {size}.\nAudience: Everyone...\n');
    expect(text).toContain('gives the offer: a $1 {product}! The last');
  });

  test('tells a proof that is tested even where there is time for the story alone', () => {
    const brief = briefWith({ template: 'COMPARISON', video: { seconds: 4 } });
    const stopwatch = 'A plain stopwatch stands in each half';
    expect(rendered(brief, { proof: 'measured' })).toContain(stopwatch);
    expect(rendered(brief, {})).not.toContain('neither sped up');
  });
});

describe('a prompt that is too long', () => {
  const brief = briefWith({ template: 'EXPERT_EXPLAINS', video: { seconds: 12 } });
  const whole = rendered(brief, {});

  test('loses the least of it first, whole sentences, and nothing when it fits', () => {
    expect(renderPrompt(promptOf(brief, {}), whole.length)).toBe(whole);
    const shorter = renderPrompt(promptOf(brief, {}), whole.length - 1);
    expect(shorter).not.toContain('They put it back together');
    expect(shorter).toContain('Sound: ');
    const next = renderPrompt(promptOf(brief, {}), shorter.length - 1);
    expect(next).not.toContain('Sound: ');
    expect(next).toContain('Mood: ');
    for (let limit = whole.length; limit > 600; limit -= 7) {
      const text = renderPrompt(promptOf(brief, {}), limit);
      expect(text.length).toBeLessThanOrEqual(limit);
      const sentences = text.replaceAll(/^.*?: /gm, '').split(/(?<=[.!?]) |\n/);
      expect(sentences.filter((sentence) => !whole.includes(sentence))).toEqual([]);
    }
  });

  test('keeps what the plan varies, the product, the story and the end', () => {
    const shortest = renderPrompt(promptOf(brief, { audio: 'close', proof: 'detail' }), 0);
    expect(shortest).toContain('Sound: The voice close to the microphone');
    expect(shortest).toContain('The part alone, as large as the frame');
    expect(shortest).toContain('Product: a small espresso machine.');
    expect(shortest).toContain('lays a fingertip on the part that matters');
    expect(shortest).toContain('"Learn more"');
    expect(shortest).not.toMatch(/Style|Mood|Scene|Camera|Light|Editing|Dialogue/);
  });

  test('is refused by name, with its length and the limit, when that does not suffice', () => {
    const long = briefWith({
      video: { model: 'fal-ai/veo3.1', seconds: 8 },
      product: 'p'.repeat(500),
      audience: 'a'.repeat(500),
      offer: 'o'.repeat(500),
      factors: { hook: ['scene', 'h'.repeat(500)], camera: ['locked', 'low'] },
      variants: 2,
    });
    expect(() => planVariants(long)).toThrow(BriefInvalid);
    expect(() => planVariants(long)).toThrow(
      /variants: given a prompt of \d{4} characters for "Variant B", at its shortest; allowed: at most 1920 for fal-ai\/veo3\.1;/,
    );
  });

  test("leaves room for what a rendition's own lines add, in a person's own prompt too", () => {
    const own = (length: number, renditions: { name: string; language: string }[]) =>
      briefWith({
        video: { model: 'fal-ai/veo3.1', seconds: 8 },
        variants: [
          { name: 'Calm', prompt: 'c'.repeat(length) },
          { name: 'Loud', prompt: 'l' },
        ],
        renditions,
      });
    expect(planVariants(own(1920, []))).toHaveLength(2);
    expect(() => planVariants(own(1921, []))).toThrow(/1921 characters for "Calm", as it is written/);
    expect(() => planVariants(own(1920, [{ name: 'thai', language: 'Thai' }]))).toThrow(
      /at most \d+ for fal-ai\/veo3\.1, beside \d+ for the renditions' own lines/,
    );
  });
});

describe("a video's length", () => {
  const pricing = pricingOf('openai-compatible', PUBLISHED_PRICES);
  const brief = briefWith({ video: { seconds: 4 }, factors: { length: ['4s', '8s', '12s'] }, variants: 3 });

  test('may be what is varied: each variant is timed, and paid for, as long as it is', () => {
    const plan = planVariants(brief);
    expect(plan.map(({ mutations }) => mutations)).toEqual([{}, { length: '8s' }, { length: '12s' }]);
    expect(plan.map(({ prompt }) => /(\d+) s: A?.*gives the offer/.exec(prompt)?.[1])).toEqual([
      '4',
      '8',
      '12',
    ]);
    const { variants, seconds, cost } = estimate(brief, pricing);
    expect(variants.map((variant) => [variant.seconds, variant.cost])).toEqual([
      [4, 400_000],
      [8, 800_000],
      [12, 1_200_000],
    ]);
    expect([seconds, cost]).toEqual([24, 2_400_000]);
    const left = (usd: number) => [{ cap: usd * 1_000_000, spent: 0, reserved: 0 }] as never;
    expect(
      [0.3, 0.4, 1.1, 1.2, 2.3, 2.4].map((usd) => variantsThatFit(estimate(brief, pricing), left(usd))),
    ).toEqual([0, 1, 1, 2, 2, 3]);
  });

  test.each([
    [['4s', '7s'], '"7s"', /"4s", "8s", "12s": what sora-2 makes/],
    [['4s', 'long'], '"long"', /"4s", "8s", "12s"/],
    [['8s', '4s'], '"8s"', /4s first, which is video.seconds/],
  ])('is refused as %p', (length, given, allowed) => {
    expect(() => planVariants({ ...brief, factors: { length }, variants: 2 })).toThrow(
      expect.objectContaining({
        issues: [{ path: 'factors.length', given, allowed: expect.stringMatching(allowed) }],
      }),
    );
  });
});

test('levels that can not be in one video are refused by name', () => {
  const brief = briefWith({ template: 'UNBOXING' });
  expect(() => promptTextOf(brief, 'Variant C', { camera: 'macro', proof: 'crowd' })).toThrow(
    /factors: given camera: macro with proof: crowd, in "Variant C"; allowed: levels that can be in one video/,
  );
});
