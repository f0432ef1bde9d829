import { z } from 'zod';
import { BadInput } from '../domain/errors.ts';
import type { MetricName } from '../domain/metrics.ts';
import { PLATFORMS, type Platform } from '../domain/platforms.ts';
import { binomial, poisson } from './draws.ts';
import { randomOf } from './random.ts';

const orderSchema = z.strictObject({
  variants: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        /** How the platforms name the ad; `<variant> - <platform>` unless told. */
        ad: z.string().min(1).optional(),
      }),
    )
    .min(1),
  platforms: z.array(z.enum(PLATFORMS)).min(1),
  days: z.number().int().min(1).max(3660),
  /** The first day, as `2026-03-01`, in UTC. */
  startDay: z.iso.date(),
  seed: z.union([z.string(), z.number()]),
  /** Expected a variant and platform. */
  impressionsPerDay: z.number().min(0).max(1e9).default(2_000),
  /** Conversions for each impression of a variant that is not the best and not worse than the others. */
  baseRate: z.number().gt(0).max(0.5).default(0.02),
  /** How far the best is ahead of `baseRate`, as a share of it; 0 makes all the same. */
  spread: z.number().min(0).max(1).default(0.25),
});

export type AudienceOrder = z.input<typeof orderSchema>;
export type AudienceMetric = Extract<
  MetricName,
  'impressions' | 'views' | 'clicks' | 'conversions' | 'spend'
>;

export interface MetricRow {
  readonly variant: string;
  readonly platform: Platform;
  readonly metric: AudienceMetric;
  /** A whole number; for `spend` dollars with two decimals. The day's own, not added up. */
  readonly value: number;
  /** The end of the day, UTC: `2026-03-01T23:59:59.999Z`. */
  readonly recorded_at: string;
  readonly ad: string;
}

export interface Audience {
  /** Conversions for each impression that the numbers were drawn with, by variant. */
  readonly truth: Readonly<Record<string, number>>;
  /** Undefined where there is no difference (`spread` 0) or no other variant. */
  readonly best: string | undefined;
  readonly rows: readonly MetricRow[];
}

const DAY_MS = 86_400_000;
/** Dollars for 1,000 impressions; orders of magnitude, for a demo's spend to look like one. */
const CPM_USD: Readonly<Record<Platform, number>> = {
  instagram: 9,
  tiktok: 6,
  linkedin: 32,
  youtube: 11,
  facebook: 10,
  twitter: 7,
};

/**
 * Answers videos with what platforms would report, of known truth. Impressions are Poisson with a weekly rhythm;
 * views, clicks and conversions are drawn from each other, so that each is at most the one before and conversions
 * are exactly binomial in impressions with the variant's true rate. The same order gives the same rows, and a
 * variant's rows do not depend on which others there are, but for which one is best.
 * @throws BadInput where the order is not understood
 */
export function audienceFor(order: AudienceOrder): Audience {
  const parsed = orderSchema.safeParse(order);
  if (!parsed.success) {
    throw new BadInput({ code: 'AUDIENCE_ORDER_INVALID', given: z.prettifyError(parsed.error) });
  }
  const { variants, platforms, days, startDay, seed, impressionsPerDay } = parsed.data;
  const { truth, best } = truthOf(parsed.data);
  const rows: MetricRow[] = [];
  for (let day = 0; day < days; day += 1) {
    const dayStart = Date.parse(`${startDay}T00:00:00.000Z`) + day * DAY_MS;
    const recorded_at = new Date(dayStart + DAY_MS - 1).toISOString();
    for (const { name, ad } of variants) {
      for (const platform of platforms) {
        const random = randomOf('audience', seed, name, platform, day);
        const impressions = poisson(random, impressionsPerDay * weeklyRhythm(dayStart));
        const rate = truth[name] ?? 0;
        // The three shares multiply to the rate, and none is above 1 whatever the rate is.
        const views = binomial(random, impressions, rate ** 0.25);
        const clicks = binomial(random, views, rate ** 0.5);
        const conversions = binomial(random, clicks, rate ** 0.25);
        const spend = Math.round((impressions * CPM_USD[platform]) / 10) / 100;
        const values = { impressions, views, clicks, conversions, spend };
        for (const metric of METRICS) {
          rows.push({
            variant: name,
            platform,
            metric,
            value: values[metric],
            recorded_at,
            ad: ad ?? `${name} - ${platform}`,
          });
        }
      }
    }
  }
  return { truth, best, rows };
}

const METRICS: readonly AudienceMetric[] = ['impressions', 'views', 'clicks', 'conversions', 'spend'];

/** The best is `spread` above the base rate; the others lie up to half of it below. */
function truthOf({ variants, seed, baseRate, spread }: z.output<typeof orderSchema>): Omit<Audience, 'rows'> {
  const names = variants.map(({ name }) => name);
  const hasBest = spread > 0 && names.length > 1;
  const best = hasBest ? names[Math.floor(randomOf('best', seed)() * names.length)] : undefined;
  const rateOf = (name: string) =>
    name === best ? baseRate * (1 + spread) : baseRate * (1 - (spread / 2) * randomOf('truth', seed, name)());
  return { truth: Object.fromEntries(names.map((name) => [name, rateOf(name)])), best };
}

/** Between 0.85 and 1.15, lowest on Wednesdays, with a mean of 1 over a week. */
function weeklyRhythm(dayStart: number): number {
  const dayOfWeek = new Date(dayStart).getUTCDay();
  return 1 - 0.15 * Math.cos((2 * Math.PI * (dayOfWeek - 3)) / 7);
}

const COLUMNS = ['variant', 'platform', 'metric', 'value', 'recorded_at', 'ad'] as const;

/** The generic long CSV that `screentest import` reads; RFC 4180, with line feeds. */
export function toLongCsv(rows: readonly MetricRow[]): string {
  const lines = rows.map((row) => COLUMNS.map((column) => quoted(String(row[column]))).join(','));
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`;
}

function quoted(field: string): string {
  return /[",\r\n]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
