import { BadInput } from './errors.ts';
import { fromUsd, type MicroUsd, microUsd } from './money.ts';
import { formatSize, type VideoSpec } from './video.ts';

/** US dollars for a second of video, up to and including so many pixels a frame. */
interface Tier {
  readonly maxPixels: number;
  readonly usdPerSecond: number;
}

export type PriceTable = Readonly<Record<string, readonly Tier[]>>;

/** The prices published for the Sora models; other servers of the protocol bill the same models alike. */
export const PUBLISHED_PRICES: PriceTable = {
  'sora-2': [{ maxPixels: 1280 * 720, usdPerSecond: 0.1 }],
  'sora-2-pro': [
    { maxPixels: 1280 * 720, usdPerSecond: 0.3 },
    { maxPixels: 1792 * 1024, usdPerSecond: 0.5 },
    { maxPixels: 1920 * 1080, usdPerSecond: 0.7 },
  ],
};

/**
 * What one video costs.
 * @throws BadInput for a model or a size without a price: nothing is ordered whose cost isn't known.
 */
export function priceOf(video: VideoSpec, prices: PriceTable = PUBLISHED_PRICES): MicroUsd {
  const tiers = Object.hasOwn(prices, video.model) ? prices[video.model] : undefined;
  if (tiers === undefined) {
    throw new BadInput({
      code: 'PRICE_UNKNOWN',
      given: `There is no price for the model "${video.model}"`,
      allowed: `one of ${Object.keys(prices).join(', ')}`,
      fix: 'name one of these under video.model in the brief',
    });
  }
  const tier = tiers.find(({ maxPixels }) => video.width * video.height <= maxPixels);
  if (tier === undefined) {
    const largest = Math.max(...tiers.map(({ maxPixels }) => maxPixels));
    throw new BadInput({
      code: 'PRICE_UNKNOWN',
      given: `There is no price for ${video.model} at ${formatSize(video)}`,
      allowed: `up to ${largest} pixels a frame`,
      fix: 'choose a smaller video.size in the brief, or another model',
    });
  }
  return microUsd(Math.ceil(fromUsd(tier.usdPerSecond) * video.seconds));
}
