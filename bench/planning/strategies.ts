import { analyzeTest } from '../../analysis/analyze.ts';
import { parseBrief } from '../../domain/brief.ts';
import type { Mutations } from '../../domain/mutations.ts';
import { controlLevels } from '../../planning/control.ts';
import type { Round } from '../../planning/next/learned.ts';
import { firstOf } from '../../planning/next/levels-to-try.ts';
import { nextRound } from '../../planning/next/next-round.ts';
import { planVariants } from '../../planning/plan.ts';
import type { Film, World } from './world.ts';

export interface Campaign {
  readonly rounds: number;
  readonly videos: number;
  /** In a round. */
  readonly exposures: number;
}

/** What a campaign ended with. */
export interface Found {
  /** The film that one would go on with. */
  readonly film: Film;
  /** After each round. */
  readonly course: readonly Film[];
  /** Winners that were called, each with the films that it was held against. */
  readonly called: readonly { readonly winner: Film; readonly rivals: readonly Film[] }[];
  readonly films: number;
}

export type Strategy = (world: World, control: Film, campaign: Campaign) => Found;

const FIRST = {
  venture: 'Bench',
  name: 'Bench',
  template: 'PRODUCT_REVEAL',
  product: 'a product',
} as const;

/** Rounds by `nextRound`, through the planner and the analysis as they are. */
export function loop(design: 'isolate' | 'factorial'): Strategy {
  return (world, control, { rounds, videos, exposures }) => {
    const first = firstOf(world.levels);
    const started = Object.entries(world.levels).slice(0, Math.floor(videos / 2));
    const factors = Object.fromEntries(
      started.map(([factor, levels]) => [factor, design === 'isolate' ? levels : levels?.slice(0, 2)]),
    );
    let brief = parseBrief({ ...FIRST, factors, variants: videos });
    let current = control;
    const past: Round[] = [];
    const called: Found['called'][number][] = [];
    const course: Film[] = [];
    let made = 0;
    for (let number = 0; number < rounds; number++) {
      const plan = design === 'isolate' ? planVariants(brief) : fraction(brief);
      const base = { ...first, ...controlLevels(brief) };
      const shown = plan.map(({ name, mutations }, position) => ({
        name,
        mutations,
        film: position === 0 ? current : world.film({ ...base, ...mutations }),
      }));
      made += shown.length - (number === 0 ? 0 : 1);
      const verdict = analyzeTest({ ...world.show(shown, exposures), rules: { isFinal: true } });
      const winner = verdict.kind === 'winner' ? verdict.winner.name : undefined;
      const filmOf = (name: string) => shown.find((one) => one.name === name)?.film ?? current;
      if (winner !== undefined)
        called.push({
          winner: filmOf(winner),
          rivals: shown.filter(({ name }) => name !== winner).map(({ film }) => film),
        });
      const groupId = groupIdOf(number);
      past.push({
        groupId,
        brief,
        variants: shown.map(({ name, mutations }) => ({ id: name, name, mutations })),
        verdict,
        winner,
      });
      const next = nextRound(past, world.levels, { design });
      current = filmOf(next.control.variant);
      course.push(current);
      brief = parseBrief(next.brief);
    }
    return { film: current, course, called, films: made };
  };
}

function groupIdOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

// TEMPORARY
const GENERATORS = [1, 2, 4, 7, 3, 5, 6];
function fraction(brief: Parameters<typeof planVariants>[0]) {
  const factors = Object.entries(brief.factors ?? {});
  return Array.from({ length: 8 }, (_, run) => ({
    name: run === 0 ? 'Control' : `Variant ${run}`,
    mutations: Object.fromEntries(
      factors.flatMap(([factor, levels], i) => {
        const mask = GENERATORS[i] ?? 0;
        let parity = 0;
        for (let bit = run & mask; bit > 0; bit >>= 1) parity ^= bit & 1;
        return parity === 1 && levels?.[1] !== undefined ? [[factor, levels[1]]] : [];
      }),
    ) as Mutations,
  }));
}

/** Levels as they come, and the best seen goes on to the next round. */
export const random: Strategy = (world, control, { rounds, videos, exposures }) => {
  let current = control;
  const course: Film[] = [];
  for (let number = 0; number < rounds; number++) {
    const others = Array.from({ length: videos - 1 }, () => world.film(world.randomLevels()));
    current = bestSeen(world, [current, ...others], exposures);
    course.push(current);
  }
  return { film: current, course, called: [], films: rounds * (videos - 1) + 1 };
};

/** As many films and exposures, all at once. */
export const oneRound: Strategy = (world, control, { rounds, videos, exposures }) => {
  const others = Array.from({ length: rounds * (videos - 1) }, () => world.film(world.randomLevels()));
  const film = bestSeen(world, [control, ...others], rounds * exposures);
  return { film, course: [film], called: [], films: others.length + 1 };
};

function bestSeen(world: World, films: readonly Film[], exposures: number): Film {
  const shown = films.map((film, index) => ({ name: String(index), film }));
  const { cells } = world.show(shown, exposures);
  const converted = new Map<string, number>();
  for (const { armId, conversions } of cells) converted.set(armId, (converted.get(armId) ?? 0) + conversions);
  const best = shown.reduce((one, other) =>
    (converted.get(other.name) ?? 0) > (converted.get(one.name) ?? 0) ? other : one,
  );
  return best.film;
}
