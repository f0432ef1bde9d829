import { entry } from './special-functions/array-entry.ts';

/** So many trials with the same covariates (the intercept's 1 included), of which so many converted. */
export interface Trials {
  readonly covariates: readonly number[];
  readonly trials: number;
  readonly conversions: number;
}

export interface PenalisedFit {
  readonly coefficients: readonly number[];
  readonly logLikelihood: number;
  readonly hasConverged: boolean;
}

const MOST_ROUNDS = 200;

/**
 * Logistic regression with Firth's penalty (1993): the likelihood times the root of the information's determinant, which
 * is finite where a covariate separates conversions from the others, and less biased where they are few.
 * @param fixed coefficients held at a value, by index: for profiles
 */
export function firthRegression(
  rows: readonly Trials[],
  fixed: ReadonlyMap<number, number> = new Map(),
): PenalisedFit {
  const size = rows[0]?.covariates.length ?? 0;
  const free = Array.from({ length: size }, (_, index) => index).filter((index) => !fixed.has(index));
  let beta = Array.from({ length: size }, (_, index) => fixed.get(index) ?? 0);
  let state = evaluate(rows, beta);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    if (state === undefined) break;
    const { score, information, logLikelihood } = state;
    const step = solve(
      free.map((i) => free.map((j) => entry(information[i] ?? [], j))),
      free.map((i) => entry(score, i)),
    );
    if (step === undefined) break;
    const longest = Math.max(...step.map(Math.abs));
    let scale = Math.min(1, 5 / longest);
    let next: ReturnType<typeof evaluate>;
    let moved = beta;
    for (let halving = 0; halving < 30; halving++) {
      moved = [...beta];
      free.forEach((index, i) => {
        moved[index] = entry(beta, index) + scale * entry(step, i);
      });
      next = evaluate(rows, moved);
      if (next !== undefined && next.logLikelihood >= logLikelihood - 1e-10) break;
      scale /= 2;
    }
    if (next === undefined) break;
    beta = moved;
    state = next;
    if (longest < 1e-9) return { coefficients: beta, logLikelihood: next.logLikelihood, hasConverged: true };
  }
  return {
    coefficients: beta,
    logLikelihood: state?.logLikelihood ?? Number.NEGATIVE_INFINITY,
    hasConverged: false,
  };
}

/**
 * The interval of one coefficient by profile of the penalised likelihood: the values that cost at most `drop`
 * (half a chi-square quantile of one degree). An end further than 50 from the estimate is infinite.
 */
export function profileInterval(
  rows: readonly Trials[],
  fit: PenalisedFit,
  index: number,
  drop: number,
): readonly [number, number] {
  const best = entry(fit.coefficients, index);
  const lack = (value: number): number =>
    fit.logLikelihood - firthRegression(rows, new Map([[index, value]])).logLikelihood - drop;
  const end = (side: 1 | -1): number => {
    let inside = best;
    let outside = best + side * 0.5;
    while (lack(outside) < 0) {
      inside = outside;
      outside = best + 2 * (outside - best);
      if (Math.abs(outside - best) > 50) return side * Number.POSITIVE_INFINITY;
    }
    while (Math.abs(outside - inside) > 1e-7) {
      const middle = 0.5 * (inside + outside);
      if (lack(middle) < 0) inside = middle;
      else outside = middle;
    }
    return 0.5 * (inside + outside);
  };
  return [end(-1), end(1)];
}

/** Undefined where the information is singular: a covariate is a sum of others. */
function evaluate(rows: readonly Trials[], beta: readonly number[]) {
  const size = beta.length;
  const information = Array.from({ length: size }, () => new Array<number>(size).fill(0));
  let logLikelihood = 0;
  const fitted = rows.map(({ covariates, trials, conversions }) => {
    const eta = covariates.reduce((sum, x, j) => sum + x * entry(beta, j), 0);
    const logUp = -Math.log1p(Math.exp(-Math.abs(eta))) - Math.max(0, -eta);
    logLikelihood += conversions * logUp + (trials - conversions) * (logUp - eta);
    const p = Math.exp(logUp);
    const weight = trials * p * (1 - p);
    covariates.forEach((x, j) => {
      const row = information[j];
      if (row !== undefined && x !== 0) {
        for (let k = 0; k < size; k++) row[k] = entry(row, k) + weight * x * entry(covariates, k);
      }
    });
    return { covariates, trials, conversions, p, weight };
  });
  const factor = cholesky(information);
  if (factor === undefined) return undefined;
  const score = new Array<number>(size).fill(0);
  for (const { covariates, trials, conversions, p, weight } of fitted) {
    const halved = forward(factor, covariates);
    const leverage = weight * halved.reduce((sum, x) => sum + x * x, 0);
    const residual = conversions - trials * p + leverage * (0.5 - p);
    covariates.forEach((x, j) => {
      score[j] = entry(score, j) + residual * x;
    });
  }
  const logDeterminant = 2 * factor.reduce((sum, row, i) => sum + Math.log(entry(row, i)), 0);
  return { score, information, logLikelihood: logLikelihood + 0.5 * logDeterminant };
}

/** The lower factor of a positive definite matrix; undefined when it is none. */
export function cholesky(matrix: readonly (readonly number[])[]): number[][] | undefined {
  const factor: number[][] = [];
  for (const [i, row] of matrix.entries()) {
    const own: number[] = [];
    for (let j = 0; j <= i; j++) {
      const other = j === i ? own : (factor[j] ?? []);
      let sum = entry(row, j);
      for (let k = 0; k < j; k++) sum -= entry(own, k) * entry(other, k);
      if (j < i) own.push(sum / entry(other, j));
      else if (sum > 1e-10 * Math.max(1e-300, entry(row, i))) own.push(Math.sqrt(sum));
      else return undefined;
    }
    factor.push(own);
  }
  return factor;
}

function forward(factor: readonly (readonly number[])[], right: readonly number[]): number[] {
  const solution: number[] = [];
  for (const [i, row] of factor.entries()) {
    let sum = entry(right, i);
    for (let k = 0; k < i; k++) sum -= entry(row, k) * entry(solution, k);
    solution.push(sum / entry(row, i));
  }
  return solution;
}

/** Solves a positive definite system; undefined when it is singular. */
export function solve(
  matrix: readonly (readonly number[])[],
  right: readonly number[],
): number[] | undefined {
  const factor = cholesky(matrix);
  if (factor === undefined) return undefined;
  const half = forward(factor, right);
  const solution = new Array<number>(half.length).fill(0);
  for (let i = half.length - 1; i >= 0; i--) {
    let sum = entry(half, i);
    for (let k = i + 1; k < half.length; k++) sum -= entry(factor[k] ?? [], i) * entry(solution, k);
    solution[i] = sum / entry(factor[i] ?? [], i);
  }
  return solution;
}
