import {
  type ArchivedMonth,
  archivedMonths,
  archiveMonth,
  dropMonth,
  oldMonths,
  recordExport,
} from '../database/month-archive.ts';
import { formatMonth } from '../domain/budget.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import { monthsBefore, type RetentionRules } from '../domain/retention.ts';
import { exportMonth, type FileDependencies } from './month-file.ts';

export interface MonthDependencies extends FileDependencies {
  readonly rules: RetentionRules;
}

export interface RetiredMonths {
  /** Such as `2025-05`: moved into the schema `archive`. */
  readonly archived: readonly string[];
  /** Files that were written: their keys. */
  readonly exported: readonly string[];
  /** Such as `variant_performance 2023-05`. */
  readonly dropped: readonly string[];
  /** Old enough, but not to be archived yet: why. */
  readonly waiting: readonly string[];
}

/**
 * Months of metrics whose time is over: from the live tables into the archive, and from there, over a file, out of the
 * database. Each step finds by itself what is left to do, so that a run that was killed is gone on with by the next.
 * @param onProgress is told in words what is done now, often
 */
export async function retireMonths(
  dependencies: MonthDependencies,
  now: Date,
  onProgress: (what: string) => void,
): Promise<RetiredMonths> {
  const { database } = dependencies;
  const plan = await planMonths(dependencies, now);
  const archived: string[] = [];
  const waiting = [...plan.waiting];
  for (const month of plan.toArchive) {
    onProgress(`archiving ${formatMonth(month)}`);
    try {
      await archiveMonth(database, month);
      archived.push(formatMonth(month));
    } catch (error) {
      // An import came in between; the next run sees.
      if (!(error instanceof PreconditionFailed)) throw error;
      waiting.push(error.given);
    }
  }
  const exported: string[] = [];
  const dropped: string[] = [];
  const { dropAfterMonths } = dependencies.rules;
  for (const part of await archivedMonths(database, monthsBefore(now, dropAfterMonths))) {
    const name = `${part.table} ${formatMonth(part.month)}`;
    onProgress(`dropping ${name}`);
    if (!(await dropMonth(database, part))) {
      exported.push(
        await exportAnew(dependencies, part, (rows) => onProgress(`exporting ${name}: ${rows} rows`)),
      );
      // Somebody was erased while it was written; the next run sees.
      if (!(await dropMonth(database, part))) continue;
    }
    dropped.push(name);
  }
  return { archived, exported, dropped, waiting };
}

/** An earlier file goes first: it holds rows that were to be forgotten. */
async function exportAnew(
  dependencies: MonthDependencies,
  part: ArchivedMonth,
  onRows: (rows: number) => void,
): Promise<string> {
  if (part.exportKey !== null) await dependencies.store.remove(part.exportKey);
  const file = await exportMonth(dependencies, part, onRows);
  await recordExport(dependencies.database, part, file);
  return file.key;
}

export interface PlannedMonths {
  readonly toArchive: readonly Date[];
  /** Such as `variant_performance 2023-05`; those that would be archived now are not among them. */
  readonly toDrop: readonly string[];
  readonly waiting: readonly string[];
}

/** What a run would do now. An empty month stays where it is until its time is over: rows may still come. */
export async function planMonths(
  { database, rules }: Pick<MonthDependencies, 'database' | 'rules'>,
  now: Date,
): Promise<PlannedMonths> {
  const longAgo = monthsBefore(now, rules.dropAfterMonths);
  const old = await oldMonths(database, monthsBefore(now, rules.archiveAfterMonths));
  const isOver = ({ month }: { month: Date }) => month < longAgo;
  return {
    toArchive: old
      .filter((each) => each.openGroups === 0 && (each.rows > 0 || isOver(each)))
      .map(({ month }) => month),
    toDrop: (await archivedMonths(database, longAgo)).map(
      ({ table, month }) => `${table} ${formatMonth(month)}`,
    ),
    waiting: old
      .filter(({ openGroups }) => openGroups > 0)
      .map(
        ({ month, openGroups }) =>
          `${formatMonth(month)} has rows of ${openGroups} groups that are not archived`,
      ),
  };
}
