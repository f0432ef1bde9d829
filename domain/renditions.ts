import type { Brief } from './brief.ts';
import { MAIN_RENDITION, parseSize, type VideoSpec } from './video.ts';

/**
 * One of the files that every variant of a group gets: another shape, language or captions of the same idea. Not a
 * variant: its numbers count for its variant. Each is a job of its own at the provider, and costs its own price.
 */
export interface Rendition extends VideoSpec {
  readonly name: string;
  /** What is added to the variant's prompt; empty for the main one. */
  readonly wording: string;
}

type BriefWithVideo = Pick<Brief, 'video' | 'renditions'>;

/** The main one first; it stands for the variant. */
export function renditionsOf(brief: BriefWithVideo): readonly [Rendition, ...Rendition[]] {
  const { video } = brief;
  const main = { name: MAIN_RENDITION, model: video.model, seconds: video.seconds, wording: '' };
  return [
    { ...main, ...sizeOf(video.size) },
    ...brief.renditions.map((rendition) => ({
      ...main,
      name: rendition.name,
      ...sizeOf(rendition.size ?? video.size),
      wording: [
        ...(rendition.language === undefined
          ? []
          : [`Everything that is spoken or written is in ${rendition.language}.`]),
        ...(rendition.captions ? ['Captions show every spoken word.'] : []),
      ].join(' '),
    })),
  ];
}

/** What the provider is asked for. */
export function promptOf(rendition: Rendition, variantPrompt: string): string {
  return rendition.wording === '' ? variantPrompt : `${variantPrompt} ${rendition.wording}`;
}

function sizeOf(text: string): { width: number; height: number } {
  const size = parseSize(text);
  if (size === undefined) throw new TypeError(`a brief with the size ${text}`);
  return size;
}
