import type pg from 'pg';
import { PreconditionFailed, type ScreentestError, Unavailable } from '../domain/errors.ts';
import type { RowLoss } from './row-loss.ts';

export function fileMissing(name: string): PreconditionFailed {
  return new PreconditionFailed({
    code: 'MIGRATION_FILE_MISSING',
    given: `Migration ${name} is applied to this database, but its file is missing`,
    allowed: 'a folder with every migration that was applied',
    fix: 'use the version of screentest that this database was migrated with, or a newer one',
  });
}

export function fileChanged(name: string, appliedAt: Date): PreconditionFailed {
  return new PreconditionFailed({
    code: 'MIGRATION_CHANGED',
    given: `Migration ${name} was edited after it was applied on ${appliedAt.toISOString()}`,
    allowed: 'the file as it was applied: its checksum is in _prisma_migrations',
    fix: 'restore the file from version control, and put the change into a new migration',
  });
}

/** Under Prisma's own tool, or outside a transaction: what it left is not known. */
export function failedEarlier(name: string, logs: string | null): PreconditionFailed {
  const message = logs?.trim();
  return new PreconditionFailed({
    code: 'MIGRATION_FAILED_EARLIER',
    given: `Migration ${name} failed and may have left a part of itself (${message || 'no message was kept'})`,
    allowed: 'migrations that are applied wholly or not at all',
    fix: `undo what it left by hand, then run: npx prisma migrate resolve --rolled-back ${name}`,
  });
}

/**
 * @param what the migration or its way back, as the beginning of a sentence.
 *
 * 55P03 is only somebody else's lock: nothing is wrong with the migration.
 */
export function migrationFailed(what: string, sql: string, error: pg.DatabaseError): ScreentestError {
  if (error.code === '55P03') {
    return new Unavailable({
      code: 'MIGRATION_TABLE_BUSY',
      given: `${what} waited too long for a table that another session uses; nothing of it was kept`,
      allowed: 'a wait of 10 s, so that those behind it do not wait longer',
      fix: 'run it again when there is less traffic, or end the long transaction (see pg_stat_activity)',
      cause: error,
    });
  }
  const line = error.position === undefined ? '' : ` at line ${lineOf(sql, Number(error.position))}`;
  const hint = error.hint === undefined ? '' : ` (${error.hint})`;
  return new PreconditionFailed({
    code: 'MIGRATION_FAILED',
    given: `${what} failed${line}: ${error.message}${hint}; nothing of it was kept`,
    allowed: 'a database that the migration fits, and a user who may create what it creates',
    fix: 'remove the cause that the message names, then run it again',
    cause: error,
  });
}

function lineOf(sql: string, position: number): number {
  return sql.slice(0, position - 1).split('\n').length;
}

export function noWayBack(name: string): PreconditionFailed {
  return new PreconditionFailed({
    code: 'MIGRATION_HAS_NO_WAY_BACK',
    given: `Migration ${name} has no down.sql that can run in a transaction`,
    allowed: 'a down.sql beside migration.sql, without CONCURRENTLY',
    fix: 'write one, or go back to a backup made before the migration',
  });
}

export function rowsWouldBeLost(losses: readonly RowLoss[]): PreconditionFailed {
  const total = losses.reduce((sum, loss) => sum + loss.rows, 0);
  const list = losses.map((loss) => `${loss.rows} in ${loss.what}`).join(', ');
  return new PreconditionFailed({
    code: 'ROLLBACK_LOSES_ROWS',
    given: `This rollback would lose ${total} ${total === 1 ? 'row' : 'rows'}: ${list}`,
    allowed: 'a rollback that loses nothing, or your consent',
    fix: 'make a backup, then confirm with --yes',
  });
}
