import { z } from 'zod';
import type { Brief } from './brief.ts';
import { words } from './brief-fields.ts';
import { BriefInvalid } from './brief-issues.ts';
import type { Mutations } from './mutations.ts';
import { MAIN_RENDITION, parseSize, sizeField, type VideoSpec } from './video.ts';
import { secondsMadeBy } from './video-models.ts';

/** Beside the main one. */
const MAX_RENDITIONS = 10;

const rendition = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,49}$/, { error: 'up to 50 of a-z, 0-9 and -' })
      .refine((name) => name !== MAIN_RENDITION, {
        error: `another name than "${MAIN_RENDITION}", which is what "video" describes`,
      })
      .describe('What the file is called.'),
    size: sizeField.optional().describe('Width and height in pixels. Left out: as in video.'),
    language: words(50).optional().describe('The language of what is spoken and written.'),
    captions: z.boolean().default(false).describe('Whether captions show every spoken word.'),
  })
  .refine(({ size, language, captions }) => size !== undefined || language !== undefined || captions, {
    error: 'a size, a language or captions: something that differs from the main video',
  });

export const renditionsField = z
  .array(rendition)
  .max(MAX_RENDITIONS)
  .refine((renditions) => new Set(renditions.map(({ name }) => name)).size === renditions.length, {
    error: 'each name once',
  })
  .describe('Files beside the main one, for every variant: not variants, and each paid for.');

/**
 * One of the files that every variant of a group gets: another shape, language or captions of the same idea. Not a
 * variant: its numbers count for its variant. Each is a job of its own at the provider, and costs its own price.
 */
export interface Rendition extends VideoSpec {
  readonly name: string;
  /** What is added to the variant's prompt; empty for the main one. */
  readonly wording: string;
}

type BriefWithVideo = Pick<Brief, 'video' | 'renditions' | 'factors'>;

/**
 * The main one first; it stands for the variant.
 * @param mutations the variant's, since its length may be one of them; the control's are none
 */
export function renditionsOf(
  brief: BriefWithVideo,
  mutations: Mutations = {},
): readonly [Rendition, ...Rendition[]] {
  const { video } = brief;
  const main = {
    name: MAIN_RENDITION,
    model: video.model,
    seconds: secondsOf(brief, mutations),
    wording: '',
  };
  return [
    { ...main, ...sizeOf(video.size) },
    ...brief.renditions.map((rendition) => ({
      ...main,
      name: rendition.name,
      ...sizeOf(rendition.size ?? video.size),
      wording: [
        ...(rendition.language === undefined
          ? []
          : [`Language: everything that is spoken or written is in ${rendition.language}.`]),
        ...(rendition.captions ? ['Captions: every spoken word is shown as it is said.'] : []),
      ].join('\n'),
    })),
  ];
}

/**
 * What the provider is asked for: the variant's prompt, and the rendition's own lines after its last section. Lines end
 * in LF alone: a lost job is found again by its prompt.
 */
export function promptOf(rendition: Rendition, variantPrompt: string): string {
  const prompt = variantPrompt.replaceAll(/\r\n?/g, '\n');
  return rendition.wording === '' ? prompt : `${prompt}\n\n${rendition.wording}`;
}

/** Characters that the longest of a brief's renditions adds to a prompt. */
export function charactersAdded(brief: BriefWithVideo): number {
  return Math.max(...renditionsOf(brief).map((rendition) => promptOf(rendition, '').length));
}

/**
 * How long a variant's video is: its own length where that is varied, or else the brief's.
 * @throws BriefInvalid for a length that is none, that the model doesn't make, or that the control doesn't have
 */
export function secondsOf(
  { video, factors }: Omit<BriefWithVideo, 'renditions'>,
  { length }: Mutations,
): number {
  const control = factors?.length?.[0];
  if (control !== undefined && parseSeconds(control) !== video.seconds) {
    throw lengthRefused(
      control,
      `${video.seconds}s first, which is video.seconds: the control's length comes first`,
    );
  }
  if (length === undefined) return video.seconds;
  const made = secondsMadeBy(video.model);
  const seconds = parseSeconds(length);
  if (seconds === undefined || made?.includes(seconds) === false) {
    const allowed =
      made === undefined ? 'whole seconds, such as "8s"' : made.map((one) => `"${one}s"`).join(', ');
    throw lengthRefused(length, `${allowed}: what ${video.model} makes`);
  }
  return seconds;
}

function lengthRefused(given: string, allowed: string): BriefInvalid {
  return new BriefInvalid([{ path: 'factors.length', given: `"${given}"`, allowed }]);
}

function parseSeconds(text: string): number | undefined {
  const match = /^([1-9]|[1-5]\d|60)s$/.exec(text);
  return match === null ? undefined : Number(match[1]);
}

function sizeOf(text: string): { width: number; height: number } {
  const size = parseSize(text);
  if (size === undefined) throw new TypeError(`a brief with the size ${text}`);
  return size;
}
