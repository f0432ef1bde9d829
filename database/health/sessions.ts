import type { LockWait, SessionFacts } from '../../domain/database-health.ts';
import type { Queries } from '../client.ts';

interface WaitRow {
  readonly waiting: number;
  readonly query: string;
  readonly seconds: number;
  readonly blocking: readonly { pid: number; state: string; query: string }[];
}

/** Who waits for whom, and what the server's sessions are like. Whose text we may not see is shown by number alone. */
export async function readSessions(queries: Queries): Promise<SessionFacts> {
  const waits = await queries.$queryRaw<WaitRow[]>`
    SELECT w.pid AS waiting, left(w.query, 80) AS query, w.seconds, coalesce(b.blocking, '[]') AS blocking
    FROM (
      SELECT l.pid, a.query, max(extract(epoch FROM clock_timestamp() - l.waitstart))::float8 AS seconds
      FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      -- A moment's wait is what locks are for.
      WHERE NOT l.granted AND l.waitstart < clock_timestamp() - interval '1 second'
        AND a.datname = current_database()
      GROUP BY l.pid, a.query
      ORDER BY seconds DESC LIMIT 20
    ) w
    LEFT JOIN LATERAL (
      SELECT json_agg(json_build_object('pid', h.pid, 'state', coalesce(h.state, 'unknown'), 'query', left(h.query, 80)))
        AS blocking
      FROM pg_stat_activity h WHERE h.pid = ANY (pg_blocking_pids(w.pid))
    ) b ON true
    ORDER BY w.seconds DESC`;
  const [idle] = await queries.$queryRaw<{ pid: number; seconds: number }[]>`
    SELECT pid, extract(epoch FROM clock_timestamp() - state_change)::float8 AS seconds
    FROM pg_stat_activity
    WHERE state LIKE 'idle in transaction%' AND datname = current_database() AND pid <> pg_backend_pid()
    ORDER BY state_change LIMIT 1`;
  const [server] = await queries.$queryRaw<{ used: number; allowed: number; age: number }[]>`
    SELECT (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used,
      current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS allowed,
      (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()) AS age`;
  return {
    lockWaits: waits.map(lockWait),
    idleInTransaction: idle,
    connections: server?.used ?? 0,
    connectionsAllowed: server?.allowed ?? 0,
    transactionIdAge: server?.age ?? 0,
  };
}

function lockWait({ waiting, query, seconds, blocking }: WaitRow): LockWait {
  return { waitingPid: waiting, waitingQuery: query, seconds, blockers: blocking };
}
