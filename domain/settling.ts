import { z } from 'zod';
import { words } from './brief-fields.ts';
import type { RateMetric } from './metrics.ts';
import { PLATFORMS } from './platforms.ts';

/** Which of the days that platforms report may enter a test. */

const LONGEST_LAG_DAYS = 90;

const platform = z.enum(PLATFORMS);

export const settling = z
  .partialRecord(platform, z.number().int().min(0).max(LONGEST_LAG_DAYS))
  .default({})
  .describe(
    'By platform: days after which it restates a day no more. Left out: as the attribution window, or a week, where conversions come late; else three days.',
  );

export const conversionsDatedBy = z
  .partialRecord(platform, z.enum(['exposure', 'conversion']))
  .default({})
  .describe(
    'By platform: the day that a conversion counts for, that of the exposure it came from or its own.',
  );

export const attributionWindow = words(50)
  .optional()
  .describe('The one to analyse where a platform reports several, as the platform writes it: 7d_click.');

const date = z.iso.date({ error: 'a day such as "2026-05-01"' });

export const learning = z
  .array(
    z
      .strictObject({
        platform: platform.describe('Where.'),
        firstDays: z.number().int().min(1).max(60).optional().describe('The first days of each ad.'),
        from: date.optional().describe('The first day that is left out.'),
        to: date.optional().describe('The last day that is left out.'),
      })
      .refine(
        ({ firstDays, from, to }) =>
          firstDays === undefined
            ? from !== undefined && to !== undefined && from <= to
            : from === undefined && to === undefined,
        { error: 'either firstDays, or from and to, which is not before from' },
      ),
  )
  .max(100)
  .default([])
  .describe('Days on which a platform was still learning whom to show a video to; left out of the test.');

export type LearningPhase = z.output<typeof learning>[number];

/** Platforms count views and clicks anew for up to three days, when they take out what was no person. */
const COUNTS_SETTLE_AFTER = 3;
/** Meta and TikTok credit what follows a click within a week, unless told otherwise. */
const ACTIONS_SETTLE_AFTER = 7;

/** What people do later and elsewhere, and is credited to the day of the exposure when it is known. */
const LATE_ACTIONS: ReadonlySet<string> = new Set(['conversions', 'revenue', 'revenue_squares']);

export function comesLate({ numerator, denominator }: RateMetric): boolean {
  return LATE_ACTIONS.has(numerator) || LATE_ACTIONS.has(denominator);
}

type Settling = z.output<typeof settling>;

/** What a platform is decided by. */
export function primaryMetricOn(
  brief: {
    readonly primaryMetric: RateMetric;
    readonly primaryMetricOn: Readonly<Record<string, RateMetric | undefined>>;
  },
  platform: string,
): RateMetric {
  const own = Object.hasOwn(brief.primaryMetricOn, platform) ? brief.primaryMetricOn[platform] : undefined;
  return own ?? brief.primaryMetric;
}

/**
 * Days after which a platform restates a day no more. Where the brief does not say: as many as the longest of the windows
 * within which its actions are credited, a week where it names none; three for what is counted at once.
 * @param windows as platforms write them: `7d_click`, `7d_click_1d_view`, `28 days`
 */
export function settlesAfterDays(
  given: Settling,
  platform: string,
  metric: RateMetric,
  windows: readonly string[],
): number {
  const own = new Map<string, number | undefined>(Object.entries(given)).get(platform);
  if (own !== undefined) return own;
  if (!comesLate(metric)) return COUNTS_SETTLE_AFTER;
  const days = windows.flatMap((window) =>
    [...window.matchAll(/(\d+) ?d/gi)].map(([, count]) => Number(count)),
  );
  return days.length === 0 ? ACTIONS_SETTLE_AFTER : Math.max(COUNTS_SETTLE_AFTER, ...days);
}

/** Days after which every platform of a brief has settled a day, as far as can be known before there are reports. */
export function longestLagDays(
  brief: Parameters<typeof primaryMetricOn>[0] & {
    readonly platforms: readonly string[];
    readonly settling: Settling;
    readonly attributionWindow?: string | undefined;
  },
): number {
  const windows = brief.attributionWindow === undefined ? [] : [brief.attributionWindow];
  const lags = brief.platforms.map((platform) =>
    settlesAfterDays(brief.settling, platform, primaryMetricOn(brief, platform), windows),
  );
  return Math.max(0, ...lags);
}
