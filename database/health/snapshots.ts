import type { Queries } from '../client.ts';

/** What was found at the last look of a kind, for all workers: only one of them takes it. */
export interface StoredSnapshot {
  /** As `writeSnapshot` was given them; none before the first look. */
  readonly gauges: unknown;
  /** Seconds since the look; undefined before the first one. */
  readonly ageSeconds: number | undefined;
}

/** A worker that claimed a look and died is waited for so long. */
const CLAIM_SECONDS = 30;

export async function readSnapshot(queries: Queries, kind: string): Promise<StoredSnapshot> {
  const [row] = await queries.$queryRaw<{ gauges: unknown; age: number | null }[]>`
    SELECT gauges, extract(epoch FROM now() - collected_at)::float8 AS age
    FROM monitoring_snapshots WHERE kind = ${kind}`;
  return { gauges: row?.gauges ?? [], ageSeconds: row?.age ?? undefined };
}

/** Whether it falls to the caller to take the next look: to one of all who ask, as long as that one may be at it. */
export async function claimSnapshot(queries: Queries, kind: string): Promise<boolean> {
  const rows = await queries.$queryRaw<unknown[]>`
    INSERT INTO monitoring_snapshots AS known (kind, claimed_until)
    VALUES (${kind}, now() + make_interval(secs => ${CLAIM_SECONDS}::float8))
    ON CONFLICT (kind) DO UPDATE SET claimed_until = excluded.claimed_until
      WHERE known.claimed_until IS NULL OR known.claimed_until < now()
    RETURNING kind`;
  return rows.length === 1;
}

export async function writeSnapshot(
  queries: Queries,
  kind: string,
  gauges: readonly object[],
): Promise<void> {
  await queries.$executeRaw`
    INSERT INTO monitoring_snapshots (kind, gauges, collected_at)
    VALUES (${kind}, ${JSON.stringify(gauges)}::jsonb, now())
    ON CONFLICT (kind) DO UPDATE
      SET gauges = excluded.gauges, collected_at = excluded.collected_at, claimed_until = NULL`;
}

/** Whether the database is migrated so far that it can be looked at. */
export async function hasMonitoring(queries: Queries): Promise<boolean> {
  const [row] = await queries.$queryRaw<{ exists: boolean }[]>`
    SELECT to_regclass('public.monitoring_snapshots') IS NOT NULL AS exists`;
  return row?.exists === true;
}
