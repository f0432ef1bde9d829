import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PreconditionFailed } from '../domain/errors.ts';

export interface MigrationFile {
  /** The folder's name, zero-padded, so that alphabetical order is the order of application. */
  readonly name: string;
  readonly sql: string;
  /** Undefined when the migration has no way back. */
  readonly downSql: string | undefined;
  readonly checksum: string;
}

/** The package's own `prisma/migrations`: SQL isn't compiled, so from `dist/prisma` it is the source's folder. */
export function findMigrationsFolder(from = dirname(fileURLToPath(import.meta.url))): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'prisma', 'migrations');
    if (existsSync(join(candidate, 'migration_lock.toml'))) return candidate;
    if (folder === dirname(folder)) break;
  }
  throw new PreconditionFailed({
    code: 'MIGRATIONS_FOLDER_MISSING',
    given: `No folder prisma/migrations was found in ${from} or any folder above it`,
    allowed: 'the folder that comes with the package, with its migration_lock.toml',
    fix: 'install the package again, or name the folder',
  });
}

/** All migrations of a folder, in the order in which they are applied. */
export async function readMigrationFiles(folder: string): Promise<MigrationFile[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(names.sort().map((name) => readMigrationFile(folder, name)));
}

async function readMigrationFile(folder: string, name: string): Promise<MigrationFile> {
  const sql = await readIfThere(join(folder, name, 'migration.sql'));
  if (sql === undefined) {
    throw new PreconditionFailed({
      code: 'MIGRATION_FILE_MISSING',
      given: `Migration ${name} has no migration.sql in ${folder}`,
      allowed: 'one migration.sql, and a down.sql, in each folder of migrations',
      fix: 'restore the file from version control, or remove the empty folder',
    });
  }
  return { name, sql, downSql: await readIfThere(join(folder, name, 'down.sql')), checksum: checksumOf(sql) };
}

async function readIfThere(path: string): Promise<string | undefined> {
  return existsSync(path) ? await readFile(path, 'utf8') : undefined;
}

/** As Prisma keeps it; line ends are normalised, so that a checkout on Windows is not an edit. */
function checksumOf(sql: string): string {
  return createHash('sha256').update(sql.replaceAll('\r\n', '\n')).digest('hex');
}

const COMMENTS_AND_TEXTS = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/g;

/** CONCURRENTLY can't run in a transaction, and must be alone in its file. */
export function runsOutsideTransaction(sql: string): boolean {
  return /\bCONCURRENTLY\b/i.test(sql.replace(COMMENTS_AND_TEXTS, ''));
}
