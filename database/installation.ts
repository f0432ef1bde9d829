import type { Database, Queries } from './client.ts';

/** Which database this is, and whether it is still where and when it was. */
export interface Installation {
  readonly id: string;
  /** Name and id of the Temporal namespace that it belongs to; undefined until it was bound to one. */
  readonly namespace: string | undefined;
  /** Counts up: one that is behind what the namespace has was put back to an earlier state. */
  readonly mark: number;
  /** Somebody said that it must be made whole before anything is done. */
  readonly mustBeReconciled: boolean;
  /** It answers from another server, timeline or database than when it was last known to be whole. */
  readonly hasMoved: boolean;
}

/** @returns undefined before its first use */
export async function readInstallation(queries: Queries): Promise<Installation | undefined> {
  const [row] = await queries.$queryRaw<
    {
      id: string;
      namespace: string | null;
      mark: bigint;
      must_be_reconciled: boolean;
      has_moved: boolean;
    }[]
  >`
    SELECT id, namespace, mark, must_be_reconciled, place <> screentest_database_place() IS TRUE AS has_moved
    FROM installation`;
  if (row === undefined) return undefined;
  return {
    id: row.id,
    namespace: row.namespace ?? undefined,
    mark: Number(row.mark),
    mustBeReconciled: row.must_be_reconciled,
    hasMoved: row.has_moved,
  };
}

/** The one of this database, made where there is none. */
export async function openInstallation(database: Database): Promise<Installation> {
  await database.$executeRaw`INSERT INTO installation DEFAULT VALUES ON CONFLICT DO NOTHING`;
  const found = await readInstallation(database);
  if (found === undefined) throw new TypeError('no installation after it was written');
  return found;
}

export interface Whole {
  /** Name and id of the namespace that it belongs to from now on. */
  readonly namespace: string;
  /** What the namespace has: the new mark is above it, and above its own. */
  readonly aboveMark: number;
  /** From histories, or because it never was anything else. */
  readonly isReconciled: boolean;
}

/** From now on it is known as whole, here and now. @returns its new mark */
export async function recordWhole(database: Database, whole: Whole): Promise<number> {
  const { namespace, aboveMark, isReconciled } = whole;
  const [row] = await database.$queryRaw<{ mark: bigint }[]>`
    UPDATE installation SET
      place = screentest_database_place(),
      namespace = ${namespace},
      mark = greatest(mark, ${BigInt(aboveMark)}::bigint) + 1,
      must_be_reconciled = must_be_reconciled AND NOT ${isReconciled},
      reconciled_at = CASE WHEN ${isReconciled} THEN now() ELSE reconciled_at END
    RETURNING mark`;
  return Number(row?.mark ?? 0);
}

/** Counts one further. @returns the new mark, or undefined where another process did within `atMostEverySeconds` */
export async function advanceMark(
  database: Database,
  atMostEverySeconds: number,
): Promise<number | undefined> {
  const [row] = await database.$queryRaw<{ mark: bigint }[]>`
    UPDATE installation SET mark = mark + 1
    WHERE updated_at <= now() - make_interval(secs => ${atMostEverySeconds})
    RETURNING mark`;
  return row === undefined ? undefined : Number(row.mark);
}

/** A copy that is to live by itself gets an identity of its own. */
export async function renewInstallation(database: Database): Promise<void> {
  await database.$executeRaw`UPDATE installation SET id = gen_random_uuid(), mark = 0`;
}

/** No worker works until it has been reconciled. */
export async function requireReconciliation(database: Database): Promise<void> {
  await database.$executeRaw`UPDATE installation SET must_be_reconciled = true`;
}
