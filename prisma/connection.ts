import pg from 'pg';
import { BadInput, PreconditionFailed, ScreentestError, Unavailable } from '../domain/errors.ts';

/** Well under the 10 s in which a person must learn that the database can't be reached. */
const CONNECTION_TIMEOUT_MS = 8_000;

/** `ON DELETE SET NULL (column)`, which the winner's key needs, came with 15. */
const OLDEST_SERVER = 150_000;

const SETTING = 'DATABASE_URL';

/**
 * Runs `work` on one connection of its own, closed afterwards.
 * @throws BadInput for text that is no Postgres URL, Unavailable when nobody answers, PreconditionFailed when the
 * server says no or is too old.
 */
export async function withConnection<T>(
  connectionString: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = clientFor(connectionString);
  // A connection lost while idle is an event; the query that needs it next fails and is told there.
  client.on('error', () => {});
  try {
    await client.connect().catch((error: unknown) => {
      throw connectionError(client, error);
    });
    await refuseOldServer(client);
    return await work(client);
  } catch (error) {
    throw isConnectionLoss(error) ? connectionError(client, error) : error;
  } finally {
    await client.end().catch(() => {});
  }
}

function clientFor(connectionString: string): pg.Client {
  const malformed = (cause?: unknown) =>
    new BadInput({
      code: 'DATABASE_URL_MALFORMED',
      given: `${SETTING} is "${withoutPassword(connectionString)}"`,
      allowed: 'an address such as postgresql://user:password@host:5432/database',
      fix: `set ${SETTING} to such an address`,
      cause,
    });
  if (!/^postgres(ql)?:\/\//.test(connectionString)) throw malformed();
  try {
    return new pg.Client({
      connectionString,
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      application_name: 'screentest migrator',
    });
  } catch (error) {
    throw malformed(error);
  }
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/([^:@/]*):.*@/, '//$1:***@');
}

async function refuseOldServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: number; text: string }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS text`,
  );
  const version = rows[0];
  if (version === undefined || version.number >= OLDEST_SERVER) return;
  throw new PreconditionFailed({
    code: 'POSTGRES_TOO_OLD',
    given: `The server at ${addressOf(client)} is PostgreSQL ${version.text}`,
    allowed: 'PostgreSQL 15 or newer',
    fix: `upgrade the server, or set ${SETTING} to another one`,
  });
}

/** What was tried, without the password. */
function addressOf(client: pg.Client): string {
  return `${client.host}:${client.port}/${client.database ?? ''}`;
}

function connectionError(client: pg.Client, error: unknown): ScreentestError {
  if (error instanceof ScreentestError) return error;
  const refusedByServer =
    error instanceof pg.DatabaseError && error.code !== undefined && !isConnectionLoss(error);
  if (refusedByServer) {
    return new PreconditionFailed({
      code: 'DATABASE_REFUSED',
      given: `Postgres at ${addressOf(client)} refused the connection: ${error.message}`,
      allowed: 'a database that exists and a user that may enter it',
      fix: `check the user, password and database name in ${SETTING}`,
      cause: error,
    });
  }
  return new Unavailable({
    code: 'DATABASE_UNAVAILABLE',
    given: `Postgres at ${addressOf(client)} does not answer (${reasonOf(error)})`,
    allowed: 'a running PostgreSQL 15 or newer at that address',
    fix: `start it, or set ${SETTING} to the right address`,
    cause: error,
  });
}

/** A host name that stands for two addresses fails with both errors and no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}

/** Class 08 and 57P0x: the server went away or isn't up yet; 53300: no connection is left; else the socket's errors. */
function isConnectionLoss(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return /^(08|57P0|53300)/.test(error.code ?? '');
  return (
    error instanceof Error &&
    (('code' in error && /^E[A-Z]+$/.test(String(error.code)) && 'syscall' in error) ||
      /^(Connection terminated|Client has encountered a connection error)/.test(error.message))
  );
}
