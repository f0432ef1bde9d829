import type pg from 'pg';

/** What a database holds, so that two can be compared to the row. */

export interface TableContents {
  /** `public.variant_groups`; a partition under its own name. */
  readonly name: string;
  readonly rows: number;
  /** The same for the same rows, in whatever order; hexadecimal. */
  readonly checksum: string;
}

export interface Contents {
  readonly database: string;
  readonly tables: readonly TableContents[];
  /** Every key, index, trigger, view, function and policy, as one checksum. */
  readonly schema: string;
  readonly sequences: readonly SequenceState[];
}

export interface SequenceState {
  readonly name: string;
  readonly value: bigint;
  readonly step: bigint;
}

/** The log runs ahead of a sequence by so many values, which a recovery skips. */
const SEQUENCE_AHEAD = 32n;

/** Sessions may show the same value differently, and would give different checksums. */
const SAME_TEXT = `
  SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO'; SET LOCAL intervalstyle = 'postgres';
  SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL search_path = pg_catalog;
  SET LOCAL statement_timeout = 0; SET LOCAL row_security = off`;

/**
 * Reads every table of every schema (partitions each on their own) and sums up its rows, all as of one moment.
 * A page that can't be read fails it: that is what it is for.
 */
export async function readContents(client: pg.Client): Promise<Contents> {
  await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  try {
    return await readContentsInSnapshot(client);
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

/** The same, as of the moment of the transaction that `client` is in. */
export async function readContentsInSnapshot(client: pg.Client): Promise<Contents> {
  await client.query(SAME_TEXT);
  const { rows: relations } = await client.query<{ name: string }>(TABLES_OF_USERS);
  const tables: TableContents[] = [];
  for (const { name } of relations) tables.push(await readTable(client, name));
  const { rows } = await client.query<{ database: string; schema: string }>(
    `SELECT current_database() AS database, md5(coalesce(string_agg(part, E'\\n' ORDER BY part), '')) AS schema
     FROM (${SCHEMA_PARTS}) AS parts (part)`,
  );
  const [found] = rows;
  if (found === undefined) throw new TypeError('the server gave no row');
  return { ...found, tables, sequences: await readSequences(client) };
}

/** One table, by its name in {@link readContents}, as it is now. */
export async function readOneTable(client: pg.Client, name: string): Promise<TableContents> {
  await client.query('BEGIN READ ONLY');
  try {
    await client.query(SAME_TEXT);
    return await readTable(client, name);
  } finally {
    await client.query('ROLLBACK').catch(() => undefined);
  }
}

/** Two sums of 64-bit hashes with different seeds: as good as one of 128 bits, and in no order. */
async function readTable(client: pg.Client, name: string): Promise<TableContents> {
  const { rows } = await client.query<{ rows: string; checksum: string }>(`
    SELECT count(*)::text AS rows,
      md5(coalesce(sum(hashtextextended(line, 0)), 0) || '/' || coalesce(sum(hashtextextended(line, 1)), 0)) AS checksum
    FROM (SELECT whole::text AS line FROM ${name} AS whole OFFSET 0) AS lines`);
  const [found] = rows;
  if (found === undefined) throw new TypeError('the server gave no row');
  return { name, rows: Number(found.rows), checksum: found.checksum };
}

export async function readSequences(client: pg.Client): Promise<readonly SequenceState[]> {
  const { rows } = await client.query<{ name: string; value: string; step: string }>(`
    SELECT format('%I.%I', schemaname, sequencename) AS name, coalesce(last_value, start_value)::text AS value,
      increment_by::text AS step
    FROM pg_sequences ORDER BY 1`);
  return rows.map(({ name, value, step }) => ({ name, value: BigInt(value), step: BigInt(step) }));
}

const OF_USERS = `nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND nspname !~ '^pg_(temp|toast_temp)_'`;

/** All that hold rows: partitions each on their own, their parents not. */
export const TABLES_OF_USERS = `
  SELECT format('%I.%I', nspname, relname) AS name
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE relkind = 'r' AND relpersistence = 'p' AND ${OF_USERS}
  ORDER BY 1`;

const SCHEMA_PARTS = `
  SELECT format('%s %I.%I %s', relkind, nspname, relname,
      CASE WHEN relkind IN ('i', 'I') THEN pg_get_indexdef(pg_class.oid) WHEN relkind = 'v' THEN pg_get_viewdef(pg_class.oid)
        WHEN relkind = 'm' THEN pg_get_viewdef(pg_class.oid) ELSE pg_get_expr(relpartbound, pg_class.oid) END)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE ${OF_USERS}
  UNION ALL SELECT format('column %s %s %s %s %s', attrelid::regclass, attnum, attname, format_type(atttypid, atttypmod), attnotnull)
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE attnum > 0 AND NOT attisdropped AND relkind IN ('r', 'p') AND ${OF_USERS}
  UNION ALL SELECT format('constraint %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(pg_constraint.oid))
    FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace WHERE ${OF_USERS}
  UNION ALL SELECT format('trigger %s %s', pg_get_triggerdef(oid), tgenabled) FROM pg_trigger WHERE NOT tgisinternal
  UNION ALL SELECT format('function %s %s', pg_proc.oid::regprocedure, md5(prosrc))
    FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace WHERE ${OF_USERS}
  UNION ALL SELECT format('policy %s %s %s %s', polrelid::regclass, polname, pg_get_expr(polqual, polrelid),
      pg_get_expr(polwithcheck, polrelid)) FROM pg_policy`;

/** How `restored` differs from what it should be, a sentence each; none when it is the same. */
export function differencesBetween(expected: Contents, restored: Contents): readonly string[] {
  const found = new Map(restored.tables.map((table) => [table.name, table]));
  const differences = expected.tables.flatMap((table) => {
    const other = found.get(table.name);
    found.delete(table.name);
    return differenceOf(table, other) ?? [];
  });
  for (const name of found.keys()) differences.push(`${name} is there and should not be`);
  if (expected.schema !== restored.schema) differences.push('keys, indexes, triggers or policies differ');
  return [...differences, ...sequenceDifferences(expected.sequences, restored.sequences)];
}

/** Undefined when it is the same. */
export function differenceOf(expected: TableContents, found: TableContents | undefined): string | undefined {
  const { name, rows, checksum } = expected;
  if (found === undefined) return `${name} is missing`;
  if (found.rows !== rows) return `${name} has ${found.rows} rows instead of ${rows}`;
  return found.checksum === checksum ? undefined : `${name} has other content in its ${rows} rows`;
}

/** None may be behind, or a value would be given twice. */
function sequenceDifferences(
  expected: readonly SequenceState[],
  restored: readonly SequenceState[],
): readonly string[] {
  const found = new Map(restored.map((sequence) => [sequence.name, sequence]));
  return expected.flatMap(({ name, value, step }) => {
    const other = found.get(name);
    if (other === undefined) return [`the sequence ${name} is missing`];
    const ahead = (other.value - value) / step;
    if (ahead >= 0n && ahead <= SEQUENCE_AHEAD) return [];
    return [`the sequence ${name} stands at ${other.value} instead of ${value}`];
  });
}

export async function setSuperuserPassword(client: pg.Client, role: string, password: string): Promise<void> {
  await client.query(
    `ALTER ROLE ${client.escapeIdentifier(role)} PASSWORD ${client.escapeLiteral(password)}`,
  );
}
