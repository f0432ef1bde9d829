import { readDatabaseSettings } from '../config/environment.ts';
import { checkDatabase, createDatabase, type Database } from '../database/client.ts';
import { fromDatabase } from '../database/refusals.ts';
import { writeTemplates } from '../database/templates.ts';
import { connectTemporalClient, readTemporalSettings } from '../temporal/connection.ts';
import { ensureSchedules } from './schedules.ts';
import { ScreentestClient } from './screentest-client.ts';
import { registerSearchAttributes } from './setup.ts';

type Environment = NodeJS.ProcessEnv;

/** Runs `use` with a client for what the environment names, and closes its connections whatever happens. */
export async function withScreentestClient<Result>(
  environment: Environment,
  use: (client: ScreentestClient) => Promise<Result>,
): Promise<Result> {
  return withDatabase(environment, async (database) => {
    const temporal = await connectTemporalClient(readTemporalSettings(environment));
    try {
      return await use(new ScreentestClient({ temporal, database }));
    } finally {
      await temporal.connection.close();
    }
  });
}

export async function withDatabase<Result>(
  environment: Environment,
  use: (database: Database) => Promise<Result>,
): Promise<Result> {
  const { DATABASE_URL } = readDatabaseSettings(environment);
  const database = createDatabase(DATABASE_URL);
  try {
    await checkDatabase(database, DATABASE_URL);
    return await fromDatabase(use(database));
  } finally {
    await database.$disconnect();
  }
}

/** The rows that the schema needs besides its tables. Run after every migration; changes nothing the second time. */
export function writeReferenceRows(environment: Environment): Promise<void> {
  return withDatabase(environment, writeTemplates);
}

/** What Temporal's namespace needs once. Returns what was added. */
export async function setupNamespace(environment: Environment): Promise<readonly string[]> {
  const settings = readTemporalSettings(environment);
  const temporal = await connectTemporalClient(settings);
  try {
    const attributes = await registerSearchAttributes(temporal.connection, settings.namespace);
    return [...attributes, ...(await ensureSchedules(temporal.schedule))];
  } finally {
    await temporal.connection.close();
  }
}
