import type { Brief } from '../domain/brief.ts';
import { type MicroUsd, microUsd, sumUsd } from '../domain/money.ts';
import { planVariants } from '../domain/plan.ts';
import { priceOf } from '../domain/prices.ts';
import { renditionsOf } from '../domain/renditions.ts';

export interface Estimate {
  readonly variants: readonly string[];
  readonly seconds: number;
  readonly cost: MicroUsd;
}

/** What a brief would make and cost. @throws BadInput when it can't be planned or priced. */
export function estimate(brief: Brief): Estimate {
  const variants = planVariants(brief).map(({ name }) => name);
  const renditions = renditionsOf(brief);
  const costOfOne = sumUsd(renditions.map((rendition) => priceOf(rendition)));
  return {
    variants,
    seconds: variants.length * renditions.reduce((sum, { seconds }) => sum + seconds, 0),
    cost: microUsd(variants.length * costOfOne),
  };
}
