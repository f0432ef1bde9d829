import { z } from 'zod';
import { words } from './brief-fields.ts';

/** One video as it is ordered: what the provider is asked for and what the file is checked against. */
export interface VideoSpec {
  readonly model: string;
  readonly seconds: number;
  readonly width: number;
  readonly height: number;
}

/** Far above the largest ad of a minute; a runaway download or upload stops here. */
export const MAX_VIDEO_BYTES = 2_000_000_000;

/** The rendition that stands for a variant; others (aspects, languages) come beside it. */
export const MAIN_RENDITION = 'main';

const SIZE = /^([1-9]\d{1,3})x([1-9]\d{1,3})$/;

/** `720x1280` as the protocol writes it; undefined for any other form. */
export function parseSize(text: string): { width: number; height: number } | undefined {
  const match = SIZE.exec(text);
  return match === null ? undefined : { width: Number(match[1]), height: Number(match[2]) };
}

export function formatSize(size: { width: number; height: number }): string {
  return `${size.width}x${size.height}`;
}

export const sizeField = z
  .string()
  .refine((text) => parseSize(text) !== undefined, { error: 'a width and a height, such as "720x1280"' })
  .meta({ pattern: SIZE.source });

/** Longer than any ad that is tested this way. */
const MAX_SECONDS = 180;

export const videoField = z
  .strictObject({
    model: words(50).default('sora-2').describe("The provider's name of the model."),
    seconds: z.number().int().min(1).max(MAX_SECONDS).default(4).describe('The length of every video.'),
    size: sizeField.default('720x1280').describe('Width and height in pixels.'),
  })
  .describe('What the main video of every variant is ordered as.');
