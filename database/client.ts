import { PrismaPg } from '@prisma/adapter-pg';
import { PreconditionFailed, Unavailable } from '../domain/errors.ts';
import { type Prisma, PrismaClient } from './generated/client.ts';
import { endedWhenIdle } from './idle-transactions.ts';
import { MeasuredPg, type QueryObserver } from './measured-queries.ts';

export type Database = PrismaClient;
/** What queries take, so that they run in a transaction as well as on their own. */
export type Queries = Prisma.TransactionClient;

/** Milliseconds. The pool's own default is to wait for ever. */
const CONNECT_TIMEOUT_MS = 5000;
/** Milliseconds; longer than the largest import. A server that vanished would hold a connection for ever otherwise. */
const QUERY_TIMEOUT_MS = 300_000;
/** Milliseconds. Prisma's own are 2 and 5 s, which a busy machine exceeds; a transaction that is given up is begun anew. */
const TRANSACTIONS = { maxWait: 10_000, timeout: 20_000 };

/**
 * Opens nothing yet: connections are made when queries need them, up to `poolSize`.
 * @param observe hears how long each statement took
 */
export function createDatabase(url: string, poolSize = 5, observe?: QueryObserver): Database {
  const pool = {
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    keepAlive: true,
  };
  const adapter = observe === undefined ? new PrismaPg(pool) : new MeasuredPg(pool, observe);
  return new PrismaClient({ adapter: endedWhenIdle(adapter), transactionOptions: TRANSACTIONS });
}

/**
 * Asked once before work begins.
 * @throws Unavailable naming the address that was tried; PreconditionFailed when sessions are not in UTC:
 *   the adapter sends instants without an offset, and would store them hours off.
 */
export async function checkDatabase(database: Database, url: string): Promise<void> {
  const zone = await sessionTimeZone(database, url);
  if (zone === 'UTC' || zone === 'Etc/UTC') return;
  throw new PreconditionFailed({
    code: 'DATABASE_NOT_UTC',
    given: `Sessions of the database at ${addressOf(url)} are in the time zone ${zone}`,
    allowed: 'UTC',
    fix: `run ALTER ROLE CURRENT_USER SET timezone TO 'UTC' there and try again`,
  });
}

async function sessionTimeZone(database: Database, url: string): Promise<string> {
  try {
    const rows = await database.$queryRaw<{ zone: string }[]>`SELECT current_setting('TimeZone') AS zone`;
    return rows[0]?.zone ?? 'unknown';
  } catch (cause) {
    throw new Unavailable({
      code: 'DATABASE_UNAVAILABLE',
      given: `Postgres does not answer at ${addressOf(url)}`,
      fix: 'start it (`npm run demo -- --keep` starts one), or set DATABASE_URL to where it runs',
      cause,
    });
  }
}

/** Host, port and database: never the user or the password. */
function addressOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === '' ? '5432' : port}${pathname}`;
}
