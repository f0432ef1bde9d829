import { setTimeout as delay } from 'node:timers/promises';
import { Unavailable } from '../domain/errors.ts';
import type { Database, Queries } from './client.ts';

/** A lock that is not had in so many milliseconds is let go, so that nobody queues up behind us. */
const LOCK_TIMEOUT_MS = 200;
const ATTEMPTS = 50;
const LONGEST_PAUSE_MS = 500;
/** Milliseconds, with what is read before the locks are taken. */
const TRANSACTION_TIMEOUT_MS = 120_000;

/**
 * Changes tables that are in use: a transaction that gives up where a lock is not had at once, and begins anew after a
 * pause in which everybody else goes on. Shorter than the server's `deadlock_timeout`, so that of two who wait for one
 * another it is always us who gives in.
 * @param what what is done, for the error: `the partitions for 2026-05 could not be made`
 * @throws Unavailable when the tables stay in use
 */
export async function withShortLocks<Result>(
  database: Database,
  what: string,
  change: (tx: Queries) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await database.$transaction(
        async (tx) => {
          await tx.$executeRawUnsafe(`SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}`);
          return change(tx);
        },
        { timeout: TRANSACTION_TIMEOUT_MS },
      );
    } catch (cause) {
      if (!isLockTimeout(cause)) throw cause;
      if (attempt === ATTEMPTS) throw inUse(what, cause);
      await delay(Math.random() * Math.min(LONGEST_PAUSE_MS, attempt * 20));
    }
  }
}

/**
 * In the order in which an import comes to them: in any other it would hold what we wait for while it waits for us, and
 * under steady imports no attempt succeeds. Those that metric rows refer to are among them, since a key's triggers on
 * them come and go with a partition.
 */
const IN_WRITERS_ORDER = [
  'metric_imports',
  'variant_publications',
  'video_variants',
  'metric_observations',
  'variant_performance',
];

/** Before a month is made: readers go on. Before one is moved or dropped: nobody does, for the moment that it takes. */
export async function lockMetricTables(
  tx: Queries,
  mode: 'SHARE ROW EXCLUSIVE' | 'ACCESS EXCLUSIVE',
): Promise<void> {
  const tables = IN_WRITERS_ORDER.map((table) => `ONLY public.${table}`);
  await tx.$executeRawUnsafe(`LOCK TABLE ${tables.join(', ')} IN ${mode} MODE`);
}

/** Postgres' code for it, in whatever the driver wraps it. */
function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && /55P03|lock timeout/i.test(`${error.message} ${JSON.stringify(error)}`);
}

function inUse(what: string, cause: unknown): Unavailable {
  return new Unavailable({
    code: 'PARTITION_LOCKED',
    given: `${what}: the metric tables stayed in use`,
    fix: 'look for a transaction that has been open for long, then try again',
    cause,
  });
}
