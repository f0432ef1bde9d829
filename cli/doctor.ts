import type { Client } from '@temporalio/client';
import { answered } from '../client/answers.ts';
import { modeOfNewGroups, videoSourceOf } from '../client/generation-mode.ts';
import { withDatabase } from '../client/open.ts';
import { pollersOf } from '../client/pollers.ts';
import { missingSearchAttributes } from '../client/setup.ts';
import {
  readBackupSettings,
  readDatabaseSettings,
  readStorageSettings,
  readTextSettings,
  readWorkerSettings,
} from '../config/environment.ts';
import { readPrices } from '../config/prices.ts';
import type { Database } from '../database/client.ts';
import { unbalancedOrders } from '../database/spend-queries.ts';
import { countStopped } from '../database/stopped-groups.ts';
import { migrationStatus } from '../prisma/migrator.ts';
import { examineProvider } from '../providers/choose-provider.ts';
import { examineWriter } from '../providers/text/choose-text-model.ts';
import { backupHealth } from '../recovery/backup/health.ts';
import { HOW_TO_MAKE_WHOLE, readBond, refuseStrangers, whyNotWhole } from '../recovery/binding.ts';
import { chooseStore } from '../storage/choose-store.ts';
import { connectTemporalClient, readTemporalSettings } from '../temporal/connection.ts';
import { examineDatabase } from './doctor-database.ts';

export interface Finding {
  readonly subject: string;
  readonly isWell: boolean;
  readonly detail: string;
}

type Environment = NodeJS.ProcessEnv;

/** Each part on its own, so that one problem does not hide the next, and all at once, so that none delays it. */
export async function examine(environment: Environment): Promise<readonly Finding[]> {
  const findings = await Promise.all([
    find('Node.js', async () => process.version),
    find('settings', async () => {
      await readPrices(readWorkerSettings(environment));
      return 'all that a worker needs is set';
    }),
    find('Postgres', () => withDatabase(environment, async () => 'answers, its sessions are in UTC')),
    find('schema', () => examineSchema(environment)),
    find('budget', () => withDatabase(environment, examineBudget)),
    // Without a database there is nothing more to say than what `Postgres` says.
    withDatabase(environment, examineDatabase).catch(() => []),
    find('generation', () => examineMode(environment)),
    find('groups', () => withDatabase(environment, examineGroups)),
    examineTemporal(environment),
    find('video API', async () => examineProvider(readWorkerSettings(environment))),
    find('language model', async () => examineWriter(readTextSettings(environment))),
    find('video storage', () => examineStorage(environment)),
    find('backups', () => examineBackups(environment)),
  ]);
  return findings.flat();
}

/** Milliseconds for each look: something that takes a connection and never answers is a finding too. */
const ANSWER_WITHIN_MS = 6000;

async function find(subject: string, look: () => Promise<string>): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const tooLate = new Error(`no answer within ${ANSWER_WITHIN_MS / 1000} s`);
    timer = setTimeout(() => reject(tooLate), ANSWER_WITHIN_MS);
  });
  try {
    return { subject, isWell: true, detail: await Promise.race([look(), late]) };
  } catch (error) {
    return { subject, isWell: false, detail: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}

async function examineSchema(environment: Environment): Promise<string> {
  const { DATABASE_URL } = readDatabaseSettings(environment);
  const { migrations } = await migrationStatus({ connectionString: DATABASE_URL });
  const heldBack = migrations.filter(({ state }) => state === 'held back');
  const amiss = migrations.filter(({ state }) => state !== 'applied' && state !== 'held back');
  if (amiss.length === 0) {
    const waiting = heldBack.map(({ name, waitsFor }) => `; ${name} is held back and waits for ${waitsFor}`);
    return `${migrations.length - heldBack.length} migrations, all applied${waiting.join('')}`;
  }
  throw new Error(
    `${amiss.map(({ name, state }) => `${name} is ${state}`).join(', ')}; run \`screentest db migrate\``,
  );
}

/** Every order's account must say what its job says. */
async function examineBudget(database: Database): Promise<string> {
  const unbalanced = await unbalancedOrders(database);
  const [first] = unbalanced;
  if (first === undefined) return 'the account of every order is balanced';
  throw new Error(
    `${unbalanced.length} orders do not balance, such as ${first.jobId}: ${first.problem}; docs/money.md tells what to do`,
  );
}

/** Somebody must be working on every group that is not over. */
async function examineGroups(database: Database): Promise<string> {
  const stopped = await countStopped(database);
  if (stopped === 0) return 'none is known to have stopped';
  throw new Error(
    `${stopped} ${stopped === 1 ? 'is' : 'are'} not over, and the workflow is; run \`screentest resume --all\``,
  );
}

/** Database and namespace must belong to each other, and the database be what it was. */
async function examineBond(environment: Environment, temporal: Client): Promise<string> {
  return withDatabase(environment, async (database) => {
    const bond = await readBond(database, temporal);
    refuseStrangers(bond);
    const why = whyNotWhole(bond);
    if (why !== undefined) throw new Error(`${why}; ${HOW_TO_MAKE_WHOLE}`);
    return bond.binding === undefined
      ? `${bond.installation.id}, tied to this namespace when a worker starts`
      : `${bond.installation.id} and ${bond.namespace} belong to each other`;
  });
}

/** Where the videos of new groups come from; manual only by choice is well. */
async function examineMode(environment: Environment): Promise<string> {
  const source = videoSourceOf(environment);
  const { mode, reason } = await withDatabase(environment, (database) => modeOfNewGroups(database, source));
  if (mode === 'manual' && !source.isManualByChoice) {
    throw new Error(`groups start in manual mode: ${reason}`);
  }
  return `groups start in ${mode} mode: ${reason}`;
}

async function examineTemporal(environment: Environment): Promise<readonly Finding[]> {
  const settings = readTemporalSettings(environment);
  const connecting = connectTemporalClient(settings);
  const server = await find('Temporal', async () => {
    const { connection } = await connecting;
    // A namespace that does not exist is found here, not by each of the next looks.
    await answered(connection.workflowService.describeNamespace({ namespace: settings.namespace }));
    return `answers at ${settings.connectionOptions.address}, namespace ${settings.namespace}`;
  });
  if (!server.isWell) return [server];
  const temporal = await connecting;
  const { connection } = temporal;
  try {
    return [
      server,
      await find('database and namespace', () => examineBond(environment, temporal)),
      await find('search attributes', async () => {
        const missing = await missingSearchAttributes(connection, settings.namespace);
        if (missing.length > 0) throw new Error(`${missing.join(', ')} missing; run \`screentest setup\``);
        return 'all registered';
      }),
      await find('workers', async () => {
        const queues = await pollersOf(connection, settings.namespace, environment);
        const empty = queues.filter(({ pollers }) => pollers === 0).map(({ queue }) => queue);
        if (empty.length > 0) throw new Error(`nobody polls ${empty.join(', ')}; run \`screentest worker\``);
        return queues.map(({ queue, pollers }) => `${queue} ${pollers}`).join(', ');
      }),
    ];
  } finally {
    await connection.close();
  }
}

async function examineStorage(environment: Environment): Promise<string> {
  const store = await chooseStore(readStorageSettings(environment));
  await store.examine();
  return `${store.place} can be written`;
}

/** Where nobody told us about backups, they are somebody else's: a hosted database has its own. */
async function examineBackups(environment: Environment): Promise<string> {
  const { SCREENTEST_BACKUP_DIR: folder } = readBackupSettings(environment);
  if (folder === undefined) return 'not looked after here: SCREENTEST_BACKUP_DIR is not set';
  const { DATABASE_URL: databaseUrl } = readDatabaseSettings(environment);
  const { newestVerified, newestWalAgeSeconds, problems } = await backupHealth({ folder, databaseUrl });
  if (problems.length > 0) throw new Error(problems.join('; '));
  const minutes = (seconds = 0) => `${Math.round(seconds / 60)} minutes`;
  return `the newest verified one is ${minutes(newestVerified?.ageSeconds)} old, the newest archived log ${minutes(newestWalAgeSeconds)}`;
}
