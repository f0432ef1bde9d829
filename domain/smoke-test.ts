import { BadInput } from './errors.ts';
import { ANY_MODEL, type Pricing, priceOf } from './prices.ts';
import { parseSize, type VideoSpec } from './video.ts';

/** Phase 0: one small real job, which shows whether the video API makes videos. */
export const RESULTS = ['PASS', 'FAIL'] as const;

export type Result = (typeof RESULTS)[number];

/** Nothing in it that a moderation could mind, and quick to draw. */
export const SMOKE_TEST_PROMPT =
  'A plain white cup on a wooden table, steam rising slowly. Static camera, soft daylight, no people, no text.';

/** The shortest and smallest video that the published models make. What isn't known here is asked for one second. */
const LEAST: Readonly<Record<string, { readonly seconds: number; readonly size: string }>> = {
  'sora-2': { seconds: 4, size: '720x1280' },
  'sora-2-pro': { seconds: 4, size: '720x1280' },
  'fal-ai/veo3.1': { seconds: 4, size: '720x1280' },
  'fal-ai/veo3.1/fast': { seconds: 4, size: '720x1280' },
  'fal-ai/veo3.1/lite': { seconds: 4, size: '720x1280' },
  'fal-ai/veo3/fast': { seconds: 4, size: '720x1280' },
  'fal-ai/ltx-2.3/text-to-video': { seconds: 6, size: '1080x1920' },
  'fal-ai/ltx-2.3/text-to-video/fast': { seconds: 6, size: '1080x1920' },
  'fal-ai/bytedance/seedance/v1.5/pro/text-to-video': { seconds: 4, size: '720x1280' },
  'google/veo-3.1': { seconds: 4, size: '720x1280' },
};
const UNKNOWN_LEAST = { seconds: 1, size: '720x1280' };

/** What a person chose of it; the rest is the least that the price table and the model allow. */
export interface SmokeTestChoice {
  readonly model?: string | undefined;
  readonly seconds?: number | undefined;
  readonly size?: string | undefined;
}

/** The cheapest video that there is. @throws BadInput for a size that is none, or a video without a price. */
export function smallestVideo(choice: SmokeTestChoice, pricing: Pricing): VideoSpec {
  if (choice.model !== undefined) return leastOf(choice.model, choice);
  const models = Object.keys(pricing.models).filter((model) => model !== ANY_MODEL);
  const [cheapest] = models
    .map((model) => leastOf(model, choice))
    .filter((video) => isPriced(video, pricing))
    .toSorted((one, other) => priceOf(one, pricing) - priceOf(other, pricing));
  if (cheapest !== undefined) return cheapest;
  throw new BadInput({
    code: 'PRICE_UNKNOWN',
    given: `No model of ${pricing.provider} has a price${choice.size === undefined ? '' : ` at ${choice.size}`}`,
    fix: 'name one with --model, and its price in the file that SCREENTEST_PRICES_FILE names',
  });
}

function leastOf(model: string, { seconds, size }: SmokeTestChoice): VideoSpec {
  const least = LEAST[model] ?? UNKNOWN_LEAST;
  const parsed = parseSize(size ?? least.size);
  if (parsed !== undefined) return { model, seconds: seconds ?? least.seconds, ...parsed };
  throw new BadInput({
    code: 'SIZE_UNREADABLE',
    given: `The size is "${size}"`,
    allowed: 'a width and a height, such as "720x1280"',
  });
}

function isPriced({ model, width, height }: VideoSpec, { models }: Pricing): boolean {
  const tiers = models[model] ?? [];
  return tiers.some(({ maxPixels }) => maxPixels === undefined || width * height <= maxPixels);
}
