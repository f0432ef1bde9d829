import { fromUsd, type MicroUsd, microUsd } from '../domain/money.ts';

/** Dollars a second of video, by model and then by size (`720x1280`); `*` stands for every other size. */
export type PriceList = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** What OpenAI published for Sora 2 until the service's end in September 2026. */
export const PUBLISHED_PRICES: PriceList = {
  'sora-2': { '*': 0.1 },
  'sora-2-pro': {
    '*': 0.3,
    '720x1280': 0.3,
    '1280x720': 0.3,
    '1024x1792': 0.5,
    '1792x1024': 0.5,
    '1080x1920': 0.7,
    '1920x1080': 0.7,
  },
};

/** Sizes and lengths that the real service took: anything else is refused where `strict` is on. */
export const PUBLISHED_SIZES: Readonly<Record<string, readonly string[]>> = {
  'sora-2': ['720x1280', '1280x720'],
  'sora-2-pro': ['720x1280', '1280x720', '1024x1792', '1792x1024', '1080x1920', '1920x1080'],
};
export const PUBLISHED_SECONDS: readonly number[] = [4, 8, 12];

/** @returns undefined for a model that is not sold, or not in this size */
export function priceOf(
  prices: PriceList,
  video: { readonly model: string; readonly size: string; readonly seconds: number },
): MicroUsd | undefined {
  const bySize = prices[video.model];
  const usdPerSecond = bySize?.[video.size] ?? bySize?.['*'];
  return usdPerSecond === undefined ? undefined : microUsd(fromUsd(usdPerSecond) * video.seconds);
}
