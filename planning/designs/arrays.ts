import { areDistinct, fullGrid, gridSize, type Run } from './runs.ts';

/** Runs by a construction that is known to be orthogonal, and its name. */
export interface StandardArray {
  readonly runs: readonly Run[];
  readonly construction: string;
}

/**
 * The whole grid, a linear array over a prime field (for two levels the regular fractions, for three Taguchi's L9 and L27),
 * or one from a Hadamard matrix (Plackett and Burman 1946), the control first and no run twice; undefined where none of them
 * has this size. See Hedayat, Sloane and Stufken, Orthogonal Arrays (1999), chapters 3 and 7.
 */
export function standardArray(counts: readonly number[], runs: number): StandardArray | undefined {
  if (gridSize(counts) === runs) {
    return { runs: fullGrid(counts), construction: `full factorial ${counts.join(' x ')}` };
  }
  const [levels = 0] = counts;
  if (counts.some((count) => count !== levels)) return undefined;
  const array =
    linearArray(levels, counts.length, runs) ??
    (levels === 2 ? hadamardArray(counts.length, runs) : undefined);
  return array !== undefined && areDistinct(array.runs) ? array : undefined;
}

/** Above this many choices of columns they are taken one after another, each the best beside those before it. */
const MOST_CHOICES = 3000;

function linearArray(levels: number, factors: number, runs: number): StandardArray | undefined {
  if (!isPrime(levels)) return undefined;
  const dimension = exponentOf(runs, levels);
  if (dimension === undefined || factors < dimension) return undefined;
  const grid = fullGrid(new Array<number>(dimension).fill(levels));
  const directions = grid.filter((point) => point.find((part) => part !== 0) === 1);
  if (factors > directions.length) return undefined;
  const columnOf = (direction: Run) =>
    grid.map((point) => point.reduce((sum, part, i) => sum + part * (direction[i] ?? 0), 0) % levels);
  const isBasic = (direction: Run) => direction.filter((part) => part !== 0).length === 1;
  // The first factors span the grid, in their order; each further one is a sum of them.
  const basic = directions.filter(isBasic).reverse().map(columnOf);
  const further = directions.filter((direction) => !isBasic(direction)).map(columnOf);
  const columns = leastAberration(basic, further, factors - dimension, levels);
  return {
    runs: grid.map((_, run) => columns.map((column) => column[run] ?? 0)),
    construction: `regular fraction ${levels}^(${factors}-${factors - dimension})`,
  };
}

type Columns = readonly (readonly number[])[];

/** Columns whose shortest words are as long, and as few, as may be (Fries and Hunter 1980). */
function leastAberration(basic: Columns, further: Columns, needed: number, levels: number): Columns {
  if (choicesOf(further.length, needed) <= MOST_CHOICES) {
    return best(
      subsets(further, needed).map((chosen) => [...basic, ...chosen]),
      levels,
    );
  }
  let columns = basic;
  for (let count = 0; count < needed; count++) {
    const taken = columns;
    columns = best(
      further.filter((column) => !taken.includes(column)).map((column) => [...taken, column]),
      levels,
    );
  }
  return columns;
}

function best(choices: readonly Columns[], levels: number): Columns {
  const [first = [], ...others] = choices;
  let leader = { columns: first, pattern: wordLengths(first, levels) };
  for (const columns of others) {
    const pattern = wordLengths(columns, levels);
    if (isLess(pattern, leader.pattern)) leader = { columns, pattern };
  }
  return leader.columns;
}

function isLess(one: readonly number[], other: readonly number[]): boolean {
  const differing = one.findIndex((count, i) => count !== other[i]);
  return differing >= 0 && (one[differing] ?? 0) < (other[differing] ?? 0);
}

/** How many words of each length, from 1, are constant: by MacWilliams' identity from the weights of the runs. */
function wordLengths(columns: Columns, levels: number): number[] {
  const length = columns.length;
  const runs = columns[0]?.length ?? 0;
  const weights = new Array<number>(length + 1).fill(0);
  for (let run = 0; run < runs; run++) {
    const weight = columns.reduce((sum, column) => sum + (column[run] === 0 ? 0 : 1), 0);
    weights[weight] = (weights[weight] ?? 0) + 1;
  }
  return Array.from({ length }, (_, j) =>
    Math.round(
      weights.reduce((sum, count, weight) => sum + count * krawtchouk(j + 1, weight, length, levels), 0) /
        runs,
    ),
  );
}

function krawtchouk(j: number, weight: number, length: number, levels: number): number {
  let sum = 0;
  for (let i = 0; i <= j; i++) {
    sum +=
      (i % 2 === 0 ? 1 : -1) *
      (levels - 1) ** (j - i) *
      choicesOf(weight, i) *
      choicesOf(length - weight, j - i);
  }
  return sum;
}

function choicesOf(from: number, taken: number): number {
  if (taken > from) return 0;
  let product = 1;
  for (let i = 1; i <= taken; i++) product = (product * (from - taken + i)) / i;
  return product;
}

function subsets<T>(items: readonly T[], size: number): T[][] {
  if (size === 0) return [[]];
  return items.flatMap((item, i) => subsets(items.slice(i + 1), size - 1).map((rest) => [item, ...rest]));
}

function hadamardArray(factors: number, runs: number): StandardArray | undefined {
  // A matrix of half the size above its mirror image: then no two-factor interaction touches a factor.
  const half = runs % 8 === 0 && factors <= runs / 2 ? hadamard(runs / 2) : undefined;
  if (half !== undefined) {
    const mirrored = [...half, ...half.map((row) => row.map((sign) => -sign))];
    return {
      runs: levelsOf(mirrored, 0, factors),
      construction: `folded-over Hadamard array of ${runs} runs`,
    };
  }
  const whole = factors < runs ? hadamard(runs) : undefined;
  return (
    whole && { runs: levelsOf(whole, 1, factors), construction: `Plackett-Burman array of ${runs} runs` }
  );
}

function levelsOf(signs: readonly (readonly number[])[], from: number, factors: number): Run[] {
  return signs.map((row) => row.slice(from, from + factors).map((sign) => (sign > 0 ? 0 : 1)));
}

/** Orthogonal rows of 1 and -1, the first row and column all 1; undefined where Paley's construction over a prime has no such order. */
function hadamard(order: number): number[][] | undefined {
  return order % 4 === 0 && isPrime(order - 1) ? paley(order - 1) : undefined;
}

/** For a prime that is 3 modulo 4. */
function paley(prime: number): number[][] {
  const squares = new Set(Array.from({ length: prime - 1 }, (_, i) => ((i + 1) * (i + 1)) % prime));
  const sign = (row: number, column: number) => {
    if (row === 0 || column === 0) return 1;
    if (row === column) return -1;
    return squares.has((column - row + prime) % prime) ? 1 : -1;
  };
  return Array.from({ length: prime + 1 }, (_, row) =>
    Array.from({ length: prime + 1 }, (__, column) => sign(row, column)),
  );
}

function isPrime(number: number): boolean {
  if (number < 2) return false;
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false;
  return true;
}

/** m where number = base^m; undefined where there is none. */
function exponentOf(number: number, base: number): number | undefined {
  let power = 1;
  for (let exponent = 0; power <= number; exponent++) {
    if (power === number) return exponent;
    power *= base;
  }
  return undefined;
}
