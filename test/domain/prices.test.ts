import { describe, expect, test } from '@jest/globals';
import { PUBLISHED_PRICES, priceOf, priceRows, pricingOf, withPricesOf } from '../../domain/prices.ts';
import { formatSize, parseSize } from '../../domain/video.ts';

const video = (model: string, seconds: number, width: number, height: number) => ({
  model,
  seconds,
  width,
  height,
});
const PUBLISHED = pricingOf('openai-compatible', PUBLISHED_PRICES);
const fromFile = (file: unknown, provider = 'openai-compatible') =>
  pricingOf(provider, withPricesOf(file, 'prices.yaml'));

describe('what a video costs', () => {
  test.each([
    ['sora-2', 4, 720, 1280, 400_000],
    ['sora-2', 8, 1280, 720, 800_000],
    ['sora-2-pro', 4, 1280, 720, 1_200_000],
    ['sora-2-pro', 4, 1024, 1792, 2_000_000],
    ['sora-2-pro', 10, 1920, 1080, 7_000_000],
  ])('%s, %i s at %ix%i: %i micro-dollars', (model, seconds, width, height, price) => {
    expect(priceOf(video(model, seconds, width, height), PUBLISHED)).toBe(price);
  });

  test('is never less than the provider asks: parts of a micro-dollar are rounded up', () => {
    const prices = fromFile({ 'openai-compatible': { tiny: [{ usdPerSecond: 0.1 }] } });
    expect(priceOf(video('tiny', 1.000_001, 100, 100), prices)).toBe(100_001);
  });

  test('may be a fixed amount, or one beside the seconds', () => {
    const prices = fromFile(
      {
        fal: { clip: [{ usdPerVideo: 0.25 }], both: [{ usdPerSecond: 0.05, usdPerVideo: 0.2 }] },
      },
      'fal',
    );
    expect(priceOf(video('clip', 10, 720, 1280), prices)).toBe(250_000);
    expect(priceOf(video('both', 10, 720, 1280), prices)).toBe(700_000);
  });

  test('is nothing for the videos that people make themselves', () => {
    expect(priceOf(video('a phone', 10, 720, 1280), pricingOf('manual', PUBLISHED_PRICES))).toBe(0);
  });

  test.each(['sora-3', 'constructor'])(
    'an unknown model (%s) is refused, with those that are known',
    (model) => {
      expect(() => priceOf(video(model, 4, 720, 1280), PUBLISHED)).toThrow(
        expect.objectContaining({
          code: 'PRICE_UNKNOWN',
          kind: 'bad-input',
          given: `There is no price for the model "${model}" at openai-compatible`,
          allowed: 'one of sora-2, sora-2-pro',
          fix: expect.stringContaining('SCREENTEST_PRICES_FILE'),
        }),
      );
    },
  );

  test("a model's price at one provider is no price at another", () => {
    expect(() => priceOf(video('sora-2', 4, 720, 1280), pricingOf('fal', PUBLISHED_PRICES))).toThrow(
      'at fal',
    );
    expect(() => priceOf(video('sora-2', 4, 720, 1280), pricingOf('elsewhere', PUBLISHED_PRICES))).toThrow(
      'none is known at elsewhere',
    );
  });

  test('a size without a price is refused, with the largest that has one', () => {
    expect(() => priceOf(video('sora-2', 4, 1920, 1080), PUBLISHED)).toThrow(
      expect.objectContaining({
        code: 'PRICE_UNKNOWN',
        given: 'There is no price for sora-2 at 1920x1080',
        allowed: 'up to 921600 pixels a frame',
      }),
    );
  });
});

describe("a file's prices", () => {
  test('take the place of the published ones, model by model, and add to them', () => {
    const prices = fromFile({
      'openai-compatible': {
        'sora-2': [
          { upTo: '1920x1080', usdPerSecond: 0.2 },
          { upTo: 921_600, usdPerSecond: 0.08 },
        ],
        '*': [{ usdPerSecond: 0.01 }],
      },
    });
    expect(priceOf(video('sora-2', 10, 720, 1280), prices)).toBe(800_000);
    expect(priceOf(video('sora-2', 10, 1080, 1920), prices)).toBe(2_000_000);
    expect(priceOf(video('sora-2-pro', 1, 720, 1280), prices)).toBe(300_000);
    expect(priceOf(video('wan-2.2', 10, 4096, 4096), prices)).toBe(100_000);
    expect(fromFile(undefined)).toEqual(PUBLISHED);
  });

  test('are told from the published ones in the table', () => {
    const rows = priceRows(withPricesOf({ fal: { mine: [{ usdPerVideo: 1 }] } }, 'prices.yaml'));
    expect(rows.filter(({ isPublished }) => !isPublished)).toEqual([
      {
        provider: 'fal',
        model: 'mine',
        maxPixels: undefined,
        perSecond: 0,
        perVideo: 1_000_000,
        isPublished: false,
      },
    ]);
    expect(rows.length).toBe(priceRows(PUBLISHED_PRICES).length + 1);
  });

  test.each([
    ['a list', [], 'the file: given []', 'providers'],
    [
      'a provider that does not exist',
      { fall: { veo: [{ usdPerSecond: 1 }] } },
      'fall: given {"veo"',
      'one of openai-compatible, fal, openrouter, manual',
    ],
    ['no tiers', { fal: { veo: 0.4 } }, 'fal.veo: given 0.4', 'a list of tiers'],
    ['an empty list of tiers', { fal: { veo: [] } }, 'fal.veo: given []', 'a list of tiers'],
    [
      'no price',
      { fal: { veo: [{ upTo: '1280x720' }] } },
      'fal.veo[0]: given {"upTo":"1280x720"}',
      'one of the two',
    ],
    [
      'a misspelt field',
      { fal: { veo: [{ usdPerSec: 1 }] } },
      'fal.veo[0]: given {"usdPerSec":1}',
      'usdPerSecond',
    ],
    [
      'a price as text',
      { fal: { veo: [{ usdPerSecond: '$1' }] } },
      'fal.veo[0].usdPerSecond: given "$1"',
      'US dollars',
    ],
    [
      'a price below 0',
      { fal: { veo: [{ usdPerVideo: -1 }] } },
      'fal.veo[0].usdPerVideo: given -1',
      'US dollars',
    ],
    [
      'a price finer than we count',
      { fal: { veo: [{ usdPerSecond: 0.000_000_1 }] } },
      'fal.veo[0].usdPerSecond: given 1e-7',
      'to the millionth',
    ],
    [
      'a size that is none',
      { fal: { veo: [{ upTo: '720p', usdPerSecond: 1 }] } },
      'fal.veo[0].upTo: given "720p"',
      '1280x720',
    ],
    [
      'a size twice',
      {
        fal: {
          veo: [
            { upTo: '1280x720', usdPerSecond: 1 },
            { upTo: '720x1280', usdPerSecond: 2 },
          ],
        },
      },
      'fal.veo: given [',
      'each for another size',
    ],
  ])('with %s are refused, with the place, the value and what is allowed', (_, file, given, allowed) => {
    expect(() => fromFile(file)).toThrow(
      expect.objectContaining({ code: 'PRICES_INVALID', given: expect.stringContaining(`  ${given}`) }),
    );
    expect(() => fromFile(file)).toThrow(allowed);
  });
});

test('a size is read as the protocol writes it, and written back', () => {
  expect(parseSize('720x1280')).toEqual({ width: 720, height: 1280 });
  expect(formatSize({ width: 720, height: 1280 })).toBe('720x1280');
  for (const text of ['', '720', '720 x 1280', '720X1280', '0720x1280', '7x7', '99999x1', '-720x1280']) {
    expect(parseSize(text)).toBeUndefined();
  }
});
