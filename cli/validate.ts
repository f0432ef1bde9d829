import { readDatabaseSettings } from '../config/environment.ts';
import { createDatabase } from '../database/client.ts';
import { fromDatabase } from '../database/refusals.ts';
import { type CheckResult, validateDatabase } from '../database/validation/validate.ts';
import { migrationStatus } from '../prisma/migrator.ts';

/** What a staging run asks after a migration, and an operator after a restore. @throws Unavailable when nobody answers */
export async function validate(
  environment: NodeJS.ProcessEnv,
  tell: (check: string) => void,
): Promise<readonly CheckResult[]> {
  const { DATABASE_URL } = readDatabaseSettings(environment);
  const migrations = await checkMigrations(DATABASE_URL);
  const database = createDatabase(DATABASE_URL, 1);
  try {
    return [migrations, ...(await fromDatabase(validateDatabase(database, tell)))];
  } finally {
    await database.$disconnect();
  }
}

async function checkMigrations(connectionString: string): Promise<CheckResult> {
  const { migrations } = await migrationStatus({ connectionString });
  const amiss = migrations.filter(({ state }) => state !== 'applied' && state !== 'held back');
  return {
    check: 'every migration is applied as it is written',
    isWell: amiss.length === 0,
    problems: amiss.length,
    found: amiss.map(({ name, state }) => `${name} is ${state}`),
  };
}
