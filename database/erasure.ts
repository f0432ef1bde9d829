import { setTimeout as delay } from 'node:timers/promises';
import { type GroupId, groupId } from '../domain/ids.ts';
import type { Database, Queries } from './client.ts';
import { hasJobTable } from './job-table.ts';
import { type Person, type RowCounts, removeTraces } from './traces.ts';

/** Everything of a person goes; or what they have tested stays, and nobody can tell that it was they. */
export type ErasureMode = 'delete' | 'keep-results';

export async function findPerson(queries: Queries, email: string): Promise<Person | undefined> {
  const [row] = await queries.$queryRaw<{ id: string }[]>`
    SELECT id FROM auth.users WHERE lower(email) = lower(${email}) LIMIT 1`;
  return row === undefined ? undefined : { id: row.id, email };
}

/** Undefined for one who is not in the database. */
export async function personById(queries: Queries, id: string): Promise<Person | undefined> {
  const [row] = await queries.$queryRaw<{ id: string; email: string | null }[]>`
    SELECT id, email FROM auth.users WHERE id = ${id}::uuid`;
  return row === undefined ? undefined : { id: row.id, email: row.email ?? undefined };
}

export interface OwnedGroup {
  readonly id: GroupId;
  readonly name: string;
  readonly isOver: boolean;
}

/** Groups that the person has created, and those named besides, as far as they are there. */
export async function groupsOf(
  queries: Queries,
  person: Person,
  besides: readonly string[] = [],
): Promise<readonly OwnedGroup[]> {
  const rows = await queries.$queryRaw<{ id: string; name: string; isOver: boolean }[]>`
    SELECT id, test_name AS name, test_status IN ('completed', 'archived') AS "isOver"
    FROM variant_groups WHERE created_by = ${person.id}::uuid OR id = ANY (${[...besides]}::uuid[])
    ORDER BY created_at, id`;
  return rows.map((row) => ({ ...row, id: groupId(row.id) }));
}

/** Other people's groups in whose records the person is named: their histories name the person too. */
export async function groupsTouchedBy(
  queries: Queries,
  person: Person,
  own: readonly GroupId[],
): Promise<readonly GroupId[]> {
  const rows = await queries.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT variant_group_id AS id FROM group_events
    WHERE (created_by = ${person.id}::uuid OR lower(actor) = lower(${person.email ?? null}::text)
        OR strpos(lower(details::text), lower(${person.email ?? null}::text)) > 0)
      AND NOT variant_group_id = ANY (${[...own]}::uuid[])`;
  return rows.map(({ id }) => groupId(id));
}

/** Ventures whose only owner the person is. They stay: a company outlives who added it. */
export async function venturesOnlyOwnedBy(queries: Queries, person: Person): Promise<readonly string[]> {
  const rows = await queries.$queryRaw<{ name: string }[]>`
    SELECT v.name FROM ventures v JOIN venture_members m ON m.venture_id = v.id AND m.role = 'owner'
    GROUP BY v.id, v.name HAVING bool_and(m.user_id = ${person.id}::uuid) ORDER BY v.name`;
  return rows.map(({ name }) => name);
}

/** What is deleted with a person, by id; with `keep-results` nothing but the memberships. */
export interface Doomed {
  readonly person: readonly string[];
  readonly groups: readonly string[];
  readonly variants: readonly string[];
  readonly publications: readonly string[];
  readonly prompts: readonly string[];
  /** Words that were bought for groups that were never planned. */
  readonly wordings: readonly string[];
}

export async function doomedWith(
  queries: Queries,
  person: Person,
  mode: ErasureMode,
  groups: readonly GroupId[],
): Promise<Doomed> {
  const none = { person: [person.id], groups: [], variants: [], publications: [], prompts: [], wordings: [] };
  if (mode === 'keep-results') return none;
  const variants = await ids(
    queries.$queryRaw`
      SELECT id FROM video_variants
      WHERE variant_group_id = ANY (${[...groups]}::uuid[]) OR created_by = ${person.id}::uuid`,
  );
  const publications = await ids(
    queries.$queryRaw`SELECT id FROM variant_publications WHERE video_variant_id = ANY (${variants}::uuid[])`,
  );
  const wordings = await ids(
    queries.$queryRaw`
      SELECT id FROM level_wordings w WHERE created_by = ${person.id}::uuid
        AND NOT EXISTS (SELECT FROM variant_groups g WHERE g.id = w.variant_group_id)`,
  );
  const prompts = await promptsOf(queries, person);
  return { person: [person.id], groups, variants, publications, prompts, wordings };
}

async function ids(rows: PromiseLike<{ id: string }[]>): Promise<string[]> {
  return (await rows).map(({ id }) => id);
}

/** A table of prompts that was here before us may not say who wrote them. */
async function promptsOf(queries: Queries, person: Person): Promise<readonly string[]> {
  const [column] = await queries.$queryRaw<{ exists: boolean }[]>`
    SELECT EXISTS (
      SELECT FROM pg_attribute WHERE attrelid = 'public.video_prompts'::regclass
        AND attname = 'created_by' AND atttypid = 'uuid'::regtype AND NOT attisdropped
    ) AS exists`;
  if (column?.exists !== true) return [];
  return ids(queries.$queryRaw`SELECT id FROM video_prompts WHERE created_by = ${person.id}::uuid`);
}

export interface StoredKey {
  readonly key: string;
  /** Whether the file is of a variant that is deleted. */
  readonly isDoomed: boolean;
}

/** The files that rows name: those of these variants, and of other variants those in the same folders. */
export async function storedKeys(
  queries: Queries,
  variants: readonly string[],
  folders: readonly string[],
): Promise<readonly StoredKey[]> {
  return queries.$queryRaw<StoredKey[]>`
    SELECT key, bool_and(is_doomed) AS "isDoomed" FROM (
      SELECT unnest(ARRAY[storage_key, thumbnail_key]) AS key,
        video_variant_id = ANY (${[...variants]}::uuid[]) AS is_doomed
      FROM variant_renditions
      WHERE video_variant_id = ANY (${[...variants]}::uuid[])
        OR split_part(storage_key, '/', 1) = ANY (${[...folders]}::text[])
    ) AS files
    WHERE key IS NOT NULL GROUP BY key`;
}

/** Names of other groups whose id begins like one of these: only they can share a folder. */
export async function groupsLike(
  queries: Queries,
  groups: readonly GroupId[],
): Promise<readonly { readonly id: string; readonly name: string }[]> {
  return queries.$queryRaw`
    SELECT id, test_name AS name FROM variant_groups
    WHERE left(id::text, 8) = ANY (${groups.map((id) => id.slice(0, 8))}::text[])
      AND NOT id = ANY (${[...groups]}::uuid[])`;
}

export interface ProviderJobRow {
  readonly id: string;
  readonly provider: string | null;
  readonly account: string | null;
}

/** Jobs at video APIs that were made for these variants. */
export async function providerJobsOf(
  queries: Queries,
  variants: readonly string[],
): Promise<readonly ProviderJobRow[]> {
  if (!(await hasJobTable(queries))) return [];
  return queries.$queryRaw`
    SELECT sora_job_id AS id, provider, provider_account AS account FROM video_generation_jobs
    WHERE sora_job_id IS NOT NULL AND video_variant_id = ANY (${[...variants]}::uuid[])`;
}

interface Step {
  /** `schema.table`, quoted where it must be. */
  readonly table: string;
  readonly column: string;
  readonly of: keyof Doomed;
}

/** What refers to something comes before it. A group's lines of the book go with it, since it adds them up first. */
const STEPS: readonly Step[] = [
  { table: 'public.metric_observations', column: 'publication_id', of: 'publications' },
  { table: 'public.variant_performance', column: 'video_variant_id', of: 'variants' },
  { table: 'public.variant_metric_totals', column: 'video_variant_id', of: 'variants' },
  { table: 'public.variant_publications', column: 'id', of: 'publications' },
  { table: 'public.metric_imports', column: 'variant_group_id', of: 'groups' },
  { table: 'public.analysis_snapshots', column: 'variant_group_id', of: 'groups' },
  { table: 'public.video_generation_jobs', column: 'video_variant_id', of: 'variants' },
  { table: 'public.variant_renditions', column: 'video_variant_id', of: 'variants' },
  { table: 'public.video_variants', column: 'id', of: 'variants' },
  { table: 'public.level_wordings', column: 'variant_group_id', of: 'groups' },
  { table: 'public.level_wordings', column: 'id', of: 'wordings' },
  { table: 'public.variant_groups', column: 'id', of: 'groups' },
  { table: 'public.video_prompts', column: 'id', of: 'prompts' },
  { table: 'public.group_events', column: 'variant_group_id', of: 'groups' },
  { table: 'public.venture_members', column: 'user_id', of: 'person' },
];

/**
 * Those that are there, with whatever else refers to what is deleted before them: archived months, which are tables of
 * their own.
 */
async function stepsHere(queries: Queries): Promise<readonly Step[]> {
  const further = await queries.$queryRaw<Step[]>`
    SELECT format('%I.%I', n.nspname, c.relname) AS "table", quote_ident(a.attname) AS "column", r.what AS "of"
    FROM (VALUES
      ('publications', 'public.variant_publications'::regclass),
      ('variants', 'public.video_variants'::regclass),
      ('groups', 'public.variant_groups'::regclass)
    ) AS r (what, relation)
    JOIN pg_constraint k ON k.confrelid = r.relation AND k.contype = 'f' AND k.confdeltype = 'c'
      AND k.conparentid = 0 AND cardinality(k.conkey) = 1
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT c.oid = ANY (ARRAY(SELECT to_regclass(known) FROM unnest(${KNOWN}::text[]) AS known WHERE to_regclass(known) IS NOT NULL))
    ORDER BY r.what = 'groups', 1`;
  const hasJobs = await hasJobTable(queries);
  return [...further, ...STEPS.filter(({ table }) => hasJobs || table !== 'public.video_generation_jobs')];
}

const LEDGER = 'public.budget_ledger';
const KNOWN = [...STEPS.map(({ table }) => table), LEDGER];

/** Joined, so that a partition can be read once instead of being searched for each of many thousand ids. */
const DOOMED = 'unnest($1::uuid[]) AS doomed (id)';

/** How many rows are deleted, by table. */
export async function countDoomed(queries: Queries, doomed: Doomed): Promise<RowCounts> {
  const counts: Record<string, number> = {};
  const ledger: Step = { table: LEDGER, column: 'variant_group_id', of: 'groups' };
  for (const { table, column, of } of [...(await stepsHere(queries)), ledger]) {
    if (doomed[of].length === 0) continue;
    const [row] = await queries.$queryRawUnsafe<{ count: number }[]>(
      `SELECT count(*)::int AS count FROM ${table} AS t JOIN ${DOOMED} ON t.${column} = doomed.id`,
      doomed[of],
    );
    if (row !== undefined && row.count > 0) counts[table] = (counts[table] ?? 0) + row.count;
  }
  return counts;
}

export interface RowErasure {
  readonly person: Person;
  readonly mode: ErasureMode;
  /** Groups to delete although somebody else has created them. */
  readonly besides: readonly string[];
  /** Those whose files and histories are gone. */
  readonly groups: readonly GroupId[];
  /** Names this erasure, and nobody. */
  readonly erasure: string;
  /** Who does it; never the person's own address. */
  readonly by: string;
}

export interface ErasedRows {
  readonly deleted: RowCounts;
  readonly changed: RowCounts;
  /** Why the row in `auth.users` is still there. */
  readonly accountKept: string | undefined;
}

/** An archive of years is searched, row by row. */
const WITHIN_MS = 3_600_000;

/**
 * All of it in one transaction: what is deleted, in order; the person taken out of what stays; the account; and an event
 * that somebody was erased.
 * @returns undefined when the person has made another group meanwhile, and nothing was changed
 */
export async function eraseRows(database: Database, erasure: RowErasure): Promise<ErasedRows | undefined> {
  const { person, mode } = erasure;
  return database.$transaction(
    async (tx) => {
      await tx.$executeRaw`SET LOCAL screentest.erasure = 'on'`;
      await keepOthersOff(tx, person);
      const groups = mode === 'delete' ? await groupsOf(tx, person, erasure.besides) : [];
      if (!groups.every(({ id }) => erasure.groups.includes(id))) return undefined;
      const doomed = await doomedWith(
        tx,
        person,
        mode,
        groups.map(({ id }) => id),
      );
      const deleted = await deleteRows(tx, doomed);
      const changed = await removeTraces(tx, person);
      const accountKept = await deleteAccount(tx, person);
      await recordErasure(tx, erasure);
      return { deleted, changed, accountKept };
    },
    { timeout: WITHIN_MS, maxWait: 20_000 },
  );
}

/** Nobody can write a row that refers to the person until the end; where that may not be asked for, a second look finds it. */
async function keepOthersOff(tx: Queries, { id }: Person): Promise<void> {
  const [right] = await tx.$queryRaw<{ granted: boolean }[]>`
    SELECT has_table_privilege('auth.users', 'UPDATE') AS granted`;
  if (right?.granted === true) await tx.$queryRaw`SELECT FROM auth.users WHERE id = ${id}::uuid FOR UPDATE`;
}

async function deleteRows(tx: Queries, doomed: Doomed): Promise<RowCounts> {
  const deleted: Record<string, number> = {};
  const lines = await tx.budgetLedgerEntry.count({ where: { variantGroupId: { in: [...doomed.groups] } } });
  for (const { table, column, of } of await stepsHere(tx)) {
    if (doomed[of].length === 0) continue;
    const rows = await tx.$executeRawUnsafe(
      `DELETE FROM ${table} AS t USING ${DOOMED} WHERE t.${column} = doomed.id`,
      doomed[of],
    );
    if (rows > 0) deleted[table] = (deleted[table] ?? 0) + rows;
  }
  if (lines > 0) deleted[LEDGER] = lines;
  return deleted;
}

/** @returns why it is still there */
async function deleteAccount(tx: Queries, { id }: Person): Promise<string | undefined> {
  await tx.$executeRaw`SAVEPOINT account`;
  try {
    await tx.$executeRaw`DELETE FROM auth.users WHERE id = ${id}::uuid`;
  } catch (error) {
    const reason = refusalOf(error);
    if (reason === undefined) throw error;
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT account`;
    return reason;
  }
  // Row-level security of others' makes a DELETE find nothing.
  return (await personById(tx, id)) === undefined
    ? undefined
    : 'the database does not let this role delete it';
}

/** Undefined for what is no refusal. */
function refusalOf(error: unknown): string | undefined {
  const said = error instanceof Error ? `${error.message} ${JSON.stringify(error)}` : '';
  if (/42501/.test(said)) return 'this role has no right to delete from auth.users';
  const table = /on table \\*"([^"\\]+)\\*"[^"]*$/.exec(error instanceof Error ? error.message : '')?.[1];
  if (/23503/.test(said)) return `rows of ${table ?? 'another table'} still refer to it`;
  return undefined;
}

/** The group of an event that is about none. */
const NO_GROUP = '00000000-0000-0000-0000-000000000000';

/** That it happened, when and by whom; not to whom. */
async function recordErasure(tx: Queries, { erasure, mode, by }: RowErasure): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO group_events (variant_group_id, event, actor, details, idempotency_key)
    VALUES (${NO_GROUP}::uuid, 'person erased', ${by},
      jsonb_build_object('erasure', ${erasure}::text, 'mode', ${mode}::text), ${`erased/${erasure}`})
    ON CONFLICT (idempotency_key) DO NOTHING`;
}

/** Milliseconds between two looks whether it is our turn. */
const TURN_MS = 500;

/**
 * One erasure at a time, whichever process does it: the lock goes with its connection, should we be killed.
 * @param onWait told once when another one is under way
 */
export async function whileAlone<Result>(
  database: Database,
  onWait: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    const done = await database.$transaction(
      async (tx) => {
        // This session does nothing but hold the lock.
        await tx.$executeRaw`SET LOCAL idle_in_transaction_session_timeout = 0`;
        const [lock] = await tx.$queryRaw<{ taken: boolean }[]>`
          SELECT pg_try_advisory_xact_lock(hashtextextended('screentest/erasure', 0)) AS taken`;
        return lock?.taken === true ? { result: await work() } : undefined;
      },
      { timeout: 24 * WITHIN_MS, maxWait: 20_000 },
    );
    if (done !== undefined) return done.result;
    if (attempt === 1) onWait();
    await delay(TURN_MS);
  }
}
