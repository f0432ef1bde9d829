import { cholesky, solve } from '../../analysis/firth.ts';
import { entry } from '../../analysis/special-functions/array-entry.ts';
import { distance, type Run } from './runs.ts';

/** A column of the model: one contrast of one factor, its squares averaging 1 over the factor's levels. */
interface Contrast {
  readonly factor: number;
  readonly values: readonly number[];
}

/**
 * How near these runs come to an orthogonal array of their size, 0 to 1: |X'X|^(1/p) / n, X the mean and every factor's
 * normalised contrasts. 1 is reached by orthogonal, balanced arrays alone; 0 where some main effect can't be estimated.
 */
export function dEfficiency(runs: readonly Run[], counts: readonly number[]): number {
  const columns = mainColumns(runs, counts);
  const factor = cholesky(crossed(columns));
  if (factor === undefined) return 0;
  // Each diagonal's own root first: the whole determinant leaves the range of numbers.
  return factor.reduce((product, row, i) => product * entry(row, i) ** (2 / columns.length), 1) / runs.length;
}

/**
 * The most factors of which any so many show every combination of their levels equally often; 0 where the levels themselves
 * are not balanced. For two levels the resolution is one more.
 */
export function strengthOf(runs: readonly Run[], counts: readonly number[]): number {
  let strength = 0;
  while (
    strength < counts.length &&
    subsets(counts.length, strength + 1).every((chosen) => isEven(runs, counts, chosen))
  ) {
    strength += 1;
  }
  return strength;
}

function isEven(runs: readonly Run[], counts: readonly number[], chosen: readonly number[]): boolean {
  const combinations = chosen.reduce((product, factor) => product * entry(counts, factor), 1);
  if (runs.length % combinations !== 0) return false;
  const seen = new Map<string, number>();
  for (const run of runs) {
    const key = chosen.map((factor) => run[factor]).join();
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return (
    seen.size === combinations && [...seen.values()].every((times) => times * combinations === runs.length)
  );
}

/** An interaction of two factors that shows as if it were this factor's effect. Factors by their index. */
export interface Alias {
  readonly factor: number;
  readonly interaction: readonly [number, number];
  /** How much of the interaction shows in the factor's estimate. */
  readonly weight: number;
  /** The two are one: the same videos differ in the one and in the other. */
  readonly isSame: boolean;
}

const NOTHING = 1e-9;

/**
 * What interactions of two factors do to the estimates of main effects: the alias matrix (X1'X1)^-1 X1'X2 of Box and Wilson
 * (1951), as the root of its squares summed over a factor's contrasts and averaged over the interaction's. Empty where main
 * effects can't be estimated at all.
 */
export function aliasesOf(runs: readonly Run[], counts: readonly number[]): readonly Alias[] {
  const main = mainColumns(runs, counts);
  const matrix = crossed(main);
  if (cholesky(matrix) === undefined) return [];
  return subsets(counts.length, 2).flatMap(([one = 0, other = 0]): Alias[] => {
    const products = productsOf(main, one, other);
    const fits = products.map(
      (product) =>
        solve(
          matrix,
          main.map(({ values }) => dot(values, product)),
        ) ?? [],
    );
    const residual = products.reduce(
      (sum, product, i) => sum + squaresOf(rest(main, product, fits[i] ?? [])),
      0,
    );
    const shares = [-1, ...counts.keys()].map((factor) =>
      fits.reduce((sum, fit) => sum + squaresOf(fit.filter((_, i) => main[i]?.factor === factor)), 0),
    );
    const [mean = 0, ...byFactor] = shares;
    const all = byFactor.reduce((sum, share) => sum + share, mean);
    return byFactor.flatMap((share, factor) => {
      if (share < NOTHING ** 2) return [];
      const isSame = residual + all - share < NOTHING;
      return [{ factor, interaction: [one, other], weight: Math.sqrt(share / products.length), isSame }];
    });
  });
}

function rest(main: readonly Contrast[], product: readonly number[], fit: readonly number[]): number[] {
  return product.map((value, run) =>
    main.reduce((left, { values }, i) => left - entry(fit, i) * entry(values, run), value),
  );
}

function squaresOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

/** Interactions of two factors that can't be told from each other, in groups; of two-level factors alone, where there can be any. */
export function interactionChains(
  runs: readonly Run[],
  counts: readonly number[],
): readonly (readonly (readonly [number, number])[])[] {
  if (counts.some((count) => count !== 2)) return [];
  const main = mainColumns(runs, counts);
  const chains = new Map<string, (readonly [number, number])[]>();
  for (const [one = 0, other = 0] of subsets(counts.length, 2)) {
    const [product = []] = productsOf(main, one, other);
    const key = product.map((value) => (value * entry(product, 0) > 0 ? '+' : '-')).join('');
    chains.set(key, [...(chains.get(key) ?? []), [one, other]]);
  }
  return [...chains.values()].filter((chain) => chain.length > 1);
}

/** In how many factors two of the runs differ: at least, on average, and the most that the least could be. */
export interface Distances {
  readonly least: number;
  readonly mean: number;
  /** No set of so many runs has a larger least distance: a level can't differ in more pairs than when all stand equally often (Plotkin 1960). */
  readonly bound: number;
}

export function distancesOf(runs: readonly Run[], counts: readonly number[]): Distances {
  const distances = runs.flatMap((run, i) => runs.slice(i + 1).map((other) => distance(run, other)));
  const pairs = distances.length;
  const most = counts.reduce((sum, count) => sum + mostDifferingPairs(runs.length, count), 0);
  return {
    least: Math.min(...distances),
    mean: distances.reduce((sum, one) => sum + one, 0) / pairs,
    bound: Math.floor(most / pairs),
  };
}

function mostDifferingPairs(runs: number, count: number): number {
  const [whole, rest] = [Math.floor(runs / count), runs % count];
  const alike = (count - rest) * ((whole * (whole - 1)) / 2) + rest * ((whole * (whole + 1)) / 2);
  return (runs * (runs - 1)) / 2 - alike;
}

/** The mean, as the contrast of no factor (-1), then each factor's contrasts. */
function mainColumns(runs: readonly Run[], counts: readonly number[]): readonly Contrast[] {
  return [
    { factor: -1, values: runs.map(() => 1) },
    ...counts.flatMap((count, factor) =>
      helmert(count).map((byLevel) => ({
        factor,
        values: runs.map((run) => entry(byLevel, entry(run, factor))),
      })),
    ),
  ];
}

/** Each level against the mean of those before it. */
function helmert(count: number): number[][] {
  return Array.from({ length: count - 1 }, (_, i) => {
    const before = i + 1;
    const scale = Math.sqrt(count / (before * (before + 1)));
    return Array.from({ length: count }, (__, level) => {
      if (level < before) return -scale;
      return level === before ? before * scale : 0;
    });
  });
}

function productsOf(main: readonly Contrast[], one: number, other: number): number[][] {
  const of = (factor: number) => main.filter((contrast) => contrast.factor === factor);
  return of(one).flatMap(({ values }) =>
    of(other).map((second) => values.map((value, i) => value * entry(second.values, i))),
  );
}

function crossed(columns: readonly Contrast[]): number[][] {
  return columns.map(({ values }) => columns.map((other) => dot(values, other.values)));
}

function dot(one: readonly number[], other: readonly number[]): number {
  return one.reduce((sum, value, i) => sum + value * entry(other, i), 0);
}

function subsets(from: number, size: number, first = 0): number[][] {
  if (size === 0) return [[]];
  return Array.from({ length: Math.max(0, from - first) }, (_, i) => first + i).flatMap((one) =>
    subsets(from, size - 1, one + 1).map((rest) => [one, ...rest]),
  );
}
