import { parseArgs } from 'node:util';
import { betaDistribution } from '../../analysis/special-functions/beta.ts';
import { keep, rounded } from '../results.ts';
import { type Called, type Found, loop, oneRound, random, type Strategy } from './strategies.ts';
import { type Terrain, World } from './world.ts';

const HELP = `Whether rounds that learn from each other find better videos than as many videos at random, or all at once;
simulated campaigns of five rounds of eight videos, seeded.

  npm run bench:planning -- [options]

  --campaigns <n>      of each kind of world; 200
  --only <pattern>     only kinds whose name matches this expression
  --out <file.json>    where the figures are written; bench/results/planning.json
  --help
`;

const { values } = parseArgs({
  options: {
    campaigns: { type: 'string', default: '200' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'bench/results/planning.json' },
    help: { type: 'boolean', default: false },
  },
});

const CAMPAIGNS = Number(values.campaigns);
const CAMPAIGN = { rounds: 5, videos: 8 };
/** Those that the rules were tried on while they were written begin elsewhere. */
const FIRST_SEED = 20_261_125;

const COMMON = {
  factors: 8,
  levelSpread: 0.1,
  togetherSpread: 0.04,
  filmSpread: 0.1,
  roundSpread: 0.1,
  baseRate: 0.01,
  days: 14,
} as const;

/** Conversions of a common video in a round: 400 where 40,000 people see it. */
const TERRAINS: Readonly<Record<string, Terrain>> = {
  'modest media: 400 conversions a video': { ...COMMON, exposuresARound: 8 * 40_000 },
  'much media: 1,500 conversions a video': { ...COMMON, exposuresARound: 8 * 150_000 },
  'luck of films above what levels do': {
    ...COMMON,
    levelSpread: 0.07,
    filmSpread: 0.15,
    exposuresARound: 8 * 80_000,
  },
  'few factors': { ...COMMON, factors: 5, exposuresARound: 8 * 80_000 },
};

const STRATEGIES: Readonly<Record<string, Strategy>> = {
  'the loop': loop('factorial'),
  'the loop, one factor at a time': loop('isolate'),
  'random, keeping the best': random,
  'one large round': oneRound,
};

interface Played extends Found {
  /** Log lift over the first control. */
  readonly gain: number;
  readonly courseGains: readonly number[];
}

function play(terrain: Terrain, strategy: Strategy, campaign: number): Played {
  const world = new World(FIRST_SEED + campaign, terrain);
  const control = world.film(world.first);
  const found = strategy(world, control, { ...CAMPAIGN, exposures: terrain.exposuresARound });
  const courseGains = found.course.map((film) => film.logRate - control.logRate);
  return { ...found, gain: found.film.logRate - control.logRate, courseGains };
}

/** What the best levels there are would bring over the first control, without luck. */
function possible(terrain: Terrain, campaign: number): number {
  const world = new World(FIRST_SEED + campaign, terrain);
  const control = world.film(world.first);
  return world.bestWorth() - control.logRate;
}

/** A mean over campaigns, with its 95% bounds. */
function meanOf(gains: readonly number[]) {
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / gains.length;
  const square = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / (gains.length - 1);
  const half = 1.96 * Math.sqrt(square / gains.length);
  return { mean: rounded(mean, 4), low95: rounded(mean - half, 4), high95: rounded(mean + half, 4) };
}

/** As a lift: 0.25 for 25% more. */
function liftOf(gains: readonly number[]) {
  const { mean, low95, high95 } = meanOf(gains);
  const lift = (log: number) => rounded(Math.expm1(log), 3);
  return { lift: lift(mean), low95: lift(low95), high95: lift(high95) };
}

/** A share with its one-sided 95% lower bound (Clopper and Pearson); null of nothing. */
function shareOf(isTrue: readonly boolean[]) {
  const count = isTrue.filter(Boolean).length;
  const of = isTrue.length;
  if (of === 0) return null;
  const lower95 = count === 0 ? 0 : betaDistribution(count, of - count + 1).quantile(0.05);
  return { of, share: rounded(count / of, 4), lower95: rounded(lower95, 4) };
}

function measure(terrain: Terrain) {
  const numbers = Array.from({ length: CAMPAIGNS }, (_, campaign) => campaign);
  const room = numbers.map((campaign) => possible(terrain, campaign));
  const played = new Map(
    Object.entries(STRATEGIES).map(([name, strategy]) => [
      name,
      numbers.map((campaign) => play(terrain, strategy, campaign)),
    ]),
  );
  const loopGains = (played.get('the loop') ?? []).map(({ gain }) => gain);
  return {
    bestPossible: liftOf(room),
    strategies: Object.fromEntries(
      [...played].map(([name, campaigns]) => {
        const gains = campaigns.map(({ gain }) => gain);
        const calls = campaigns.flatMap(({ called }) => called);
        const claims = campaigns.flatMap(({ claimed }) => claimed);
        const rounds = campaigns[0]?.courseGains.length ?? 0;
        return [
          name,
          {
            ...liftOf(gains),
            afterEachRound: Array.from(
              { length: rounds },
              (_, round) => liftOf(campaigns.map(({ courseGains }) => courseGains[round] ?? 0)).lift,
            ),
            shareOfBest: rounded(meanOf(gains).mean / meanOf(room).mean, 3),
            loopAgainstIt:
              name === 'the loop' ? null : liftOf(gains.map((gain, i) => (loopGains[i] ?? 0) - gain)),
            filmsMade: rounded(campaigns.reduce((sum, { made }) => sum + made, 0) / CAMPAIGNS, 2),
            called: {
              aCampaign: rounded(calls.length / CAMPAIGNS, 2),
              betterThanAllOthers: shareOf(calls.map(isBest)),
              betterThanControl: shareOf(
                calls
                  .filter(({ winner, control }) => winner !== control)
                  .map(({ winner, control }) => winner.logRate > control.logRate),
              ),
            },
            claims: {
              intervalsThatHoldTheTruth: shareOf(
                claims.map(({ low, high, truth }) => low <= truth && truth <= high),
              ),
              droppedAsWorseThatAre: shareOf(
                claims.filter(({ isDroppedAsWorse }) => isDroppedAsWorse).map(({ truth }) => truth < 0),
              ),
            },
          },
        ];
      }),
    ),
  };
}

function isBest({ winner, others }: Called): boolean {
  return others.every(({ logRate }) => logRate < winner.logRate);
}

async function main(): Promise<void> {
  const chosen = new RegExp(values.only);
  for (const [name, terrain] of Object.entries(TERRAINS)) {
    if (!chosen.test(name)) continue;
    const began = performance.now();
    const figures = measure(terrain);
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stdout.write(
      `${name} (${seconds} s)\n  the best there is: +${percent(figures.bestPossible.lift)}\n`,
    );
    for (const [strategy, { lift, low95, high95, loopAgainstIt }] of Object.entries(figures.strategies)) {
      const beside =
        loopAgainstIt === null
          ? ''
          : `; the loop is ${percent(loopAgainstIt.low95)} to ${percent(loopAgainstIt.high95)} above it`;
      process.stdout.write(
        `  ${strategy}: +${percent(lift)} (${percent(low95)} to ${percent(high95)})${beside}\n`,
      );
    }
    await keep(values.out, name, { terrain, campaigns: CAMPAIGNS, ...CAMPAIGN, ...figures, seconds });
  }
}

function percent(lift: number): string {
  return `${Math.round(100 * lift)}%`;
}

if (values.help) process.stdout.write(HELP);
else await main();
