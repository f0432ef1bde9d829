/** What a video model takes, by what its name begins with; the longest beginning counts. */
interface VideoModel {
  /** Characters that a prompt may have. */
  readonly promptCharacters: number;
  /** Lengths that it makes; undefined where it isn't known. */
  readonly seconds?: readonly number[];
}

const VEO: VideoModel = {
  // Documents give 480 tokens in one place and 1,024 in another; the smaller, at four characters a token.
  promptCharacters: 1920,
  seconds: [4, 6, 8],
};

/** As their pages and clients describe them (2026-11); fal makes no length that isn't here. */
const MODELS: Readonly<Record<string, VideoModel>> = {
  // The protocol's own reference.
  'sora-2': { promptCharacters: 32_000, seconds: [4, 8, 12] },
  'fal-ai/veo3': VEO,
  'google/veo-3': VEO,
  'fal-ai/wan/v2.7': { promptCharacters: 5000, seconds: wholeNumbers(2, 15) },
  'fal-ai/bytedance/seedance/v1.5': { promptCharacters: 4000, seconds: wholeNumbers(4, 12) },
  'fal-ai/ltx-2.3': { promptCharacters: 4000, seconds: [6, 8, 10] },
};

/** The most that is accepted of a prompt written by hand, and what a model is taken to accept that isn't listed. */
const UNLISTED: VideoModel = { promptCharacters: 4000 };

/**
 * Characters that a prompt for this model may have. It is the model's limit and not the server's: none of the
 * dialects is known to set a smaller one.
 */
export function promptLimitOf(model: string): number {
  return modelOf(model).promptCharacters;
}

/** Lengths that this model makes, in seconds; undefined where it isn't known. */
export function secondsMadeBy(model: string): readonly number[] | undefined {
  return modelOf(model).seconds;
}

function modelOf(name: string): VideoModel {
  const beginning = Object.keys(MODELS)
    .filter((known) => name.startsWith(known))
    .toSorted((a, b) => b.length - a.length)[0];
  return (beginning === undefined ? undefined : MODELS[beginning]) ?? UNLISTED;
}

function wholeNumbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
