import { Refused } from '../../domain/errors.ts';
import { formatSize, type VideoSpec } from '../../domain/video.ts';
import { secondsMadeBy } from '../../domain/video-models.ts';
import type { VideoOrder } from '../video-provider.ts';

/** The longer side and the shorter one, in pixels, of what fal's models call by these names. */
const RESOLUTIONS = {
  '720p': [1280, 720],
  '1080p': [1920, 1080],
  '1440p': [2560, 1440],
  '2160p': [3840, 2160],
  '4k': [3840, 2160],
} as const;
type Resolution = keyof typeof RESOLUTIONS;

/** How one model is told what is ordered. Each has words of its own, and takes no others. */
interface FalModel {
  /** How it wants to be told a duration. The client's types have texts throughout, where the service takes numbers too. */
  readonly duration: (seconds: number) => string | number;
  readonly resolutions: readonly Resolution[];
  /** Sent with every order. */
  readonly always: Readonly<Record<string, boolean>>;
}

const withUnit = (seconds: number) => `${seconds}s`;
const asNumber = (seconds: number) => seconds;

/** A prompt that the provider rewrites is not the prompt that the test is about. */
const AS_WRITTEN = { veo: { auto_fix: false }, wan: { enable_prompt_expansion: false } } as const;

const VEO: FalModel = {
  duration: withUnit,
  resolutions: ['720p', '1080p'],
  always: AS_WRITTEN.veo,
};
const LTX: FalModel = {
  duration: asNumber,
  resolutions: ['1080p', '1440p', '2160p'],
  always: {},
};

/**
 * The models that are known here: those whose every size is told apart by aspect ratio and resolution, as their
 * pages at fal.ai/models and the client's types describe them (2026-11). All of them take 16:9 and 9:16.
 */
const MODELS: Readonly<Record<string, FalModel>> = {
  'fal-ai/veo3.1': { ...VEO, resolutions: ['720p', '1080p', '4k'] },
  'fal-ai/veo3.1/fast': { ...VEO, resolutions: ['720p', '1080p', '4k'] },
  'fal-ai/veo3.1/lite': VEO,
  'fal-ai/veo3': VEO,
  'fal-ai/veo3/fast': VEO,
  'fal-ai/wan/v2.7/text-to-video': {
    duration: asNumber,
    resolutions: ['720p', '1080p'],
    always: AS_WRITTEN.wan,
  },
  'fal-ai/bytedance/seedance/v1.5/pro/text-to-video': {
    duration: String,
    resolutions: ['720p', '1080p'],
    always: {},
  },
  'fal-ai/ltx-2.3/text-to-video': LTX,
  'fal-ai/ltx-2.3/text-to-video/fast': LTX,
};

export const FAL_MODELS: readonly string[] = Object.keys(MODELS);

/**
 * What fal's model is sent for an order.
 * @throws Refused for a model that isn't known here, and for a length or a size that it does not make
 */
export function falInput(order: VideoOrder): Readonly<Record<string, string | number | boolean>> {
  const model = Object.hasOwn(MODELS, order.model) ? MODELS[order.model] : undefined;
  if (model === undefined) {
    throw new Refused({
      code: 'MODEL_UNKNOWN',
      given: `The model "${order.model}" is not known for fal`,
      allowed: `one of ${FAL_MODELS.join(', ')}`,
      fix: 'name one of these under video.model in the brief, and start the test again',
    });
  }
  const made = secondsMadeBy(order.model) ?? [];
  if (!made.includes(order.seconds)) {
    throw notMade(order, `${order.seconds} s`, `${made.join(', ')} seconds`, 'video.seconds');
  }
  const [long, short] =
    order.width >= order.height ? [order.width, order.height] : [order.height, order.width];
  const resolution = model.resolutions.find(
    (name) => RESOLUTIONS[name][0] === long && RESOLUTIONS[name][1] === short,
  );
  if (resolution === undefined) {
    throw notMade(order, formatSize(order), model.resolutions.flatMap(sizesOf).join(', '), 'video.size');
  }
  return {
    prompt: order.prompt,
    duration: model.duration(order.seconds),
    aspect_ratio: order.width > order.height ? '16:9' : '9:16',
    resolution,
    ...model.always,
  };
}

function sizesOf(name: Resolution): string[] {
  const [long, short] = RESOLUTIONS[name];
  return [`${long}x${short}`, `${short}x${long}`];
}

function notMade({ model }: VideoSpec, given: string, allowed: string, field: string): Refused {
  return new Refused({
    code: 'ORDER_NOT_POSSIBLE',
    given: `${model} makes no video of ${given}`,
    allowed,
    fix: `change ${field} in the brief, and start the test again`,
  });
}
