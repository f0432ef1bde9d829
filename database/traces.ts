import type { Queries } from './client.ts';
import { MAY_BE_OTHERS, OWN_SCHEMAS, OWN_TABLES } from './own-tables.ts';

/**
 * Where a person is found in the database, by id or by e-mail address, whatever the column: nothing here knows which
 * table says what, so that a column that is added is looked at too.
 */

export interface Person {
  /** In `auth.users`. */
  readonly id: string;
  /** Undefined where only the id is known any more. */
  readonly email: string | undefined;
}

/** What stands in place of somebody who was erased. */
export const ERASED_PERSON = 'erased person';

/** Numbers of rows, by `schema.table` or `schema.table.column`. */
export type RowCounts = Readonly<Record<string, number>>;

export interface Traces {
  /** In Screentest's own tables. */
  readonly ours: RowCounts;
  /** In tables that are somebody else's to mend. */
  readonly others: RowCounts;
  /** Longer addresses that only contain the person's, such as `diana@example.com` for `ana@example.com`. */
  readonly lookalikes: RowCounts;
  readonly tables: number;
  readonly columns: number;
  /** Tables that this role may not read. */
  readonly unreadable: readonly string[];
}

interface Column {
  /** `schema.table`, quoted where it must be. */
  readonly table: string;
  readonly column: string;
  readonly type: string;
  readonly kind: 'uuid' | 'text' | 'json' | 'texts';
  /** Characters; null for no limit. */
  readonly limit: number | null;
  readonly isNullable: boolean;
  readonly isUnique: boolean;
  readonly isOurs: boolean;
  readonly isReadable: boolean;
}

/** Counts the rows that name the person, in every column that could. Reads every table once. */
export async function findTraces(queries: Queries, person: Person): Promise<Traces> {
  const columns = await columnsThatCould(queries);
  const found = { ours: {}, others: {}, lookalikes: {} } as Record<
    'ours' | 'others' | 'lookalikes',
    Record<string, number>
  >;
  for (const [table, its] of byTable(columns.filter(({ isReadable }) => isReadable))) {
    const counts = its.flatMap((column, place) => [
      `count(*) FILTER (WHERE ${names(column)})::int AS "found${place}"`,
      `count(*) FILTER (WHERE ${mayName(column)} AND NOT ${names(column)})::int AS "like${place}"`,
    ]);
    const [row] = await queries.$queryRawUnsafe<Record<string, number>[]>(
      `${PERSON} SELECT ${counts.join(', ')} FROM ONLY ${table} AS t, person`,
      ...parametersOf(person),
    );
    its.forEach(({ column, isOurs }, place) => {
      const at = `${table}.${column}`;
      const hits = row?.[`found${place}`] ?? 0;
      const like = row?.[`like${place}`] ?? 0;
      if (hits > 0) found[isOurs ? 'ours' : 'others'][at] = hits;
      if (like > 0) found.lookalikes[at] = like;
    });
  }
  return {
    ...found,
    tables: byTable(columns).size,
    columns: columns.length,
    unreadable: [...byTable(columns.filter(({ isReadable }) => !isReadable)).keys()],
  };
}

/**
 * Takes the person out of every table of ours: ids become null, addresses in texts and JSON `erased person`.
 * To be called in a transaction that may change `group_events`.
 * @returns how many rows were changed
 */
export async function removeTraces(tx: Queries, person: Person): Promise<RowCounts> {
  const changed: Record<string, number> = {};
  const columns = (await columnsThatCould(tx)).filter(
    ({ isOurs, kind, isNullable }) => isOurs && (kind !== 'uuid' || isNullable),
  );
  for (const [table, its] of byTable(columns)) {
    const changes = its.map((column) => {
      const { column: name } = column;
      return `${name} = CASE WHEN ${names(column)} THEN ${without(column)} ELSE t.${name} END`;
    });
    const rows = await tx.$executeRawUnsafe(
      `${PERSON} UPDATE ONLY ${table} AS t SET ${changes.join(', ')} FROM person WHERE ${its.map(names).join(' OR ')}`,
      ...parametersOf(person),
    );
    if (rows > 0) changed[table] = rows;
  }
  return changed;
}

/** Partitions one by one: those of a detached month are tables like any other. */
async function columnsThatCould(queries: Queries): Promise<readonly Column[]> {
  return queries.$queryRaw<Column[]>`
    SELECT format('%I.%I', n.nspname, c.relname) AS "table", quote_ident(a.attname) AS "column",
      format_type(a.atttypid, NULL) AS type,
      CASE WHEN t.typname = 'uuid' THEN 'uuid' WHEN t.typname IN ('json', 'jsonb') THEN 'json'
        WHEN t.typcategory = 'A' THEN 'texts' ELSE 'text' END AS kind,
      CASE WHEN t.typname IN ('varchar', 'bpchar') AND a.atttypmod > 4 THEN a.atttypmod - 4 END AS "limit",
      NOT a.attnotnull AS "isNullable",
      EXISTS (
        SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique
          AND (a.attnum = ANY (i.indkey) OR pg_get_indexdef(i.indexrelid) ~ ('\\m' || a.attname || '\\M'))
      ) AS "isUnique",
      n.nspname = ANY (${[...OWN_SCHEMAS]}::text[])
        OR n.nspname = 'public' AND c.relname = ANY (${[...OWN_TABLES, ...MAY_BE_OTHERS]}::text[]) AS "isOurs",
      has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AS "isReadable"
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    JOIN pg_type t ON t.oid = a.atttypid
    WHERE c.relkind = 'r' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
      AND t.typname IN ('uuid', 'text', 'varchar', 'bpchar', 'citext', 'json', 'jsonb', '_text', '_varchar')
    ORDER BY 1, a.attnum`;
}

function byTable(columns: readonly Column[]): ReadonlyMap<string, readonly Column[]> {
  const tables = new Map<string, Column[]>();
  for (const column of columns) {
    const its = tables.get(column.table);
    if (its === undefined) tables.set(column.table, [column]);
    else its.push(column);
  }
  return tables;
}

/** One row; every statement below begins with it. */
const PERSON = `WITH person AS (
  SELECT $1::uuid AS id, $1::text AS id_text, lower($2::text) AS email, $3::text AS pattern, $4::int AS shortest
)`;

function parametersOf({ id, email }: Person): readonly unknown[] {
  const shortest = Math.min(id.length, email === undefined ? id.length : Buffer.byteLength(email));
  return [id, email ?? null, patternOf(id, email), shortest];
}

/**
 * The id or the address as words of their own. An address that goes on to either side is somebody else's; but that the
 * name of a file may end after it (`ana@example.com.csv`).
 */
function patternOf(id: string, email: string | undefined): string {
  const idAlone = `(?<![0-9a-f-])${id}(?![0-9a-f-])`;
  if (email === undefined) return idAlone;
  const address = email.replaceAll(/[^\p{L}\p{N}]/gu, String.raw`\$&`);
  const ending = String.raw`(?![[:alnum:]-]|\.(?!(?:csv|tsv|txt|xlsx?|json|pdf|zip|gz|mp4|mov|png|jpe?g)\M)[[:alnum:]])`;
  return `${idAlone}|(?<![[:alnum:]._+-])${address}${ending}`;
}

/** Cheap: most values are too short, or have neither in them. */
function mayName({ column, kind }: Column): string {
  if (kind === 'uuid') return 'false';
  const text = kind === 'texts' ? `array_to_string(t.${column}, ' ')` : `t.${column}::text`;
  return `(octet_length(${text}) >= person.shortest AND (strpos(lower(${text}), person.email) > 0 OR strpos(lower(${text}), person.id_text) > 0))`;
}

function names(column: Column): string {
  const value = `t.${column.column}`;
  if (column.kind === 'uuid') return `coalesce(${value} = person.id, false)`;
  const really =
    column.kind === 'text'
      ? `${value} ~* person.pattern`
      : `${replaced(column)} IS DISTINCT FROM ${jsonOf(column)}`;
  return `coalesce(${mayName(column)} AND ${really}, false)`;
}

function jsonOf({ column, kind }: Column): string {
  return kind === 'texts' ? `to_jsonb(t.${column})` : `t.${column}::jsonb`;
}

function replaced(column: Column): string {
  return `public.screentest_replace_in_json(${jsonOf(column)}, person.pattern, '${ERASED_PERSON}')`;
}

function without(column: Column): string {
  const { column: name, kind, type, limit, isUnique } = column;
  switch (kind) {
    case 'uuid':
      return 'NULL';
    case 'json':
      return `${replaced(column)}::${type}`;
    case 'texts':
      return `ARRAY(SELECT jsonb_array_elements_text(${replaced(column)}))::${type}`;
    case 'text': {
      // Two people who were erased must not meet in a unique key.
      const substitute = isUnique ? `'${ERASED_PERSON} ' || gen_random_uuid()::text` : `'${ERASED_PERSON}'`;
      const text = `regexp_replace(t.${name}, person.pattern, ${substitute}, 'gi')`;
      return limit === null ? text : `left(${text}, ${limit})`;
    }
  }
}
