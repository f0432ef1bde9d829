import { randomOf, shuffled } from './random.ts';
import { fullGrid, gridSize, type Run } from './runs.ts';

/** What to look for: runs in which every level of a factor stands equally often, or nearly. */
export interface Search {
  /** Levels of each factor. */
  readonly counts: readonly number[];
  /** At least 1, at most as many as there are different runs. */
  readonly runs: number;
  readonly seed: number;
  /** What it adds to the coincidence of two runs that they share a level, by factor. */
  readonly weights: readonly number[];
  /** What a pair of runs costs, by its coincidence; convex, so that pairs are made alike. Whole numbers. */
  readonly penalty: (coincidence: number) => number;
}

/** Pairs of runs that are looked at before no further start is made: some tens of milliseconds. */
const WORK = 3_000_000;
const MOST_STARTS = 40;
const MOST_SWEEPS = 40;

/**
 * Balanced sets of different runs with the control in front, one for each random start: two entries of a column change
 * places as long as the pairs' cost falls, so that the balance is never lost (Li and Wu 1997's columnwise-pairwise exchange).
 * All arithmetic is on whole numbers: a worker finds what the command line found.
 */
export function exchanged(search: Search): readonly (readonly Run[])[] {
  const { counts, runs } = search;
  const size = gridSize(counts);
  // Of nearly all runs, those that are left out are looked for: what is left is as balanced, and has no run twice.
  return 2 * runs > size
    ? exchangedFew({ ...search, runs: size - runs }).map((left) => without(counts, left))
    : exchangedFew(search);
}

function exchangedFew(search: Search): readonly (readonly Run[])[] {
  const { counts, runs, seed, weights, penalty } = search;
  if (runs === 0) return [[]];
  const random = randomOf(seed);
  const most = weights.reduce((sum, weight) => sum + weight, 0);
  const penalties = Array.from({ length: most + 1 }, (_, coincidence) => penalty(coincidence));
  const found: (readonly Run[])[] = [];
  let work = 0;
  while (found.length < MOST_STARTS && work < WORK) {
    const tried = improved(randomColumns(search, random), weights, penalties);
    found.push(
      Array.from({ length: runs }, (_, run) => counts.map((__, factor) => tried.columns[factor]?.[run] ?? 0)),
    );
    work += tried.work;
  }
  return found;
}

/** A column a factor; as near to balance as the number of runs allows, the control's level first. */
function randomColumns({ counts, runs }: Search, random: () => number): number[][] {
  return counts.map((count) => {
    const others = Array.from({ length: runs - 1 }, (_, run) => (run + 1) % count);
    return [0, ...shuffled(others, random)];
  });
}

function improved(
  columns: readonly number[][],
  weights: readonly number[],
  penalties: readonly number[],
): { columns: readonly number[][]; work: number } {
  const runs = columns[0]?.length ?? 0;
  const coincidence = coincidences(columns, runs, weights);
  let work = 0;
  let isBetter = true;
  for (let sweep = 0; isBetter && sweep < MOST_SWEEPS; sweep++) {
    isBetter = false;
    columns.forEach((column, factor) => {
      const weight = weights[factor] ?? 1;
      for (let a = 1; a < runs; a++) {
        for (let b = a + 1; b < runs; b++) {
          if (column[a] === column[b]) continue;
          work += runs;
          if (gain(column, a, b, weight, coincidence, penalties) < 0) {
            swap(column, a, b, weight, coincidence);
            isBetter = true;
          }
        }
      }
    });
  }
  return { columns, work };
}

function coincidences(columns: readonly number[][], runs: number, weights: readonly number[]): number[][] {
  return Array.from({ length: runs }, (_, a) =>
    Array.from({ length: runs }, (__, b) =>
      columns.reduce(
        (sum, column, factor) => sum + (column[a] === column[b] ? (weights[factor] ?? 1) : 0),
        0,
      ),
    ),
  );
}

/** What the swap adds to the cost. Between the two runs themselves nothing changes. */
function gain(
  column: readonly number[],
  a: number,
  b: number,
  weight: number,
  coincidence: readonly (readonly number[])[],
  penalties: readonly number[],
): number {
  const [withA = [], withB = []] = [coincidence[a], coincidence[b]];
  let sum = 0;
  for (let other = 0; other < column.length; other++) {
    if (other === a || other === b) continue;
    const sign = column[other] === column[a] ? -1 : column[other] === column[b] ? 1 : 0;
    if (sign === 0) continue;
    const [oldA = 0, oldB = 0] = [withA[other], withB[other]];
    const costs = (penalties[oldA + sign * weight] ?? 0) + (penalties[oldB - sign * weight] ?? 0);
    sum += costs - (penalties[oldA] ?? 0) - (penalties[oldB] ?? 0);
  }
  return sum;
}

function swap(column: number[], a: number, b: number, weight: number, coincidence: number[][]): void {
  const [levelA = 0, levelB = 0] = [column[a], column[b]];
  const change = (one: number, other: number, by: number): void => {
    for (const [x, y] of [
      [one, other],
      [other, one],
    ] as const) {
      const row = coincidence[x];
      if (row !== undefined) row[y] = (row[y] ?? 0) + by;
    }
  };
  for (let other = 0; other < column.length; other++) {
    if (other === a || other === b) continue;
    if (column[other] === levelA) {
      change(a, other, -weight);
      change(b, other, weight);
    } else if (column[other] === levelB) {
      change(a, other, weight);
      change(b, other, -weight);
    }
  }
  column[a] = levelB;
  column[b] = levelA;
}

/** All runs but these; levels are renamed so that the control is among them. */
function without(counts: readonly number[], left: readonly Run[]): Run[] {
  const taken = new Set(left.map((run) => run.join()));
  const kept = fullGrid(counts).filter((run) => !taken.has(run.join()));
  const origin = kept[0] ?? [];
  return kept.map((run) =>
    run.map((level, factor) => shifted(level, origin[factor] ?? 0, counts[factor] ?? 1)),
  );
}

function shifted(level: number, by: number, count: number): number {
  return (level - by + count) % count;
}
