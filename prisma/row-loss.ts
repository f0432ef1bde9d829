import type pg from 'pg';

/** Rows that would go: those of a table, or the values of one column in a table that stays. */
export interface RowLoss {
  readonly what: string;
  readonly rows: number;
}

interface Table {
  readonly name: string;
  readonly columns: ReadonlyMap<number, { readonly name: string; readonly default: string | null }>;
}

/**
 * What `change` would lose. It is tried behind a savepoint and undone, so that the SQL itself says which tables and
 * columns go, rather than a list beside it. Those that go stay locked until the transaction ends: no row can
 * come in after the count.
 */
export async function rowsLostBy(client: pg.Client, change: () => Promise<void>): Promise<RowLoss[]> {
  const before = await readTables(client);
  await client.query('SAVEPOINT row_loss');
  await change();
  const after = await readTables(client);
  await client.query('ROLLBACK TO SAVEPOINT row_loss');

  const losses: RowLoss[] = [];
  for (const [oid, table] of before) {
    const kept = after.get(oid);
    if (kept === undefined) {
      losses.push({ what: `table ${table.name}`, rows: await countLocked(client, table.name, 'true') });
      continue;
    }
    for (const [number, column] of table.columns) {
      if (kept.columns.has(number)) continue;
      const value = quoted(column.name);
      const saysSomething = `${value} IS NOT NULL AND ${value} IS DISTINCT FROM (${column.default ?? 'NULL'})`;
      const rows = await countLocked(client, table.name, saysSomething);
      losses.push({ what: `column ${column.name} of table ${table.name}`, rows });
    }
  }
  return losses.filter((loss) => loss.rows > 0);
}

async function countLocked(client: pg.Client, table: string, condition: string): Promise<number> {
  await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
  const { rows } = await client.query<{ rows: string }>(
    `SELECT count(*) AS rows FROM ${table} WHERE ${condition}`,
  );
  return Number(rows[0]?.rows ?? 0);
}

/** All tables by their oid; partitions are counted with their parent. */
async function readTables(client: pg.Client): Promise<Map<number, Table>> {
  const { rows } = await client.query<{
    oid: number;
    table: string;
    number: number;
    column: string;
    default: string | null;
  }>(
    `SELECT c.oid, format('%I.%I', n.nspname, c.relname) AS table, a.attnum AS number, a.attname AS column,
            pg_get_expr(d.adbin, d.adrelid) AS default
     FROM pg_class c
     JOIN pg_namespace n ON n.oid = c.relnamespace
     JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum AND a.attgenerated = ''
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
     ORDER BY 2, 3`,
  );
  const tables = new Map<
    number,
    { name: string; columns: Map<number, { name: string; default: string | null }> }
  >();
  for (const row of rows) {
    const table = tables.get(row.oid) ?? { name: row.table, columns: new Map() };
    table.columns.set(row.number, { name: row.column, default: row.default });
    tables.set(row.oid, table);
  }
  return tables;
}

function quoted(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`;
}
