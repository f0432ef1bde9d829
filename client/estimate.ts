import type { Brief } from '../domain/brief.ts';
import { type MicroUsd, microUsd } from '../domain/money.ts';
import { planVariants } from '../domain/plan.ts';
import { priceOf } from '../domain/prices.ts';
import { parseSize } from '../domain/video.ts';

export interface Estimate {
  readonly variants: readonly string[];
  readonly seconds: number;
  readonly cost: MicroUsd;
}

/** What a brief would make and cost. @throws BadInput when it can't be planned or priced. */
export function estimate(brief: Brief): Estimate {
  const variants = planVariants(brief).map(({ name }) => name);
  const size = parseSize(brief.video.size);
  if (size === undefined) throw new TypeError(`a brief with the size ${brief.video.size}`);
  const price = priceOf({ ...brief.video, ...size });
  return {
    variants,
    seconds: variants.length * brief.video.seconds,
    cost: microUsd(variants.length * price),
  };
}
