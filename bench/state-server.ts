import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client as PostgresClient } from 'pg';
import { writeReferenceRows } from '../client/open.ts';
import { startPostgres } from '../local/postgres.ts';
import { migrate } from '../prisma/migrator.ts';
import { buildState, type StateSize } from './state.ts';

export interface StateServer {
  /** Of the database that holds the state, as its superuser. */
  readonly url: string;
  readonly logFile: string;
  /** Undefined for a state that an earlier run has left. */
  readonly buildSeconds: number | undefined;
}

/** Where `--keep` leaves the server's data. */
const KEPT = join(tmpdir(), 'screentest-bench-state');

/**
 * A PostgreSQL server of its own, with the settings of any that the product starts, and a database of this size in it.
 * It is stopped and removed afterwards whatever happens; with `keeps` its data stays, and the next run that keeps uses it.
 */
export async function withState(
  { size, keeps, say }: { size: StateSize; keeps: boolean; say: (line: string) => void },
  measure: (server: StateServer) => Promise<void>,
): Promise<void> {
  const folder = keeps ? KEPT : await mkdtemp(join(tmpdir(), 'screentest-bench-'));
  await mkdir(folder, { recursive: true });
  // As root, PostgreSQL's own user must get through.
  await chmod(folder, 0o711);
  const postgres = await startPostgres({ dataDirectory: join(folder, 'postgres'), onUnexpectedExit: say });
  try {
    await measure({ ...(await openState(postgres.url, size, say)), logFile: postgres.logFile });
  } finally {
    await postgres.stop();
    if (keeps) say(`The data stay in ${folder} for the next run with --keep; remove it when you are done.`);
    else await rm(folder, { recursive: true, force: true });
  }
}

async function openState(
  serverUrl: string,
  size: StateSize,
  say: (line: string) => void,
): Promise<Omit<StateServer, 'logFile'>> {
  const name = `bench_${createHash('sha256').update(JSON.stringify(size)).digest('hex').slice(0, 12)}`;
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const server = new PostgresClient({ connectionString: serverUrl });
  await server.connect();
  try {
    if (await isBuilt(server, url.href, name)) {
      say('The state of an earlier run is used.');
      await migrate({ connectionString: url.href, opensAutomaticMode: true });
      return { url: url.href, buildSeconds: undefined };
    }
    await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await server.query(`CREATE DATABASE ${name}`);
  } finally {
    await server.end();
  }
  await migrate({ connectionString: url.href, opensAutomaticMode: true });
  await writeReferenceRows({ DATABASE_URL: url.href });
  const startedAt = Date.now();
  await buildState(url.href, size, say);
  const buildSeconds = (Date.now() - startedAt) / 1000;
  say(`The state was built in ${buildSeconds.toFixed(0)} s.`);
  await markBuilt(url.href);
  return { url: url.href, buildSeconds };
}

async function isBuilt(server: PostgresClient, url: string, name: string): Promise<boolean> {
  const { rowCount } = await server.query('SELECT FROM pg_database WHERE datname = $1', [name]);
  if (rowCount === 0) return false;
  const database = new PostgresClient({ connectionString: url });
  await database.connect();
  try {
    const { rows } = await database.query<{ isBuilt: boolean }>(
      `SELECT to_regclass('bench.built') IS NOT NULL AS "isBuilt"`,
    );
    return rows[0]?.isBuilt === true;
  } finally {
    await database.end();
  }
}

async function markBuilt(url: string): Promise<void> {
  const database = new PostgresClient({ connectionString: url });
  await database.connect();
  await database.query('CREATE TABLE bench.built ()').finally(() => database.end());
}
