import { analyzeTest } from '../../analysis/analyze.ts';
import type { Verdict } from '../../analysis/verdict.ts';
import { type BriefInput, parseBrief } from '../../domain/brief.ts';
import type { Mutations } from '../../domain/mutations.ts';
import type { Round } from '../../planning/next/learned.ts';
import { planVariants } from '../../planning/plan.ts';
import { SHORTEST_BRIEF } from '../domain/example-brief.ts';

/** What happened to the variants of a round: their levels, and conversions a day of a thousand impressions each. */
export interface Shown {
  readonly name: string;
  readonly mutations: Mutations;
  readonly daily: number;
}

const DAYS = 10;

export function roundId(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

/** A round as its numbers tell it. */
export function roundOf(
  number: number,
  brief: BriefInput,
  shown: readonly Shown[],
  winner?: string | undefined,
): Round {
  return {
    groupId: roundId(number),
    brief: parseBrief(brief),
    variants: shown.map(({ name, mutations }) => ({ id: name, name, mutations })),
    verdict: verdictOf(shown),
    winner,
  };
}

/** The variants that a brief plans, each with conversions by its levels. */
export function planned(
  brief: BriefInput,
  daily: (mutations: Mutations, position: number) => number,
): Shown[] {
  return planVariants(parseBrief(brief)).map(({ name, mutations, position }) => ({
    name,
    mutations,
    daily: daily(mutations, position),
  }));
}

export function verdictOf(shown: readonly Shown[]): Verdict {
  return analyzeTest({
    metric: { name: 'conversion_rate', numerator: 'conversions', denominator: 'impressions' },
    arms: shown.map(({ name }) => ({ id: name, name })),
    assignment: { tiktok: 'randomised' },
    rules: { isFinal: true },
    cells: shown.flatMap(({ name, daily }) =>
      Array.from({ length: DAYS }, (_, day) => ({
        armId: name,
        platform: 'tiktok',
        cell: '',
        day: `2026-05-${String(day + 1).padStart(2, '0')}`,
        exposures: 1000,
        conversions: daily,
      })),
    ),
  });
}

export const BRIEF = { ...SHORTEST_BRIEF, variants: 4 } as const satisfies BriefInput;
