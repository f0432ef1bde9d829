import { parseArgs } from 'node:util';
import { firstOf } from '../../planning/next/levels-to-try.ts';
import { loop, oneRound, random, type Strategy } from './strategies.ts';
import { type Terrain, World } from './world.ts';

const { values } = parseArgs({ options: { campaigns: { type: 'string', default: '200' } } });
const CAMPAIGNS = Number(values.campaigns);
const CAMPAIGN = { rounds: 5, videos: 8 };
const BASE = { togetherSpread: 0.04, roundSpread: 0.1, baseRate: 0.01, days: 14 };
const TERRAINS: Record<string, Terrain> = {
  modest: { ...BASE, levelSpread: 0.1, filmSpread: 0.1, exposuresARound: 8 * 40_000 },
  large: { ...BASE, levelSpread: 0.1, filmSpread: 0.1, exposuresARound: 8 * 150_000 },
  luck: { ...BASE, levelSpread: 0.07, filmSpread: 0.15, exposuresARound: 8 * 80_000 },
};
const STRATEGIES: Record<string, Strategy> = {
  factorial: loop('factorial'),
  isolate: loop('isolate'),
  random,
  oneRound,
};
for (const factors of [5, 8]) {
  for (const [name, terrain] of Object.entries(TERRAINS)) {
    for (const [strategy, run] of Object.entries(STRATEGIES)) {
      const began = performance.now();
      const gains: number[] = [],
        course: number[][] = [];
      let called = 0,
        right = 0,
        films = 0,
        room = 0,
        move = 0;
      for (let i = 0; i < CAMPAIGNS; i++) {
        const world = new World(1 + i * 7919, terrain, factors);
        const control = world.film(firstOf(world.levels));
        room += world.bestWorth() - control.logRate;
        const found = run(world, control, { ...CAMPAIGN, exposures: terrain.exposuresARound });
        gains.push(found.film.logRate - control.logRate);
        course.push(found.course.map((f) => f.logRate - control.logRate));
        called += found.called.length;
        films += found.films;
        for (const { winner, rivals } of found.called)
          if (rivals.every((r) => r.logRate <= winner.logRate)) right++;
        if (found.film !== control) move++;
      }
      const mean = gains.reduce((a, b) => a + b, 0) / gains.length;
      const sd = Math.sqrt(
        gains.reduce((a, b) => a + (b - mean) ** 2, 0) / (gains.length - 1) / gains.length,
      );
      const c = [0, 1, 2, 3, 4].map((r) =>
        (course.reduce((a, x) => a + (x[r] ?? x.at(-1) ?? 0), 0) / course.length).toFixed(3),
      );
      console.log(
        factors,
        name,
        strategy.padEnd(10),
        mean.toFixed(3),
        '+-',
        (1.96 * sd).toFixed(3),
        'of',
        (room / CAMPAIGNS).toFixed(3),
        c.join(' '),
        'called',
        called,
        'right',
        right,
        'films',
        films / CAMPAIGNS,
        'moved',
        move,
        ((performance.now() - began) / 1000).toFixed(1) + 's',
      );
    }
  }
}
