import type { Brief } from '../domain/brief.ts';
import { type Budget, leftIn } from '../domain/budget.ts';
import { type MicroUsd, sumUsd } from '../domain/money.ts';
import type { Mutations } from '../domain/mutations.ts';
import { type Pricing, priceOf, tierOf } from '../domain/prices.ts';
import { renditionsOf } from '../domain/renditions.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';
import { formatSize } from '../domain/video.ts';
import { planVariants } from './plan.ts';

/** One file of a variant: one job at the provider. */
export interface EstimatedVideo {
  readonly rendition: string;
  readonly model: string;
  readonly size: string;
  readonly seconds: number;
  readonly perSecond: MicroUsd;
  readonly perVideo: MicroUsd;
  readonly cost: MicroUsd;
}

export interface EstimatedVariant {
  readonly name: string;
  readonly videos: readonly EstimatedVideo[];
  readonly seconds: number;
  readonly cost: MicroUsd;
}

/** What a brief would make, and what it costs when every video is made once. */
export interface Estimate {
  readonly provider: string;
  readonly variants: readonly EstimatedVariant[];
  readonly seconds: number;
  readonly cost: MicroUsd;
}

/**
 * @param plan of the brief, where it is known already
 * @throws BadInput when the brief can't be planned, or a video in it has no price
 */
export function estimate(
  brief: Brief,
  pricing: Pricing,
  plan: readonly VariantPlan[] = planVariants(brief),
): Estimate {
  const variants = plan.map(({ name, mutations, position }) => {
    // A control from the round before comes with its files.
    const isMade = position > 0 || brief.parent === undefined;
    const videos = isMade ? videosOfVariant(brief, mutations, pricing) : [];
    return {
      name,
      videos,
      seconds: videos.reduce((sum, video) => sum + video.seconds, 0),
      cost: sumUsd(videos.map((video) => video.cost)),
    };
  });
  return {
    provider: pricing.provider,
    variants,
    seconds: variants.reduce((sum, { seconds }) => sum + seconds, 0),
    cost: sumUsd(variants.map(({ cost }) => cost)),
  };
}

/** All the files that a variant gets. @throws BadInput when one has no price */
export function videosOfVariant(
  brief: Brief,
  mutations: Mutations,
  pricing: Pricing,
): readonly EstimatedVideo[] {
  return renditionsOf(brief, mutations).map((rendition) => {
    const { perSecond, perVideo } = tierOf(rendition, pricing);
    return {
      rendition: rendition.name,
      model: rendition.model,
      size: formatSize(rendition),
      seconds: rendition.seconds,
      perSecond,
      perVideo,
      cost: priceOf(rendition, pricing),
    };
  });
}

/** How many of its variants, with all their files and in the plan's order, these budgets leave room for. */
export function variantsThatFit({ variants }: Estimate, budgets: readonly Budget[]): number {
  let left = Math.min(...budgets.map(leftIn));
  const beyond = variants.findIndex(({ cost }) => {
    left -= cost;
    return left < 0 && cost > 0;
  });
  return beyond === -1 ? variants.length : beyond;
}
