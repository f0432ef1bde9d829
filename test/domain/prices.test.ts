import { describe, expect, test } from '@jest/globals';
import { priceOf } from '../../domain/prices.ts';
import { formatSize, parseSize } from '../../domain/video.ts';

const video = (model: string, seconds: number, width: number, height: number) => ({
  model,
  seconds,
  width,
  height,
});

describe('what a video costs', () => {
  test.each([
    ['sora-2', 4, 720, 1280, 400_000],
    ['sora-2', 8, 1280, 720, 800_000],
    ['sora-2-pro', 4, 1280, 720, 1_200_000],
    ['sora-2-pro', 4, 1024, 1792, 2_000_000],
    ['sora-2-pro', 10, 1920, 1080, 7_000_000],
  ])('%s, %i s at %ix%i: %i micro-dollars', (model, seconds, width, height, price) => {
    expect(priceOf(video(model, seconds, width, height))).toBe(price);
  });

  test('is never less than the provider asks: parts of a micro-dollar are rounded up', () => {
    const prices = { tiny: [{ maxPixels: 1_000_000, usdPerSecond: 0.1 }] };
    expect(priceOf(video('tiny', 1.000_001, 100, 100), prices)).toBe(100_001);
  });

  test.each(['sora-3', 'constructor'])(
    'an unknown model (%s) is refused, with those that are known',
    (model) => {
      expect(() => priceOf(video(model, 4, 720, 1280))).toThrow(
        expect.objectContaining({
          code: 'PRICE_UNKNOWN',
          kind: 'bad-input',
          given: expect.stringContaining(`"${model}"`),
          allowed: 'one of sora-2, sora-2-pro',
        }),
      );
    },
  );

  test('a size without a price is refused, with the largest that has one', () => {
    expect(() => priceOf(video('sora-2', 4, 1920, 1080))).toThrow(
      expect.objectContaining({
        code: 'PRICE_UNKNOWN',
        given: 'There is no price for sora-2 at 1920x1080',
        allowed: 'up to 921600 pixels a frame',
      }),
    );
  });
});

test('a size is read as the protocol writes it, and written back', () => {
  expect(parseSize('720x1280')).toEqual({ width: 720, height: 1280 });
  expect(formatSize({ width: 720, height: 1280 })).toBe('720x1280');
  for (const text of ['', '720', '720 x 1280', '720X1280', '0720x1280', '7x7', '99999x1', '-720x1280']) {
    expect(parseSize(text)).toBeUndefined();
  }
});
