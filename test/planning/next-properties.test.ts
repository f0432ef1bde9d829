import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Brief, parseBrief } from '../../domain/brief.ts';
import { controlLevels } from '../../domain/changes.ts';
import { isFactor, type Mutations } from '../../domain/mutations.ts';
import { TEMPLATE_CODES } from '../../domain/templates.ts';
import type { Round } from '../../planning/next/learned.ts';
import { type Repertoire, repertoireOf } from '../../planning/next/levels-to-try.ts';
import { nextRound } from '../../planning/next/next-round.ts';
import { planVariants } from '../../planning/plan.ts';
import { BRIEF, roundOf } from './rounds.ts';

interface Campaign {
  readonly template: (typeof TEMPLATE_CODES)[number];
  readonly variants: number;
  readonly exploration: number;
  /** Conversions a day of each variant of each round, and who is declared the winner: a position, or nobody. */
  readonly rounds: readonly { readonly daily: readonly number[]; readonly winner: number | undefined }[];
}

const campaign: fc.Arbitrary<Campaign> = fc.record({
  template: fc.constantFrom(...TEMPLATE_CODES),
  variants: fc.integer({ min: 2, max: 10 }),
  exploration: fc.double({ min: 0, max: 1, noNaN: true }),
  rounds: fc.array(
    fc.record({
      daily: fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 10, maxLength: 10 }),
      winner: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
});

/** Plays a campaign round by round, and hands over the rounds so far after each. */
function play(
  { template, variants, exploration, rounds }: Campaign,
  see: (past: readonly Round[], repertoire: Repertoire) => void,
) {
  let brief: Brief = parseBrief({ ...BRIEF, template, variants: Math.min(variants, 7), exploration });
  const repertoire = repertoireOf(brief);
  const past: Round[] = [];
  for (const [number, { daily, winner }] of rounds.entries()) {
    const shown = planVariants(brief).map(({ name, mutations }, position) => ({
      name,
      mutations,
      daily: daily[position % daily.length] ?? 0,
    }));
    const won = winner === undefined ? undefined : shown[winner % shown.length]?.name;
    past.push(roundOf(number, brief, shown, won));
    see(past, repertoire);
    const { brief: next } = nextRound(past, repertoire);
    if (Object.keys(next.factors ?? {}).length === 0) return;
    brief = parseBrief(next);
  }
}

const keyOf = (levels: Mutations) => JSON.stringify(Object.entries(levels).toSorted());

/** What must hold of a proposal, whatever the campaign brought. */
function isSound(past: readonly Round[], repertoire: Repertoire): void {
  const next = nextRound(past, repertoire);
  const levels = structuredClone(repertoire.levels);
  expect(nextRound(structuredClone(past), { ...repertoire, levels })).toEqual(next);
  expect(past.at(-1)?.variants.map(({ name }) => name)).toContain(next.control.variant);
  for (const { factor, films, lift, chance } of next.levels) {
    expect(chance >= 0 && chance <= 1).toBe(true);
    if (lift === null) continue;
    // Nothing is claimed of one film, nor against one.
    expect(films).toBeGreaterThanOrEqual(2);
    const held = next.levels.find((other) => other.factor === factor && other.choice === 'control');
    expect(held?.films).toBeGreaterThanOrEqual(2);
  }
  if (Object.keys(next.brief.factors ?? {}).length === 0) return;
  const brief = parseBrief(next.brief);
  const own = { ...repertoire.unsaid, ...controlLevels(brief) };
  const plan = planVariants(brief);
  expect(plan[0]?.mutations).toEqual({});
  expect(new Set(plan.map(({ mutations }) => keyOf({ ...own, ...mutations }))).size).toBe(plan.length);
  for (const [factor, levels] of Object.entries(brief.factors ?? {})) {
    if (!isFactor(factor) || levels === undefined) throw new Error(`${factor} has no levels`);
    expect(levels[0]).toBe(brief.parent?.levels[factor] ?? repertoire.unsaid[factor]);
    expect(new Set(levels).size).toBe(levels.length);
  }
}

test('whatever a campaign brought, a proposal can be planned, has no two variants alike, claims nothing of a single video, and comes out the same', () => {
  fc.assert(
    fc.property(campaign, (one) => play(one, isSound)),
    { numRuns: 15 },
  );
});
