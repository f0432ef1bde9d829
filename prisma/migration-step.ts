import pg from 'pg';
import type { ScreentestError } from '../domain/errors.ts';
import { unmetCondition } from './conditional-migrations.ts';
import {
  ensureHistory,
  type HistoryRow,
  readHistory,
  recordFailure,
  recordFinish,
  recordStart,
  recordUndoneFailure,
} from './history.ts';
import { inLockedSession, inLockedTransaction } from './lock.ts';
import { failedEarlier, fileChanged, fileMissing, migrationFailed, noWayBack } from './migration-errors.ts';
import { type MigrationFile, runsOutsideTransaction } from './migration-files.ts';

type Step =
  | { readonly kind: 'nothing-left' }
  | { readonly kind: 'applied'; readonly name: string }
  | { readonly kind: 'failed'; readonly error: ScreentestError }
  /** The next one can't run in a transaction. */
  | { readonly kind: 'needs-session' }
  /** Another migrator applied that one in between. */
  | { readonly kind: 'overtaken' };

/** What there is to apply. */
export interface Pending {
  readonly files: readonly MigrationFile[];
  /** Apply those too whose condition is not met. */
  readonly ignoresConditions: boolean;
}

/**
 * Applies the first migration that is not applied yet and not held back. Which one that is, is read under the lock:
 * another migrator may have been here.
 * @returns its name; undefined when there is none left.
 */
export async function applyNext(
  client: pg.Client,
  pending: Pending,
  log: (line: string) => void,
): Promise<string | undefined> {
  let step = await inLockedTransaction(client, log, () => applyInTransaction(client, pending));
  if (step.kind === 'needs-session') {
    step = await inLockedSession(client, log, () => applyInSession(client, pending));
  }
  if (step.kind === 'overtaken') return applyNext(client, pending, log);
  if (step.kind === 'failed') throw step.error;
  return step.kind === 'applied' ? step.name : undefined;
}

async function applyInTransaction(client: pg.Client, pending: Pending): Promise<Step> {
  const file = await nextPending(client, pending);
  if (file === undefined) return { kind: 'nothing-left' };
  if (runsOutsideTransaction(file.sql)) return { kind: 'needs-session' };
  // Behind a savepoint, so that the failure itself can be recorded by the transaction that undoes the migration.
  await client.query('SAVEPOINT migration');
  try {
    const id = await recordStart(client, file);
    await client.query(file.sql);
    await client.query('SET CONSTRAINTS ALL IMMEDIATE');
    await recordFinish(client, id);
    return { kind: 'applied', name: file.name };
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    // When the connection itself is gone, that is what happened.
    await client.query('ROLLBACK TO SAVEPOINT migration').catch(() => {
      throw error;
    });
    const failure = migrationFailed(`Migration ${file.name}`, file.sql, error);
    if (!failure.mayBeRetried) await recordUndoneFailure(client, file, error.message);
    return { kind: 'failed', error: failure };
  }
}

async function applyInSession(client: pg.Client, pending: Pending): Promise<Step> {
  const file = await nextPending(client, pending);
  if (file === undefined || !runsOutsideTransaction(file.sql)) return { kind: 'overtaken' };
  const id = await recordStart(client, file);
  try {
    await client.query(file.sql);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    await recordFailure(client, id, error.message);
    return { kind: 'failed', error: failedEarlier(file.name, error.message) };
  }
  await recordFinish(client, id);
  return { kind: 'applied', name: file.name };
}

/** Reads only. @throws PreconditionFailed as `refuseDisagreement` does */
export async function hasPending(client: pg.Client, pending: Pending): Promise<boolean> {
  return (await firstPending(client, pending)) !== undefined;
}

async function nextPending(client: pg.Client, pending: Pending): Promise<MigrationFile | undefined> {
  await ensureHistory(client);
  return firstPending(client, pending);
}

async function firstPending(
  client: pg.Client,
  { files, ignoresConditions }: Pending,
): Promise<MigrationFile | undefined> {
  const history = await readHistory(client);
  refuseDisagreement(history, files);
  for (const file of files) {
    if (history.some((row) => row.name === file.name)) continue;
    if (ignoresConditions || (await unmetCondition(client, file.name)) === undefined) return file;
  }
  return undefined;
}

/** @throws PreconditionFailed for a history that the files can't explain: it is never built upon. */
export function refuseDisagreement(history: readonly HistoryRow[], files: readonly MigrationFile[]): void {
  for (const row of history) {
    if (row.finishedAt === null) throw failedEarlier(row.name, row.logs);
    if (fileOf(row, files).checksum !== row.checksum) throw fileChanged(row.name, row.finishedAt);
  }
}

export function fileOf(row: HistoryRow, files: readonly MigrationFile[]): MigrationFile {
  const file = files.find((candidate) => candidate.name === row.name);
  if (file === undefined) throw fileMissing(row.name);
  return file;
}

export async function runDown(client: pg.Client, file: MigrationFile): Promise<void> {
  if (file.downSql === undefined || runsOutsideTransaction(file.downSql)) throw noWayBack(file.name);
  try {
    await client.query(file.downSql);
  } catch (error) {
    if (error instanceof pg.DatabaseError)
      throw migrationFailed(`The way back from migration ${file.name}`, file.downSql, error);
    throw error;
  }
}
