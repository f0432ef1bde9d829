import { expect, test } from '@jest/globals';
import { microUsd } from '../../domain/money.ts';
import { type Pricing, PUBLISHED_PRICES, pricingOf } from '../../domain/prices.ts';
import { smallestVideo } from '../../domain/smoke-test.ts';

const sora = pricingOf('openai-compatible', PUBLISHED_PRICES);

test('the smoke test orders the shortest video of the cheapest model', () => {
  expect(smallestVideo({}, sora)).toEqual({ model: 'sora-2', seconds: 4, width: 720, height: 1280 });
  expect(smallestVideo({}, pricingOf('fal', PUBLISHED_PRICES))).toMatchObject({
    model: 'fal-ai/veo3.1/lite',
    seconds: 4,
  });
});

test('a model that nobody here knows is asked for a second; one that has no price at the size is passed over', () => {
  const tier = { perSecond: microUsd(10_000), perVideo: microUsd(0) };
  const own: Pricing = {
    provider: 'ours',
    models: {
      small: [{ ...tier, maxPixels: 100 }],
      large: [{ ...tier, maxPixels: undefined }],
      '*': [{ ...tier, maxPixels: undefined }],
    },
  };
  expect(smallestVideo({}, own)).toEqual({ model: 'large', seconds: 1, width: 720, height: 1280 });
});

test('what a person chooses of it is taken', () => {
  expect(smallestVideo({ model: 'sora-2-pro', seconds: 8, size: '1024x1792' }, sora)).toEqual({
    model: 'sora-2-pro',
    seconds: 8,
    width: 1024,
    height: 1792,
  });
});

test.each([
  [{ size: 'large' }, /The size is "large"/],
  [{ size: '3840x2160' }, /No model of openai-compatible has a price at 3840x2160/],
])('%j is refused with what is allowed', (choice, why) => {
  expect(() => smallestVideo(choice, sora)).toThrow(why);
});

test('without any price nothing can be ordered', () => {
  expect(() => smallestVideo({}, { provider: 'ours', models: {} })).toThrow(/No model of ours has a price/);
});
