import type { Factor } from '../../domain/mutations.ts';

/** A factor with the levels that a design may use, the control's first. */
export interface DesignFactor {
  readonly factor: Factor;
  readonly levels: readonly string[];
}

/** A variant as a design sees it: for each factor the index of its level. The control is all 0. */
export type Run = readonly number[];

/** Which levels stand in which variant. */
export interface Layout {
  readonly factors: readonly DesignFactor[];
  /** The control first. */
  readonly runs: readonly Run[];
  /** How it was made, in the field's words: `regular fraction 2^(4-1)`. */
  readonly construction: string;
}

export function levelCounts(factors: readonly DesignFactor[]): number[] {
  return factors.map(({ levels }) => levels.length);
}

/** How many different runs there are. */
export function gridSize(counts: readonly number[]): number {
  return counts.reduce((product, count) => product * count, 1);
}

/** Every run there is, the control first, the last factor changing quickest. */
export function fullGrid(counts: readonly number[]): Run[] {
  return counts.reduce<number[][]>(
    (runs, count) => runs.flatMap((run) => Array.from({ length: count }, (_, level) => [...run, level])),
    [[]],
  );
}

export function areDistinct(runs: readonly Run[]): boolean {
  return new Set(runs.map((run) => run.join())).size === runs.length;
}

/** In how many factors two runs differ. */
export function distance(one: Run, other: Run): number {
  return one.reduce((sum, level, factor) => sum + (level === other[factor] ? 0 : 1), 0);
}
