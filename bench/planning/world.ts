import type { TestData } from '../../analysis/test-data.ts';
import { FACTORS, type Factor, type Mutations } from '../../domain/mutations.ts';
import type { LevelsToTry, Repertoire } from '../../planning/next/levels-to-try.ts';
import { type Random, seeded } from '../statistics/random.ts';

/** How far videos lie apart, and how much of them is shown; standard deviations are of the log rate. */
export interface Terrain {
  /** Of four levels each. */
  readonly factors: number;
  readonly levelSpread: number;
  /** Of what two levels do together beside what each does, in a third of all pairs of factors. */
  readonly togetherSpread: number;
  /** Two films of the same levels. */
  readonly filmSpread: number;
  /** What the weeks of a round have in common. */
  readonly roundSpread: number;
  readonly baseRate: number;
  /** In a round, over all its videos. */
  readonly exposuresARound: number;
  readonly days: number;
}

/** A video: what it was made of, and its true rate in a common week. */
export interface Film {
  readonly levels: Mutations;
  readonly logRate: number;
}

const LEVELS = 4;

/** Levels that no library knows. */
function levelsOfWorld(factors: number): LevelsToTry {
  return Object.fromEntries(
    FACTORS.slice(0, factors).map((factor) => [
      factor,
      Array.from({ length: LEVELS }, (_, level) => `${factor} ${level}`),
    ]),
  );
}

/** An audience with a taste of its own; another one for every seed. */
export class World {
  readonly levels: LevelsToTry;
  readonly random: Random;
  private readonly terrain: Terrain;
  private readonly alone = new Map<string, number>();
  private readonly together = new Map<string, number>();
  /** What a level does is what it does among these, on average. */
  private readonly sample: readonly Mutations[];

  constructor(seed: number, terrain: Terrain) {
    this.random = seeded(seed);
    this.terrain = terrain;
    this.levels = levelsOfWorld(terrain.factors);
    const all = this.pairs();
    for (const [factor, levels] of all) {
      for (const level of levels) {
        this.alone.set(`${factor}/${level}`, terrain.levelSpread * this.random.normal());
      }
    }
    for (const [i, [, levels]] of all.entries()) {
      for (const [, others] of all.slice(i + 1)) {
        if (this.random.uniform() > 1 / 3) continue;
        for (const one of levels) {
          for (const other of others) {
            this.together.set(`${one}+${other}`, terrain.togetherSpread * this.random.normal());
          }
        }
      }
    }
    this.sample = Array.from({ length: 100 }, () => this.randomLevels());
  }

  /** What there is to try here; the first level of each factor stands where nothing is said. */
  get repertoire(): Repertoire {
    return { levels: this.levels, unsaid: this.first, areCompatible: () => true };
  }

  get first(): Mutations {
    return Object.fromEntries(this.pairs().map(([factor, levels]) => [factor, levels[0] ?? '']));
  }

  /** What one level does in place of another, on the log rate. */
  effect(factor: Factor, level: string, against: string): number {
    const differences = this.sample.map(
      (levels) => this.worth({ ...levels, [factor]: level }) - this.worth({ ...levels, [factor]: against }),
    );
    return differences.reduce((sum, difference) => sum + difference, 0) / differences.length;
  }

  /** What these levels are worth, without the luck of a film. */
  worth(levels: Mutations): number {
    const own = this.pairs().map(([factor]) => levels[factor] ?? '');
    let sum = Math.log(this.terrain.baseRate);
    for (const [i, [factor]] of this.pairs().entries()) {
      sum += this.alone.get(`${factor}/${own[i] ?? ''}`) ?? 0;
      for (const other of own.slice(i + 1)) sum += this.together.get(`${own[i]}+${other}`) ?? 0;
    }
    return sum;
  }

  /** Every one has luck of its own. */
  film(levels: Mutations): Film {
    return { levels, logRate: this.worth(levels) + this.terrain.filmSpread * this.random.normal() };
  }

  randomLevels(): Mutations {
    return Object.fromEntries(
      this.pairs().map(([factor, levels]) => [
        factor,
        levels[Math.floor(this.random.uniform() * levels.length)] ?? '',
      ]),
    );
  }

  /** The best levels there are, found by changing one factor after the other from many starts. */
  bestWorth(): number {
    let best = Number.NEGATIVE_INFINITY;
    for (let start = 0; start < 20; start++) {
      let levels = this.randomLevels();
      for (let improved = true; improved; ) {
        improved = false;
        for (const [factor, choices] of this.pairs()) {
          for (const level of choices) {
            const changed = { ...levels, [factor]: level };
            if (this.worth(changed) <= this.worth(levels) + 1e-12) continue;
            levels = changed;
            improved = true;
          }
        }
      }
      best = Math.max(best, this.worth(levels));
    }
    return best;
  }

  /** What these films bring in one round; exposures are shared alike. */
  show(films: readonly { readonly name: string; readonly film: Film }[], exposures: number): TestData {
    const { days, roundSpread } = this.terrain;
    const common = roundSpread * this.random.normal();
    const daily = exposures / films.length / days;
    return {
      metric: { name: 'conversion_rate', numerator: 'conversions', denominator: 'impressions' },
      arms: films.map(({ name }) => ({ id: name, name })),
      assignment: { tiktok: 'randomised' },
      cells: films.flatMap(({ name, film }) =>
        Array.from({ length: days }, (_, day) => ({
          armId: name,
          platform: 'tiktok',
          cell: '',
          day: new Date(Date.UTC(2026, 4, 1 + day)).toISOString().slice(0, 10),
          exposures: Math.round(daily),
          conversions: this.random.poisson(daily * Math.exp(film.logRate + common)),
        })),
      ),
    };
  }

  private pairs(): readonly (readonly [Factor, readonly string[]])[] {
    return FACTORS.flatMap((factor) => {
      const levels = this.levels[factor];
      return levels === undefined ? [] : [[factor, levels] as const];
    });
  }
}
