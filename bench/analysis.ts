import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { analyzeTest } from '../analysis/analyze.ts';
import type { Cell } from '../analysis/cells.ts';
import { compareArms } from '../analysis/comparison.ts';
import { proportionPosterior } from '../analysis/posterior.ts';
import type { TestData } from '../analysis/test-data.ts';
import { type Random, seeded } from './statistics/random.ts';

const HELP = `How long an analysis takes, and the same P(best) and expected loss by Monte Carlo.

  npm run bench:analysis -- [options]

  --out <file.json>    where the figures are written; bench/results/analysis.json
  --help
`;

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: 'bench/results/analysis.json' },
    help: { type: 'boolean', default: false },
  },
});

const PLATFORMS = 5;
const DAYS = 90;
const RUNS = 40;

/** A group of so many variants whose rates differ a little, on 5 platforms over 90 days. */
function group(variants: number): TestData {
  const random = seeded(variants);
  const arms = Array.from({ length: variants }, (_, i) => ({ id: String(i), name: `Variant ${i}` }));
  const cells = arms.flatMap(({ id }) =>
    Array.from({ length: PLATFORMS * DAYS }, (_, i): Cell => {
      const exposures = Math.round(500 + 1500 * random.uniform());
      const rate = 0.02 * (1 + (0.1 * Number(id)) / variants) * (1 + 0.3 * (i % PLATFORMS));
      const day = new Date(Date.UTC(2026, 0, 1 + Math.floor(i / PLATFORMS))).toISOString().slice(0, 10);
      const conversions = random.poisson(exposures * rate);
      return { armId: id, platform: `platform ${i % PLATFORMS}`, cell: '', day, exposures, conversions };
    }),
  );
  return { metric: { name: 'rate', numerator: 'conversions', denominator: 'impressions' }, arms, cells };
}

/** By the clock, and of the processor (all threads): on a busy machine the clock tells of the neighbours. */
function timed(work: () => unknown) {
  const runs = Array.from({ length: RUNS }, () => {
    const began = performance.now();
    const processor = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(processor);
    return { clock: performance.now() - began, processor: (user + system) / 1000 };
  });
  const spread = (times: readonly number[]) => {
    const sorted = times.toSorted((one, other) => one - other);
    return { least: sorted[0] ?? 0, median: sorted[Math.floor(RUNS / 2)] ?? 0 };
  };
  return {
    clockMs: spread(runs.map(({ clock }) => clock)),
    processorMs: spread(runs.map(({ processor }) => processor)),
  };
}

/** A gamma variate (Marsaglia and Tsang 2000), for shapes above 1. */
function gamma(random: Random, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = random.normal();
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(random.uniform()) < 0.5 * normal * normal + d - d * v + d * Math.log(v))
      return d * v;
  }
}

/** P(best) of each arm by so many draws of all posteriors; the largest error against the exact ones, and the time. */
function byMonteCarlo(counts: readonly { exposures: number; conversions: number }[], draws: number) {
  const exact = compareArms(counts.map(proportionPosterior));
  const random = seeded(99);
  const wins = counts.map(() => 0);
  const began = performance.now();
  for (let draw = 0; draw < draws; draw++) {
    let best = 0;
    let highest = -1;
    counts.forEach(({ exposures, conversions }, arm) => {
      const up = gamma(random, conversions + 0.5);
      const rate = up / (up + gamma(random, exposures - conversions + 0.5));
      if (rate > highest) [best, highest] = [arm, rate];
    });
    wins[best] = (wins[best] ?? 0) + 1;
  }
  const ms = performance.now() - began;
  const error = Math.max(
    ...wins.map((count, arm) => Math.abs(count / draws - (exact[arm]?.probabilityBest ?? 0))),
  );
  return { draws, ms, largestError: error };
}

/** The error falls with the root of the draws. */
function timeOfMonteCarlo({ draws, ms }: { draws: number; ms: number }, error: number): number {
  return ms * (0.5 / Math.sqrt(draws) / error) ** 2;
}

async function main(): Promise<void> {
  const analyses = Object.fromEntries(
    [2, 15, 50].map((variants) => {
      const data = group(variants);
      return [`${variants} variants, ${PLATFORMS} platforms, ${DAYS} days`, timed(() => analyzeTest(data))];
    }),
  );
  const counts = Array.from({ length: 15 }, (_, i) => ({ exposures: 20_000, conversions: 400 + 3 * i }));
  const exact = timed(() => compareArms(counts.map(proportionPosterior)));
  const drawn = byMonteCarlo(counts, 200_000);
  const monteCarloMs = Object.fromEntries(
    [1e-3, 1e-4, 1e-6, 1e-9].map((error) => [error, timeOfMonteCarlo(drawn, error)]),
  );
  const results = {
    about: {
      node: process.version,
      processor: cpus()[0]?.model,
      cores: cpus().length,
      load: loadavg()[0],
      runs: RUNS,
    },
    analyses,
    probabilityBestOf15: {
      quadrature: exact,
      monteCarlo: drawn,
      /** Milliseconds until its standard error is this; the quadrature's error is below 1e-9. */
      monteCarloMs,
    },
  };
  process.stdout.write(`${JSON.stringify(results, undefined, 2)}\n`);
  await mkdir(dirname(values.out), { recursive: true });
  await writeFile(values.out, `${JSON.stringify(results, undefined, 2)}\n`);
}

if (values.help) process.stdout.write(HELP);
else await main();
