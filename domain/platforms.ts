import { z } from 'zod';

/** The platforms that metrics may come from: the values of the CHECK on `variant_performance.platform`. */
export const PLATFORMS = ['instagram', 'tiktok', 'linkedin', 'youtube', 'facebook', 'twitter'] as const;

export type Platform = (typeof PLATFORMS)[number];

export function isPlatform(name: string): name is Platform {
  return PLATFORMS.some((platform) => platform === name);
}

/** Where a test runs when its brief names no platform: the default of `variant_groups.target_platforms`. */
export const DEFAULT_PLATFORMS: readonly Platform[] = [
  'instagram',
  'tiktok',
  'linkedin',
  'youtube',
  'facebook',
];

export const platformsField = z
  .array(z.enum(PLATFORMS))
  .min(1)
  .refine((platforms) => new Set(platforms).size === platforms.length, { error: 'each platform once' })
  .meta({ uniqueItems: true })
  .describe('Where the ads run. The main video or one of the renditions must fit each of them.');
