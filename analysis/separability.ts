import type { Arm } from './cells.ts';
import { entry } from './special-functions/array-entry.ts';

/** A level that is not the control's, and which videos have it. */
export interface LevelColumn {
  readonly factor: string;
  readonly level: string;
  readonly against: string;
  readonly members: readonly boolean[];
}

/** `one_video`: the level can't be told from the video that has it. `aliased`: nor from these other levels. `too_few_videos`: nothing is left to judge the spread of videos by. */
export type Inseparable = 'one_video' | 'aliased' | 'too_few_videos';

export interface LevelSeparability extends LevelColumn {
  /** Videos with this level. */
  readonly videos: number;
  /** Undefined where its effect can be told from all others. */
  readonly because: Inseparable | undefined;
  /** `factor: level` of those it can't be told from. */
  readonly with: readonly string[];
}

/** What a level and its factor's control level must each be carried by, at least. */
const LEAST_VIDEOS = 2;

/**
 * Which levels' effects these videos can tell apart, the sum of its levels' effects being what a video does; and how many
 * videos are left to judge their spread by.
 * @param arms the control first; a factor that an arm does not name has a level of its own there, the empty one
 */
export function separabilityOf(arms: readonly Pick<Arm, 'factors'>[]): {
  readonly levels: readonly LevelSeparability[];
  /** As many of the columns as are no sum of those before them. */
  readonly independent: readonly LevelColumn[];
  readonly spareVideos: number;
} {
  const columns = columnsOf(arms);
  const { pivots, nulls } = reduced([
    arms.map(() => 1),
    ...columns.map(({ members }) => members.map(Number)),
  ]);
  const spareVideos = arms.length - pivots.length;
  const levels = columns.map((column, index): LevelSeparability => {
    const videos = column.members.filter(Boolean).length;
    // A sum that is nothing and has this column in it: the column is as well the sum of the others.
    const entangled = nulls.filter((sum) => sum.includes(index + 1)).flat();
    if (entangled.length > 0) {
      const others = columns.filter((_, other) => other !== index && entangled.includes(other + 1));
      return {
        ...column,
        videos,
        because: 'aliased',
        with: others.map((other) => `${other.factor}: ${other.level}`),
      };
    }
    const without = arms.filter(
      ({ factors = {} }) => levelOf(factors, column.factor) === column.against,
    ).length;
    const because =
      videos < LEAST_VIDEOS || without < LEAST_VIDEOS
        ? 'one_video'
        : spareVideos < 1
          ? 'too_few_videos'
          : undefined;
    return { ...column, videos, because, with: [] };
  });
  return { levels, independent: columns.filter((_, index) => pivots.includes(index + 1)), spareVideos };
}

function columnsOf(arms: readonly Pick<Arm, 'factors'>[]): readonly LevelColumn[] {
  const factors = [...new Set(arms.flatMap(({ factors = {} }) => Object.keys(factors)))];
  return factors.flatMap((factor) => {
    const levels = arms.map(({ factors = {} }) => levelOf(factors, factor));
    const against = levels[0] ?? '';
    return [...new Set(levels)]
      .filter((level) => level !== against)
      .map((level) => ({ factor, level, against, members: levels.map((own) => own === level) }));
  });
}

function levelOf(factors: Readonly<Record<string, string>>, factor: string): string {
  return Object.hasOwn(factors, factor) ? (factors[factor] ?? '') : '';
}

/** Entries are sums of a few whole numbers; what is smaller is rounding. */
const TINY = 1e-9;

/**
 * By Gauss and Jordan: the columns that are no sum of those before them, and for each other one the columns of the sum, itself
 * included, that is nothing.
 */
function reduced(columns: readonly (readonly number[])[]): { pivots: number[]; nulls: number[][] } {
  const rows = (columns[0] ?? []).map((_, row) => columns.map((column) => entry(column, row)));
  const pivots: number[] = [];
  const nulls: number[][] = [];
  columns.forEach((_, column) => {
    const from = pivots.length;
    const best = rows.slice(from).reduce((leader, row, i) => {
      return Math.abs(entry(row, column)) > Math.abs(entry(rows[leader] ?? [], column)) ? from + i : leader;
    }, from);
    const pivot = rows[best];
    if (pivot === undefined || Math.abs(entry(pivot, column)) < TINY) {
      nulls.push([...pivots.filter((__, i) => Math.abs(entry(rows[i] ?? [], column)) > TINY), column]);
      return;
    }
    [rows[best], rows[from]] = [rows[from] ?? [], pivot.map((value) => value / entry(pivot, column))];
    const normal = rows[from] ?? [];
    rows.forEach((row, i) => {
      const factor = entry(row, column);
      if (i !== from && Math.abs(factor) > TINY)
        rows[i] = row.map((value, k) => value - factor * entry(normal, k));
    });
    pivots.push(column);
  });
  return { pivots, nulls };
}
