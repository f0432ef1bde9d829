import { z } from 'zod';
import { type GenerationStatus, hasVideo } from './lifecycle.ts';

export const gatesField = z
  .strictObject({
    plan: z.boolean().default(false).describe('The prompts and what they cost, before anything is ordered.'),
    videos: z.boolean().default(false).describe("Each variant's video, before it takes part in the test."),
  })
  .describe('Where a person must agree before a group goes on. Nobody is asked unless the brief says so.');

/** What people said of a variant's video: the values of the CHECK on `video_variants.review`. */
export const REVIEWS = ['pending', 'approved', 'rejected'] as const;

export type Review = (typeof REVIEWS)[number];

/** A video that nobody asked people about takes part by itself; else only one that was approved. */
export function takesPart(variant: {
  readonly status: GenerationStatus;
  /** Undefined where people are not asked. */
  readonly review?: Review | undefined;
}): boolean {
  return hasVideo(variant.status) && (variant.review === undefined || variant.review === 'approved');
}

/** `awaits review`, `approved`, `rejected` */
export function reviewInWords(review: string): string {
  return review === 'pending' ? 'awaits review' : review;
}

const SET_ASIDE = '/rejected-';

/** A rejected file is kept beside the one that is made anew, under a name that no rendition of a brief can have. */
export function setAsideName(rendition: string, review: number): string {
  return `${rendition}${SET_ASIDE}${review}`;
}

export function isSetAside(rendition: string): boolean {
  return rendition.includes(SET_ASIDE);
}
