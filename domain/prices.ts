import { z } from 'zod';
import { BadInput } from './errors.ts';
import { formatPath, show, valueAt } from './issues.ts';
import { fromUsd, isUsd, type MicroUsd, microUsd, USD_ALLOWED } from './money.ts';
import { formatSize, parseSize, type VideoSpec } from './video.ts';

/** What a provider asks for a video of up to so many pixels a frame. */
export interface Tier {
  /** Undefined: however large. */
  readonly maxPixels: number | undefined;
  readonly perSecond: MicroUsd;
  /** For each video, beside its seconds. */
  readonly perVideo: MicroUsd;
}

/** By model, the smallest tier first. */
export type ModelPrices = Readonly<Record<string, readonly Tier[]>>;

/** By provider. */
export type PriceTable = Readonly<Record<string, ModelPrices>>;

/** The prices that orders are made at: those of one provider. */
export interface Pricing {
  readonly provider: string;
  readonly models: ModelPrices;
}

/** Stands for every model of a provider that has no price under its own name. */
export const ANY_MODEL = '*';

/**
 * As the providers publish them (2026-11), with sound, which costs more where it can be left out: what is reserved
 * must not be less than what is charged. A price that is missing here is refused until it is set.
 */
export const PUBLISHED_PRICES: PriceTable = {
  // OpenAI's, until it retired the service; other servers of the protocol bill the same models alike.
  'openai-compatible': {
    'sora-2': [upTo(1280, 720, 0.1)],
    'sora-2-pro': [upTo(1280, 720, 0.3), upTo(1792, 1024, 0.5), upTo(1920, 1080, 0.7)],
  },
  // fal.ai/models
  fal: {
    'fal-ai/veo3.1': [upTo(1920, 1080, 0.4), upTo(3840, 2160, 0.6)],
    'fal-ai/veo3.1/fast': [upTo(1920, 1080, 0.15), upTo(3840, 2160, 0.35)],
    'fal-ai/veo3.1/lite': [upTo(1280, 720, 0.05), upTo(1920, 1080, 0.08)],
    'fal-ai/veo3/fast': [upTo(1920, 1080, 0.15)],
    'fal-ai/ltx-2.3/text-to-video': [upTo(1920, 1080, 0.08), upTo(2560, 1440, 0.16), upTo(3840, 2160, 0.32)],
    'fal-ai/ltx-2.3/text-to-video/fast': [
      upTo(1920, 1080, 0.04),
      upTo(2560, 1440, 0.08),
      upTo(3840, 2160, 0.16),
    ],
    // $2.40 for a million of width x height x 24 frames a second / 1024.
    'fal-ai/bytedance/seedance/v1.5/pro/text-to-video': [
      upTo(1280, 720, 0.051_84),
      upTo(1920, 1080, 0.116_64),
    ],
  },
  // As guides give it, not a page of Google's own; OpenRouter tells what it charged when a job is done.
  openrouter: {
    'google/veo-3.1': [upTo(1920, 1080, 0.4), upTo(3840, 2160, 0.6)],
  },
  // People's own videos.
  manual: {
    [ANY_MODEL]: [{ maxPixels: undefined, perSecond: microUsd(0), perVideo: microUsd(0) }],
  },
};

function upTo(width: number, height: number, usdPerSecond: number): Tier {
  return { maxPixels: width * height, perSecond: fromUsd(usdPerSecond), perVideo: microUsd(0) };
}

export function pricingOf(provider: string, table: PriceTable): Pricing {
  return { provider, models: Object.hasOwn(table, provider) ? (table[provider] ?? {}) : {} };
}

/** What people provide costs nothing here, whatever it was made with. */
export const MANUAL_PRICING = pricingOf('manual', PUBLISHED_PRICES);

/**
 * What one video costs.
 * @throws BadInput for a model or a size without a price: nothing is ordered whose cost isn't known.
 */
export function priceOf(video: VideoSpec, pricing: Pricing): MicroUsd {
  const { perSecond, perVideo } = tierOf(video, pricing);
  return microUsd(Math.ceil(perSecond * video.seconds) + perVideo);
}

/** The tier that a video is billed in. @throws BadInput like `priceOf` */
export function tierOf(video: Omit<VideoSpec, 'seconds'>, { provider, models }: Pricing): Tier {
  const own = Object.hasOwn(models, video.model) ? models[video.model] : undefined;
  const tiers = own ?? models[ANY_MODEL];
  if (tiers === undefined) {
    const known = Object.keys(models);
    throw new BadInput({
      code: 'PRICE_UNKNOWN',
      given: `There is no price for the model "${video.model}" at ${provider}`,
      allowed: known.length === 0 ? `none is known at ${provider}` : `one of ${known.join(', ')}`,
      fix: `name one of these under video.model in the brief, or ${SET_PRICE}`,
    });
  }
  const tier = tiers.find(
    ({ maxPixels }) => maxPixels === undefined || video.width * video.height <= maxPixels,
  );
  if (tier === undefined) {
    throw new BadInput({
      code: 'PRICE_UNKNOWN',
      given: `There is no price for ${video.model} at ${formatSize(video)}`,
      allowed: `up to ${tiers.at(-1)?.maxPixels} pixels a frame`,
      fix: `choose a smaller size in the brief, or another model, or ${SET_PRICE}`,
    });
  }
  return tier;
}

const SET_PRICE =
  'set its price in the file that SCREENTEST_PRICES_FILE names, for commands and workers alike';

const SIZE_ALLOWED = 'a width and a height, such as "1280x720", or a number of pixels';
const TIER_ALLOWED = '{ upTo, usdPerSecond, usdPerVideo }, with one of the two prices at least';
const TIERS_ALLOWED = 'a list of tiers, each for another size; one alone may go without upTo';

const usd = z.number({ error: USD_ALLOWED }).refine(isUsd, { error: USD_ALLOWED });

const tier = z
  .strictObject(
    {
      upTo: z
        .union(
          [
            z.string().refine((text) => parseSize(text) !== undefined, { error: SIZE_ALLOWED }),
            z.number().refine((pixels) => Number.isInteger(pixels) && pixels > 0, { error: SIZE_ALLOWED }),
          ],
          { error: SIZE_ALLOWED },
        )
        .optional(),
      usdPerSecond: usd.optional(),
      usdPerVideo: usd.optional(),
    },
    { error: TIER_ALLOWED },
  )
  .refine(({ usdPerSecond, usdPerVideo }) => usdPerSecond !== undefined || usdPerVideo !== undefined, {
    error: TIER_ALLOWED,
  })
  .transform(
    ({ upTo: size, usdPerSecond = 0, usdPerVideo = 0 }): Tier => ({
      maxPixels: size === undefined ? undefined : pixelsOf(size),
      perSecond: fromUsd(usdPerSecond),
      perVideo: fromUsd(usdPerVideo),
    }),
  );

const tiers = z
  .array(tier, { error: TIERS_ALLOWED })
  .min(1, { error: TIERS_ALLOWED })
  .refine((all) => new Set(all.map(({ maxPixels }) => maxPixels)).size === all.length, {
    error: TIERS_ALLOWED,
  })
  .transform((all) => all.toSorted((a, b) => largest(a) - largest(b)));

const pricesFile = z
  .record(
    z.string(),
    z.record(z.string(), tiers, { error: 'the models of this provider, each with its tiers' }),
    { error: 'providers, each with its models' },
  )
  // A misspelt one would be ignored.
  .superRefine((file, context) => {
    const known = Object.keys(PUBLISHED_PRICES);
    for (const name of Object.keys(file).filter((provider) => !known.includes(provider))) {
      context.addIssue({ code: 'custom', path: [name], message: `one of ${known.join(', ')}` });
    }
  });

/**
 * The published prices with those of a file in their place: for each model that it names, its tiers are all there
 * are.
 * @param file what is in it, read as YAML or JSON
 * @throws BadInput naming every entry that is wrong, what was given and what is allowed
 */
export function withPricesOf(file: unknown, fileName: string): PriceTable {
  const parsed = pricesFile.safeParse(file ?? {});
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => {
      const where = path.length === 0 ? 'the file' : formatPath(path);
      return `  ${where}: given ${show(valueAt(file, path))}; allowed: ${message}`;
    });
    throw new BadInput({
      code: 'PRICES_INVALID',
      given: `The prices in ${fileName} can't be used as they are:\n${problems.join('\n')}`,
      fix: 'change these entries; docs/money.md shows such a file',
    });
  }
  return Object.fromEntries(
    Object.entries(PUBLISHED_PRICES).map(([name, models]) => [name, { ...models, ...parsed.data[name] }]),
  );
}

function pixelsOf(size: string | number): number {
  if (typeof size === 'number') return size;
  const { width, height } = parseSize(size) ?? { width: 0, height: 0 };
  return width * height;
}

function largest({ maxPixels }: Tier): number {
  return maxPixels ?? Number.POSITIVE_INFINITY;
}

/** One line of the price table. */
export interface PriceRow extends Tier {
  readonly provider: string;
  readonly model: string;
  readonly isPublished: boolean;
}

export function priceRows(table: PriceTable): readonly PriceRow[] {
  return Object.entries(table).flatMap(([provider, models]) =>
    Object.entries(models).flatMap(([model, all]) =>
      all.map((row) => ({
        provider,
        model,
        ...row,
        isPublished: PUBLISHED_PRICES[provider]?.[model] === all,
      })),
    ),
  );
}
