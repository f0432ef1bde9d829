import { BadInput } from '../domain/errors.ts';
import { unmetCondition } from './conditional-migrations.ts';
import { withConnection } from './connection.ts';
import { forget, type HistoryRow, readHistory } from './history.ts';
import { inLockedTransaction } from './lock.ts';
import { rowsWouldBeLost } from './migration-errors.ts';
import { findMigrationsFolder, type MigrationFile, readMigrationFiles } from './migration-files.ts';
import { applyNext, fileOf, hasPending, refuseDisagreement, runDown } from './migration-step.ts';
import { rowsLostBy } from './row-loss.ts';

export interface MigratorOptions {
  /** A direct or session connection; its user owns what is created. */
  readonly connectionString: string;
  /** Default: the package's own. */
  readonly migrationsFolder?: string;
  readonly log?: (line: string) => void;
}

export interface MigrateOptions extends MigratorOptions {
  /** The job table is made although no smoke test has passed: for tests, and for databases that Prisma's tool looks at. */
  readonly opensAutomaticMode?: boolean;
  /** Called once, before the first migration that is pending; what it throws leaves the database as it is. */
  readonly beforeFirst?: () => Promise<void>;
}

export interface RollbackOptions extends MigratorOptions {
  /** How many of the last migrations are undone. */
  readonly steps: number;
  readonly confirmLossOfRows?: boolean;
}

export type MigrationState =
  | 'applied'
  | 'pending'
  /** Not applied until what it waits for has happened. */
  | 'held back'
  /** It failed where no transaction could undo it, or under Prisma's own tool; a person must settle it. */
  | 'failed'
  /** Applied, but its file has been edited since. */
  | 'changed'
  /** Applied, but its file is not in the folder. */
  | 'missing';

export interface MigrationStatus {
  readonly name: string;
  readonly state: MigrationState;
  readonly appliedAt?: Date;
  /** Of one that is held back. */
  readonly waitsFor?: string;
}

/**
 * Applies every migration that is not applied yet, in the order of their names, each in a transaction under the
 * lock; but for one that is held back, which is applied late, once its condition is met. Migrators that run at once share the work; each reports what it applied itself.
 * @throws PreconditionFailed when the history and the files disagree, or a migration fails (nothing of it stays).
 * @throws Unavailable when the database does not answer, or a table that is needed stays in use.
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const pending = { files: await filesOf(options), ignoresConditions: options.opensAutomaticMode === true };
  const log = logOf(options);
  return withConnection(options.connectionString, async (client) => {
    const applied: string[] = [];
    if (options.beforeFirst !== undefined && (await hasPending(client, pending))) await options.beforeFirst();
    for (;;) {
      const name = await applyNext(client, pending, log);
      if (name === undefined) return { applied };
      log(`applied ${name}`);
      applied.push(name);
    }
  });
}

/**
 * Undoes the last `steps` migrations, latest first, all or none of them.
 * @throws PreconditionFailed that says how many rows would be lost, unless `confirmLossOfRows`.
 */
export async function rollback(options: RollbackOptions): Promise<{ rolledBack: string[] }> {
  refuseSteps(options.steps);
  const files = await filesOf(options);
  const log = logOf(options);
  return withConnection(options.connectionString, async (client) => {
    const rolledBack = await inLockedTransaction(client, log, async () => {
      const history = await readHistory(client);
      refuseDisagreement(history, files);
      const rows = latest(history, options.steps);
      const runDowns = async () => {
        for (const row of rows) await runDown(client, fileOf(row, files));
      };
      if (options.confirmLossOfRows !== true) {
        const losses = await rowsLostBy(client, runDowns);
        if (losses.length > 0) throw rowsWouldBeLost(losses);
      }
      await runDowns();
      for (const row of rows) await forget(client, row.id);
      return rows.map((row) => row.name);
    });
    for (const name of rolledBack) log(`rolled back ${name}`);
    return { rolledBack };
  });
}

/** Where the database stands. Reads only, and tells what does not agree rather than throwing. */
export async function migrationStatus(options: MigratorOptions): Promise<{ migrations: MigrationStatus[] }> {
  const files = await filesOf(options);
  return withConnection(options.connectionString, async (client) => {
    const history = await readHistory(client);
    const migrations = history.map((row) => statusOf(row, files));
    for (const { name } of files) {
      if (history.some((row) => row.name === name)) continue;
      const condition = await unmetCondition(client, name);
      migrations.push(
        condition === undefined
          ? { name, state: 'pending' }
          : { name, state: 'held back', waitsFor: condition.waitsFor },
      );
    }
    return { migrations: migrations.sort((a, b) => (a.name < b.name ? -1 : 1)) };
  });
}

function filesOf(options: MigratorOptions): Promise<MigrationFile[]> {
  return readMigrationFiles(options.migrationsFolder ?? findMigrationsFolder());
}

function logOf(options: MigratorOptions): (line: string) => void {
  return options.log ?? (() => {});
}

function statusOf(row: HistoryRow, files: readonly MigrationFile[]): MigrationStatus {
  if (row.finishedAt === null) return { name: row.name, state: 'failed' };
  const file = files.find((candidate) => candidate.name === row.name);
  if (file === undefined) return { name: row.name, state: 'missing', appliedAt: row.finishedAt };
  const state = file.checksum === row.checksum ? 'applied' : 'changed';
  return { name: row.name, state, appliedAt: row.finishedAt };
}

function refuseSteps(steps: number): void {
  if (Number.isSafeInteger(steps) && steps >= 1) return;
  throw new BadInput({
    code: 'ROLLBACK_STEPS',
    given: `steps is ${steps}`,
    allowed: 'a whole number of migrations, 1 or more',
    fix: 'say how many of the last migrations to undo',
  });
}

/** In the order in which they are undone. */
function latest(history: readonly HistoryRow[], steps: number): HistoryRow[] {
  if (steps <= history.length) return history.slice(history.length - steps).reverse();
  throw new BadInput({
    code: 'ROLLBACK_STEPS',
    given: `steps is ${steps}, and ${history.length} migrations are applied`,
    allowed: history.length === 0 ? 'nothing: no migration is applied' : `1 to ${history.length}`,
    fix: 'ask for fewer steps; the status shows what is applied',
  });
}
