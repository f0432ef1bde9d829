import { type FactorEffect, factorEffects, type MeasuredArm } from '../../analysis/factor-effects.ts';
import type { ArmEvidence, Verdict } from '../../analysis/verdict.ts';
import type { Brief } from '../../domain/brief.ts';
import { controlLevels } from '../../domain/changes.ts';
import { FACTORS, isFactor, type Mutations } from '../../domain/mutations.ts';

/** One round of a campaign as it went. */
export interface Round {
  readonly groupId: string;
  readonly brief: Brief;
  /** In the plan's order, the control first. */
  readonly variants: readonly RoundVariant[];
  /** What its numbers say; undefined where there are none. */
  readonly verdict: Verdict | undefined;
  /** Name of the variant that was declared the winner. */
  readonly winner: string | undefined;
}

export interface RoundVariant {
  readonly id: string;
  readonly name: string;
  /** Levels that differ from the control's. */
  readonly mutations: Mutations;
}

/** A video in a round: what it was made of, and what its numbers say. */
export interface MeasuredVideo {
  /** The same in every round that the file took part in. */
  readonly film: string;
  /** Position of its round, from 0. */
  readonly round: number;
  readonly levels: Mutations;
  readonly logRate: number;
  /** Of the log rate, by chance alone. */
  readonly variance: number;
  readonly exposures: number;
  readonly conversions: number;
}

export type Effect = Extract<FactorEffect, { kind: 'estimated' }>;

/** What a variant was made of: the control's level of every factor, but for its own; nothing of prompts written by hand. */
export function levelsOf(
  round: Pick<Round, 'brief' | 'variants'>,
  name: string,
  unsaid: Mutations,
): Mutations {
  if (typeof round.brief.variants !== 'number') return {};
  const variant = round.variants.find((known) => known.name === name);
  return { ...unsaid, ...controlLevels(round.brief), ...variant?.mutations };
}

/** Levels of which nothing need be said are left out: those that stand where a brief says nothing. */
export function beyond(unsaid: Mutations, levels: Mutations): Mutations {
  return Object.fromEntries(
    FACTORS.flatMap((factor) => {
      const level = levels[factor];
      return level === undefined || level === unsaid[factor] ? [] : [[factor, level] as const];
    }),
  );
}

/** All that was measured, the rounds in order; rounds that were decided on another metric than the last are left out. */
export function measuredVideos(rounds: readonly Round[], unsaid: Mutations): readonly MeasuredVideo[] {
  const metric = rounds.at(-1)?.brief.primaryMetric.name;
  const films = filmsOf(rounds);
  return rounds.flatMap((round, index) => {
    if (round.brief.primaryMetric.name !== metric) return [];
    return (round.verdict?.evidence.arms ?? []).flatMap((arm) => {
      const levels = levelsOf(round, arm.name, unsaid);
      const measure = measureOf(arm);
      return measure === undefined || Object.keys(levels).length === 0
        ? []
        : [{ film: films.get(keyOf(round.groupId, arm.name)) ?? '', round: index, levels, ...measure }];
    });
  });
}

/** A control that came from the round before is the film that it was there. */
function filmsOf(rounds: readonly Round[]): ReadonlyMap<string, string> {
  const films = new Map<string, string>();
  for (const { groupId, brief, variants } of rounds) {
    for (const [position, { name }] of variants.entries()) {
      const key = keyOf(groupId, name);
      const before =
        position === 0 && brief.parent !== undefined
          ? films.get(keyOf(brief.parent.group, brief.parent.variant))
          : undefined;
      films.set(key, before ?? key);
    }
  }
  return films;
}

function keyOf(groupId: string, name: string): string {
  return `${groupId}/${name}`;
}

/** Undefined for an arm that is not compared, or never converted. */
function measureOf({ rate, credible95, compared }: ArmEvidence) {
  const { exposures, conversions } = compared;
  if (rate === null || credible95 === null || !(rate > 0) || !(exposures > 0)) return undefined;
  const [low, high] = credible95;
  const spread = low > 0 ? Math.log(high / low) / (2 * 1.959963984540054) : 1;
  const variance = spread * spread;
  return variance > 0 ? { logRate: Math.log(rate), variance, exposures, conversions } : undefined;
}

const ROUND = '\u0000round';

/**
 * What levels go with, against these levels, over all rounds: videos of one round share what its weeks had in common. Claimed
 * only where two films at least carry the level, and two the one that it is held against: the control that comes again is
 * one film, however often it was measured.
 */
export function effectsOver(videos: readonly MeasuredVideo[], against: Mutations): readonly Effect[] {
  const reference = videos.find(({ levels }) =>
    FACTORS.every((factor) => levels[factor] === against[factor]),
  );
  if (reference === undefined) return [];
  const inOrder = [reference, ...videos.filter((video) => video !== reference)];
  const effects = factorEffects(inOrder.map(armOf));
  return effects.flatMap((effect) => {
    const { factor, level, against: other } = effect;
    if (effect.kind !== 'estimated' || !isFactor(factor)) return [];
    const films = filmsWith(videos, factor, level);
    return films < 2 || filmsWith(videos, factor, other) < 2 ? [] : [{ ...effect, videos: films }];
  });
}

/** How many films carry a level. */
export function filmsWith(
  videos: readonly MeasuredVideo[],
  factor: (typeof FACTORS)[number],
  level: string,
): number {
  return new Set(videos.filter(({ levels }) => levels[factor] === level).map(({ film }) => film)).size;
}

function armOf(
  { film, round, levels, logRate, variance, exposures, conversions }: MeasuredVideo,
  index: number,
): MeasuredArm {
  const rate = Math.exp(logRate);
  return {
    arm: { id: String(index), name: film, factors: { [ROUND]: String(round), ...levels } },
    rate,
    variance: variance * rate * rate,
    exposures,
    conversions,
  };
}
