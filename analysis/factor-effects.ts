import type { Arm } from './cells.ts';
import { firthRegression, profileInterval, solve } from './firth.ts';
import { benjaminiHochberg } from './multiple-comparisons.ts';
import { type Inseparable, type LevelColumn, separabilityOf } from './separability.ts';
import { entry } from './special-functions/array-entry.ts';
import { betaDistribution, studentTUpper } from './special-functions/beta.ts';

/** An arm with what is known of its rate. */
export interface MeasuredArm {
  readonly arm: Arm;
  readonly rate: number;
  /** Of the rate. */
  readonly variance: number;
  readonly exposures: number;
  readonly conversions: number;
}

/** What a level of a factor goes with, against the control's level of it. Exploratory: a hint for the next round, no finding. */
export type FactorEffect = {
  readonly factor: string;
  readonly level: string;
  readonly against: string;
  /** Videos with this level. */
  readonly videos: number;
} & (
  | {
      readonly kind: 'estimated';
      /** Relative, with its 95% interval for someone who looks this once. */
      readonly lift: number;
      readonly low: number;
      /** Null where nothing bounds it. */
      readonly high: number | null;
      readonly pValue: number;
      /** Benjamini and Hochberg's, over all levels. */
      readonly adjustedPValue: number;
    }
  | {
      readonly kind: 'not_separable';
      readonly because: Inseparable;
      readonly with: readonly string[];
    }
);

/** Fewer conversions than this in an arm are sparse: then Firth's interval is looked at too. */
const SPARSE = 10;
const HALF_CHI_SQUARE_95 = 3.841458820694124 / 2;

/**
 * Effects of factors on the log rate, each video a unit: videos differ for reasons that no factor names, so that a level is
 * judged by the spread between videos (random effects by the method of moments, DerSimonian and Laird 1986; intervals by
 * Knapp and Hartung 2003), never by the number of conversions. Those make a factor without any effect significant in 43%.
 */
export function factorEffects(measured: readonly MeasuredArm[]): readonly FactorEffect[] {
  const usable = measured.filter(({ rate, variance }) => rate > 0 && variance > 0);
  const { levels, independent } = separabilityOf(usable.map(({ arm }) => arm));
  const fit = fitOf(usable, independent);
  const sparse = usable.some(({ conversions }) => conversions < SPARSE)
    ? sparseIntervals(usable, independent)
    : undefined;
  const judged = levels.map(({ members: _, because, with: others, ...head }) => {
    if (because !== undefined) return { ...head, kind: 'not_separable', because, with: others } as const;
    if (fit === undefined)
      return { ...head, kind: 'not_separable', because: 'too_few_videos', with: [] } as const;
    const index =
      1 + independent.findIndex(({ factor, level }) => factor === head.factor && level === head.level);
    const estimate = entry(fit.coefficients, index);
    const error = entry(fit.errors, index);
    const [least, most] = sparse?.(index) ?? [estimate, estimate];
    return {
      ...head,
      kind: 'estimated',
      lift: Math.expm1(estimate),
      low: Math.expm1(Math.min(least, estimate - fit.quantile * error)),
      high: finite(Math.expm1(Math.max(most, estimate + fit.quantile * error))),
      pValue: Math.min(1, 2 * studentTUpper(Math.abs(estimate / error), fit.degrees)),
    } as const;
  });
  const adjusted = benjaminiHochberg(judged.flatMap((one) => (one.kind === 'estimated' ? [one.pValue] : [])));
  let next = 0;
  return judged.map((one): FactorEffect => {
    if (one.kind !== 'estimated') return one;
    next += 1;
    return { ...one, adjustedPValue: adjusted[next - 1] ?? 1 };
  });
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function numbers({ members }: LevelColumn): number[] {
  return members.map((isMember) => (isMember ? 1 : 0));
}

function crossed(columns: readonly (readonly number[])[], weights?: readonly number[]): number[][] {
  return columns.map((one) =>
    columns.map((other) => one.reduce((sum, x, i) => sum + x * entry(other, i) * (weights?.[i] ?? 1), 0)),
  );
}

function fitOf(measured: readonly MeasuredArm[], independent: readonly LevelColumn[]) {
  const columns = [measured.map(() => 1), ...independent.map(numbers)];
  const degrees = measured.length - columns.length;
  if (degrees < 1) return undefined;
  const logs = measured.map(({ rate }) => Math.log(rate));
  const variances = measured.map(({ rate, variance }) => variance / (rate * rate));
  const fixed = weighted(
    columns,
    logs,
    variances.map((variance) => 1 / variance),
  );
  if (fixed === undefined) return undefined;
  const between = Math.max(0, (fixed.squares - degrees) / fixed.spare);
  const random = weighted(
    columns,
    logs,
    variances.map((variance) => 1 / (variance + between)),
  );
  if (random === undefined) return undefined;
  // Knapp and Hartung's factor, but never narrower than the weights alone say.
  const scale = Math.sqrt(Math.max(1, random.squares / degrees));
  // The square of t over (degrees + its square) is Beta(1/2, degrees / 2).
  const share = betaDistribution(0.5, degrees / 2).quantile(0.95);
  return {
    coefficients: random.coefficients,
    errors: random.covariance.map((row, i) => scale * Math.sqrt(entry(row, i))),
    degrees,
    quantile: Math.sqrt((degrees * share) / (1 - share)),
  };
}

function weighted(
  columns: readonly (readonly number[])[],
  values: readonly number[],
  weights: readonly number[],
) {
  const matrix = crossed(columns, weights);
  const right = columns.map((column) =>
    column.reduce((sum, x, i) => sum + x * entry(weights, i) * entry(values, i), 0),
  );
  const coefficients = solve(matrix, right);
  const covariance = columns.map(
    (_, i) =>
      solve(
        matrix,
        columns.map((__, j) => (i === j ? 1 : 0)),
      ) ?? [],
  );
  if (coefficients === undefined || covariance.some((row) => row.length === 0)) return undefined;
  const squares = values.reduce((sum, value, i) => {
    const fitted = columns.reduce((total, column, k) => total + entry(column, i) * entry(coefficients, k), 0);
    return sum + entry(weights, i) * (value - fitted) ** 2;
  }, 0);
  // Trace of W - W X (X' W X)^-1 X' W: what one unit of variance between videos adds to the squares.
  const spare = weights.reduce((sum, weight, i) => {
    const leverage = columns.reduce(
      (total, one, j) =>
        total +
        columns.reduce(
          (part, other, k) => part + entry(one, i) * entry(covariance[j] ?? [], k) * entry(other, i),
          0,
        ),
      0,
    );
    return sum + weight - weight * weight * leverage;
  }, 0);
  return { coefficients, covariance, squares, spare };
}

/** Firth's profile intervals, on the log odds; undefined where the fit does not settle. */
function sparseIntervals(measured: readonly MeasuredArm[], independent: readonly LevelColumn[]) {
  const columns = independent.map(numbers);
  const rows = measured.map(({ exposures, conversions }, i) => ({
    covariates: [1, ...columns.map((column) => entry(column, i))],
    trials: Math.max(exposures, conversions),
    conversions,
  }));
  const fit = firthRegression(rows);
  if (!fit.hasConverged) return undefined;
  return (index: number): readonly [number, number] | undefined => {
    const [low, high] = profileInterval(rows, fit, index, HALF_CHI_SQUARE_95);
    return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : undefined;
  };
}
