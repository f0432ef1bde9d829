import type { Platform } from './platforms.ts';

/** Width to height, as people say it. */
type Aspect = readonly [width: number, height: number];

/** What a platform takes as a video ad. */
export interface PlatformLimits {
  readonly narrowest: Aspect;
  readonly widest: Aspect;
  readonly shortestSeconds: number;
  readonly longestSeconds: number;
}

const VERTICAL: Aspect = [9, 16];
const HORIZONTAL: Aspect = [16, 9];
const MINUTE = 60;

/** Of any placement of the platform: the least that it asks. docs/briefs.md has the sources and their date. */
export const PLATFORM_LIMITS: Readonly<Record<Platform, PlatformLimits>> = {
  instagram: {
    narrowest: VERTICAL,
    widest: [1.91, 1],
    shortestSeconds: 1,
    longestSeconds: 60 * MINUTE,
  },
  tiktok: { narrowest: VERTICAL, widest: HORIZONTAL, shortestSeconds: 1, longestSeconds: 10 * MINUTE },
  linkedin: { narrowest: VERTICAL, widest: HORIZONTAL, shortestSeconds: 3, longestSeconds: 30 * MINUTE },
  youtube: { narrowest: VERTICAL, widest: HORIZONTAL, shortestSeconds: 1, longestSeconds: 720 * MINUTE },
  facebook: { narrowest: VERTICAL, widest: HORIZONTAL, shortestSeconds: 1, longestSeconds: 241 * MINUTE },
  twitter: { narrowest: VERTICAL, widest: [2, 1], shortestSeconds: 1, longestSeconds: 140 },
};

/** The platforms round: 1024x1792 is taken as 9:16. */
const TOLERANCE = 0.03;

export function fitsAspect(
  platform: Platform,
  { width, height }: { readonly width: number; readonly height: number },
): boolean {
  const { narrowest, widest } = PLATFORM_LIMITS[platform];
  const aspect = width / height;
  return aspect >= ratio(narrowest) * (1 - TOLERANCE) && aspect <= ratio(widest) * (1 + TOLERANCE);
}

export function fitsLength(platform: Platform, seconds: number): boolean {
  const { shortestSeconds, longestSeconds } = PLATFORM_LIMITS[platform];
  return seconds >= shortestSeconds && seconds <= longestSeconds;
}

/** `9:16 to 16:9` */
export function describeAspects(platform: Platform): string {
  const { narrowest, widest } = PLATFORM_LIMITS[platform];
  return `${narrowest.join(':')} to ${widest.join(':')}`;
}

/** `3 to 1800 seconds` */
export function describeLengths(platform: Platform): string {
  const { shortestSeconds, longestSeconds } = PLATFORM_LIMITS[platform];
  return `${shortestSeconds} to ${longestSeconds} seconds`;
}

function ratio([width, height]: Aspect): number {
  return width / height;
}
