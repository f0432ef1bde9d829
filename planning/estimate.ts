import type { Brief } from '../domain/brief.ts';
import { type Budget, leftIn } from '../domain/budget.ts';
import { type MicroUsd, microUsd, sumUsd } from '../domain/money.ts';
import { type Pricing, priceOf, tierOf } from '../domain/prices.ts';
import { renditionsOf } from '../domain/renditions.ts';
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

/** @throws BadInput when the brief can't be planned, or a video in it has no price */
export function estimate(brief: Brief, pricing: Pricing): Estimate {
  const videos = videosOfVariant(brief, pricing);
  const seconds = videos.reduce((sum, video) => sum + video.seconds, 0);
  const cost = sumUsd(videos.map((video) => video.cost));
  const variants = planVariants(brief).map(({ name }) => ({ name, videos, seconds, cost }));
  return {
    provider: pricing.provider,
    variants,
    seconds: variants.length * seconds,
    cost: microUsd(variants.length * cost),
  };
}

/** All the files that a variant gets. @throws BadInput when one has no price */
export function videosOfVariant(brief: Brief, pricing: Pricing): readonly EstimatedVideo[] {
  return renditionsOf(brief).map((rendition) => {
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

/** How many of its variants, with all their files, these budgets leave room for. */
export function variantsThatFit({ variants }: Estimate, budgets: readonly Budget[]): number {
  const [first] = variants;
  if (first === undefined || first.cost === 0) return variants.length;
  const left = Math.min(...budgets.map(leftIn));
  return Math.min(variants.length, Math.floor(left / first.cost));
}
