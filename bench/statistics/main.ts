import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { compareArms } from '../../analysis/comparison.ts';
import { contestOf } from '../../analysis/contest.ts';
import { proportionPosterior } from '../../analysis/posterior.ts';
import { DEFAULT_RULES } from '../../analysis/rules.ts';
import { reversal } from '../../analysis/safeguards.ts';
import { betaDistribution } from '../../analysis/special-functions/beta.ts';
import { columnOf, sumOver } from '../../analysis/stratum-table.ts';
import { onRealTests } from './asos.ts';
import { judgedFactor } from './factors.ts';
import {
  anytimeCounts,
  anytimeDays,
  type Declares,
  dailyLooks,
  FIRST_LOOK,
  fixedHorizon,
  growthBook,
  naivePeeking,
} from './methods.ts';
import { type Random, seeded } from './random.ts';
import {
  armDays,
  DAYS,
  datedByConversion,
  fading,
  followingAllocation,
  independent,
  returningUsers,
  steered,
  unevenAdSets,
  type World,
} from './worlds.ts';

const HELP = `How often each method calls a winner that is none, and how soon it finds one that is; simulated, seeded.

  npm run bench:statistics -- [options]

  --repetitions <n>    of each world; 4000
  --only <pattern>     only measurements whose name matches this expression
  --out <file.json>    where the figures are written; bench/results/statistics.json
  --help
`;

const { values } = parseArgs({
  options: {
    repetitions: { type: 'string', default: '4000' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: 'bench/results/statistics.json' },
    help: { type: 'boolean', default: false },
  },
});

const REPETITIONS = Number(values.repetitions);
const DAILY = 200;
const LIFT = 0.1;

/** A share of the repetitions, with its one-sided 95% bounds (Clopper and Pearson). */
interface Share {
  readonly share: number;
  readonly lower95: number;
  readonly upper95: number;
}

function shareOf(count: number, of: number): Share {
  return {
    share: count / of,
    lower95: count === 0 ? 0 : betaDistribution(count, of - count + 1).quantile(0.05),
    upper95: count === of ? 1 : betaDistribution(count + 1, of - count).quantile(0.95),
  };
}

interface Outcome extends Share {
  /** What it may be at most (false calls), or at least (found). */
  readonly mark?: { readonly atMost?: number; readonly atLeast?: number };
  readonly holds?: boolean;
  /** Days to the call, where there was one. */
  readonly medianDay: number | null;
  readonly wrongArm: number;
}

type Make = (random: Random) => World;

/** The share of worlds in which a method declares by the last day, looking each day from the seventh on. */
function calls(make: Make, methodOf: (world: World) => Declares, mark?: Outcome['mark'], seed = 1): Outcome {
  const days: number[] = [];
  let wrongArm = 0;
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const world = make(seeded(seed * 1_000_003 + repetition));
    const declares = methodOf(world);
    for (let day = FIRST_LOOK; day < DAYS; day++) {
      const arm = declares(world, day);
      if (arm === undefined) continue;
      days.push(day + 1);
      if (arm !== world.armIds.length - 1) wrongArm += 1;
      break;
    }
  }
  const share = shareOf(days.length, REPETITIONS);
  days.sort((one, other) => one - other);
  const holds =
    mark === undefined
      ? undefined
      : (mark.atMost === undefined || share.upper95 <= mark.atMost) &&
        (mark.atLeast === undefined || share.lower95 >= mark.atLeast);
  return {
    ...share,
    ...(mark === undefined ? {} : { mark }),
    ...(holds === undefined ? {} : { holds }),
    medianDay: days[Math.floor(days.length / 2)] ?? null,
    wrongArm,
  };
}

const always = (method: Declares) => () => method;
const COUNTS = anytimeCounts(LIFT);

const METHODS: Readonly<Record<string, (world: World, pairConversions: number) => Declares>> = {
  'anytime, counts (ours)': () => COUNTS,
  'anytime, days (ours)': () => anytimeDays,
  "O'Brien-Fleming, daily looks (ours)": (world, pairConversions) => dailyLooks(pairConversions, world),
  'naive z-test, daily': () => naivePeeking,
  'z-test at the end': () => fixedHorizon,
  'GrowthBook sequential': () => growthBook,
};

/** Every method in one world. */
function everyMethod(make: Make, pairConversions: number): Record<string, Outcome> {
  return Object.fromEntries(
    Object.entries(METHODS).map(([name, methodOf]) => [
      name,
      calls(make, (world) => methodOf(world, pairConversions)),
    ]),
  );
}

/** Stops when P(best) of some arm passes .95. */
const byProbabilityBest: Declares = (world, day) => {
  const standings = compareArms(
    world.armIds.map((id) => proportionPosterior(sumOver(columnOf(world, id), world.upTo(day)))),
  );
  const best = standings.findIndex(({ probabilityBest }) => probabilityBest > 0.95);
  return best < 0 ? undefined : best;
};

/** The crossing, unless the lead is gone or shrunk in the last 7 days. */
const withReversalGuard: Declares = (world, day) => {
  const winner = COUNTS(world, day);
  if (winner === undefined) return undefined;
  const [leader, next] = [String(winner), String(1 - winner)].map((id) => ({ id, name: id }));
  if (leader === undefined || next === undefined) return undefined;
  return reversal(world, world.upTo(day), leader, next, false) === undefined ? winner : undefined;
};

/** Two ad sets as one. */
const pooledCounts: Declares = (world, day) => {
  const columns = new Map(
    world.armIds.map((id) => {
      const { exposures, conversions } = sumOver(columnOf(world, id), world.upTo(day));
      const one = (value: number) => Float64Array.of(value);
      return [id, { exposures: one(exposures), conversions: one(conversions), squares: one(0) }];
    }),
  );
  const strata = world.strata.slice(0, 1);
  const arms = world.armIds.map((id) => ({ id, name: id }));
  const { winner } = contestOf({ strata, columns }, [0], arms, false, DEFAULT_RULES, 2);
  return winner === undefined ? undefined : Number(winner.id);
};

/** Fifteen arms after 28 days: how often a lone winner is called, whether the best set holds the best, and its size. */
function fifteenArms() {
  let lone = 0;
  let holdsBest = 0;
  let survivors = 0;
  const repetitions = Math.ceil(REPETITIONS / 10);
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const random = seeded(77_000_000 + repetition);
    // The best is 20% above the rest, but for two close to it.
    const world = independent(random, 15, 40, 0.2);
    for (const close of ['12', '13']) {
      const column = columnOf(world, close);
      for (let s = 0; s < column.conversions.length; s++) column.conversions[s] = random.poisson(40 * 1.15);
    }
    const arms = world.armIds.map((id) => ({ id, name: id }));
    const rules = { ...DEFAULT_RULES, smallestLift: 0.2 };
    const { winner, bestSet } = contestOf(world, world.upTo(DAYS - 1), arms, false, rules, arms.length);
    if (winner !== undefined) lone += 1;
    if (bestSet.some(({ id }) => id === '14')) holdsBest += 1;
    survivors += bestSet.length;
  }
  return {
    repetitions,
    loneWinner: shareOf(lone, repetitions),
    bestSetHoldsTheBest: shareOf(holdsBest, repetitions),
    meanSurvivors: survivors / repetitions,
  };
}

/** A factor of twelve videos: how often it is found to matter, by videos and by conversions, and how often the interval holds. */
function factor(lift: number, spread: number, mark?: { readonly falseAtMost: number }) {
  let byVideos = 0;
  let byConversions = 0;
  let covered = 0;
  for (let repetition = 0; repetition < REPETITIONS; repetition++) {
    const judged = judgedFactor(seeded(88_000_000 + repetition), lift, spread);
    if (judged.byVideos < 0.05) byVideos += 1;
    if (judged.byConversions < 0.05) byConversions += 1;
    if (judged.covers) covered += 1;
  }
  const found = shareOf(byVideos, REPETITIONS);
  return {
    byVideos: found,
    byConversions: shareOf(byConversions, REPETITIONS),
    intervalHoldsTheLift: shareOf(covered, REPETITIONS),
    ...(mark === undefined ? {} : { mark, holds: found.upper95 <= mark.falseAtMost }),
  };
}

/** Power at the most control conversions that the marks allow. */
function power(arms: number, lift: number, controlConversions: number): Outcome {
  return calls(
    (random) => independent(random, arms, controlConversions / DAYS, lift),
    always(anytimeCounts(lift)),
    { atLeast: 0.8 },
    2,
  );
}

const MEASUREMENTS: Readonly<Record<string, () => unknown>> = {
  'false calls: independent counts': () =>
    calls((random) => independent(random, 2, DAILY, 0), always(COUNTS), { atMost: 0.025 }),
  'false calls: allocation follows performance, dated by exposure': () =>
    calls((random) => followingAllocation(random, DAILY), always(COUNTS), { atMost: 0.04 }),
  'false calls: the same, pooled over days': () =>
    calls((random) => followingAllocation(random, DAILY), always(pooledCounts)),
  'false calls: two ad sets with uneven mix': () =>
    calls((random) => unevenAdSets(random, DAILY), always(COUNTS), { atMost: 0.025 }),
  'false calls: two ad sets, pooled': () =>
    calls((random) => unevenAdSets(random, DAILY), always(pooledCounts)),
  'false calls: arm-days of 10%, by days': () =>
    calls((random) => armDays(random, DAILY, 0.1, 0), always(anytimeDays), { atMost: 0.05 }),
  'false calls: arm-days of 10%, by counts (published)': () =>
    calls((random) => armDays(random, DAILY, 0.1, 0), always(COUNTS)),
  'false calls: arm-days AR(.7), by days (published)': () =>
    calls((random) => armDays(random, DAILY, 0.1, 0.7), always(anytimeDays)),
  'false calls: arm-days AR(.7), by counts (published)': () =>
    calls((random) => armDays(random, DAILY, 0.1, 0.7), always(COUNTS)),
  'false calls: returning users, by counts (published)': () =>
    calls((random) => returningUsers(random, DAILY), always(COUNTS)),
  'false calls: returning users, by days (published)': () =>
    calls((random) => returningUsers(random, DAILY), always(anytimeDays)),
  'false calls: steering of 7% (published)': () =>
    calls((random) => steered(random, DAILY, 0.07), always(COUNTS)),
  'false calls: steering of 13% (published)': () =>
    calls((random) => steered(random, DAILY, 0.13), always(COUNTS)),
  'false calls: dated by conversion, shares shifted (blocked)': () =>
    calls((random) => datedByConversion(random, DAILY), always(COUNTS)),
  'a lift of 20% that is gone after 14 days, the crossing alone': () =>
    calls((random) => fading(random, DAILY, 0.2, 14), always(COUNTS)),
  'a lift of 20% that is gone after 10 days, called after day 14': () => ({
    crossingAlone: calls(
      (random) => fading(random, DAILY, 0.2, 10),
      always((world, day) => (day < 14 ? undefined : COUNTS(world, day))),
    ),
    withReversalGuard: calls(
      (random) => fading(random, DAILY, 0.2, 10),
      always((world, day) => (day < 14 ? undefined : withReversalGuard(world, day))),
    ),
  }),
  'P(best) above .95 as a stopping rule, no difference': () =>
    calls((random) => independent(random, 2, DAILY, 0), always(byProbabilityBest)),
  'found: 2 arms, +10%, 3300 control conversions': () => power(2, 0.1, 3300),
  'found: 2 arms, +20%, 800 control conversions': () => power(2, 0.2, 800),
  'found: 5 arms, +20%, 1300 control conversions': () => power(5, 0.2, 1300),
  'found: 10 arms, +20%, 1650 control conversions': () => power(10, 0.2, 1650),
  'every method, no difference': () =>
    everyMethod((random) => independent(random, 2, DAILY, 0), 2 * DAILY * DAYS),
  'every method, +10%, 3300 control conversions': () =>
    everyMethod((random) => independent(random, 2, 3300 / DAYS, 0.1), 3300 * 2.1),
  'every method, arm-days of 10%': () =>
    everyMethod((random) => armDays(random, DAILY, 0.1, 0), 2 * DAILY * DAYS),
  'fifteen arms': fifteenArms,
  'a factor without effect, videos differ by 15%': () => factor(0, 0.15, { falseAtMost: 0.06 }),
  'a factor without effect, videos alike': () => factor(0, 0, { falseAtMost: 0.06 }),
  'a factor of +20%, videos differ by 15%': () => factor(0.2, 0.15),
  'ASOS, 99 comparisons of 4 metrics': () =>
    onRealTests('bench/data/asos/asos_digital_experiments_dataset.csv'),
};

async function main(): Promise<void> {
  const chosen = new RegExp(values.only);
  const results: Record<string, unknown> = {};
  for (const [name, measure] of Object.entries(MEASUREMENTS)) {
    if (!chosen.test(name)) continue;
    const began = performance.now();
    const result = measure();
    results[name] = result;
    process.stdout.write(
      `${name} (${((performance.now() - began) / 1000).toFixed(0)} s)\n  ${JSON.stringify(result)}\n`,
    );
  }
  await mkdir(dirname(values.out), { recursive: true });
  const about = { repetitions: REPETITIONS, days: DAYS, falseCallLimit: 0.05, node: process.version };
  await writeFile(values.out, `${JSON.stringify({ about, results }, undefined, 2)}\n`);
}

if (values.help) process.stdout.write(HELP);
else await main();
