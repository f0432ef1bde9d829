import { analyzeTest } from '../../analysis/analyze.ts';
import { type BriefInput, parseBrief } from '../../domain/brief.ts';
import { controlLevels } from '../../domain/changes.ts';
import type { Round } from '../../planning/next/learned.ts';
import { type NextRound, nextRound } from '../../planning/next/next-round.ts';
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
  /** The one that it would go on with. */
  readonly film: Film;
  /** The same after each round. */
  readonly course: readonly Film[];
  readonly called: readonly Called[];
  readonly claimed: readonly Claimed[];
  /** Films that were made. */
  readonly made: number;
}

/** A winner that was called. */
export interface Called {
  readonly winner: Film;
  readonly control: Film;
  readonly others: readonly Film[];
}

/** What was said of a level, with what is true of it; on the log rate. */
export interface Claimed {
  readonly low: number;
  readonly high: number;
  readonly truth: number;
  readonly isDroppedAsWorse: boolean;
}

export type Strategy = (world: World, control: Film, campaign: Campaign) => Found;

const FIRST = {
  venture: 'Bench',
  name: 'Bench',
  template: 'PRODUCT_REVEAL',
  product: 'a product',
} as const satisfies Partial<BriefInput>;

/** Rounds by `nextRound`, through the planner and the analysis as they are. Where no winner is called, nobody declares one. */
export function loop(design: 'isolate' | 'factorial'): Strategy {
  return (world, control, { rounds, videos, exposures }) => {
    let brief = parseBrief({
      ...FIRST,
      factors: firstFactors(world, design, videos),
      variants: videos,
      design,
    });
    let current = control;
    const past: Round[] = [];
    const called: Called[] = [];
    const claimed: Claimed[] = [];
    const course: Film[] = [];
    let made = 0;
    for (let number = 0; number < rounds; number++) {
      const own = { ...world.first, ...controlLevels(brief) };
      const shown = planVariants(brief).map(({ name, mutations, position }) => ({
        name,
        mutations,
        film: position === 0 ? current : world.film({ ...own, ...mutations }),
      }));
      made += shown.length - (number === 0 ? 0 : 1);
      const verdict = analyzeTest({ ...world.show(shown, exposures), rules: { isFinal: true } });
      const winner = verdict.kind === 'winner' ? verdict.winner.name : undefined;
      const filmOf = (wanted: string) => shown.find(({ name }) => name === wanted)?.film ?? current;
      if (winner !== undefined) {
        const others = shown.filter(({ name }) => name !== winner).map(({ film }) => film);
        called.push({ winner: filmOf(winner), control: current, others });
      }
      const variants = shown.map(({ name, mutations }) => ({ id: name, name, mutations }));
      past.push({ groupId: groupIdOf(number), brief, variants, verdict, winner });
      const next = nextRound(past, world.repertoire, { design });
      claimed.push(...claimsOf(world, next));
      current = filmOf(next.control.variant);
      course.push(current);
      brief = parseBrief(next.brief);
    }
    return { film: current, course, called, claimed, made };
  };
}

/** As many levels as the design can hold, of the first factors. */
function firstFactors(world: World, design: 'isolate' | 'factorial', videos: number) {
  const started = Object.entries(world.levels).slice(0, Math.floor((videos * 5) / 8));
  const each = design === 'factorial' ? 2 : 1 + Math.ceil((videos - 1) / started.length);
  return Object.fromEntries(started.map(([factor, levels]) => [factor, levels?.slice(0, each)]));
}

function groupIdOf(number: number): string {
  return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

function claimsOf(world: World, { levels, brief }: NextRound): readonly Claimed[] {
  return levels.flatMap((choice): Claimed[] => {
    const { factor, level, lift } = choice;
    const against = { ...world.first, ...brief.parent?.levels }[factor];
    if (lift === null || against === undefined) return [];
    return [
      {
        low: Math.log1p(lift.low),
        high: lift.high === null ? Number.POSITIVE_INFINITY : Math.log1p(lift.high),
        truth: world.effect(factor, level, against),
        isDroppedAsWorse: choice.choice === 'dropped' && choice.because === 'worse',
      },
    ];
  });
}

/** Levels as they come; the best seen goes on to the next round. */
export const random: Strategy = (world, control, { rounds, videos, exposures }) => {
  let current = control;
  const course: Film[] = [];
  for (let number = 0; number < rounds; number++) {
    const others = Array.from({ length: videos - 1 }, () => world.film(world.randomLevels()));
    current = bestSeen(world, [current, ...others], exposures);
    course.push(current);
  }
  return { film: current, course, called: [], claimed: [], made: rounds * (videos - 1) + 1 };
};

/** As many films and exposures in all, at once; the best seen is taken. */
export const oneRound: Strategy = (world, control, { rounds, videos, exposures }) => {
  const others = Array.from({ length: rounds * (videos - 1) }, () => world.film(world.randomLevels()));
  const film = bestSeen(world, [control, ...others], rounds * exposures);
  return { film, course: [film], called: [], claimed: [], made: others.length + 1 };
};

/** By conversions, since all are shown alike. */
function bestSeen(world: World, films: readonly Film[], exposures: number): Film {
  const shown = films.map((film, index) => ({ name: String(index), film, conversions: 0 }));
  for (const { armId, conversions } of world.show(shown, exposures).cells) {
    const own = shown[Number(armId)];
    if (own !== undefined) own.conversions += conversions;
  }
  return shown.reduce((one, other) => (other.conversions > one.conversions ? other : one)).film;
}
