import pg from 'pg';

export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = await connected(url);
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The first column of every row. */
export async function column(client: pg.Client, sql: string, values: unknown[] = []): Promise<unknown[]> {
  const { rows } = await client.query<unknown[]>({ text: sql, values, rowMode: 'array' });
  return rows.map((row) => row[0]);
}

/** The rows of every table that people see, by the table's name. */
export async function allRows(client: pg.Client): Promise<Map<string, Record<string, unknown>[]>> {
  const tables = await column(
    client,
    `SELECT format('%I.%I', n.nspname, c.relname)
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('public', 'auth') AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'
     ORDER BY 1`,
  );
  const all = new Map<string, Record<string, unknown>[]>();
  for (const table of tables) {
    const { rows } = await client.query<{ row: Record<string, unknown> }>(
      `SELECT to_jsonb(t) AS row FROM ${String(table)} t ORDER BY to_jsonb(t)::text`,
    );
    all.set(
      String(table),
      rows.map(({ row }) => row),
    );
  }
  return all;
}

/** Everything of ours in the catalog as text, partitions left out: their months depend on the day. */
export async function catalog(client: pg.Client): Promise<unknown[]> {
  return column(
    client,
    `WITH tables AS (
       SELECT c.oid, c.relname, c.relkind, c.relchecks
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE n.nspname IN ('public', 'auth') AND c.relkind IN ('r', 'p')
     )
     SELECT format('%s.%s %s %s %s %s', relname, attname, format_type(atttypid, atttypmod), attnotnull,
                   pg_get_expr(adbin, adrelid), col_description(attrelid, attnum))
     FROM tables JOIN pg_attribute ON attrelid = tables.oid AND attnum > 0 AND NOT attisdropped
     LEFT JOIN pg_attrdef ON adrelid = tables.oid AND adnum = attnum
     UNION ALL
     SELECT format('%s %s %s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
     FROM tables JOIN pg_constraint ON conrelid = tables.oid
     UNION ALL
     SELECT pg_get_indexdef(indexrelid) FROM tables JOIN pg_index ON indrelid = tables.oid
     UNION ALL
     SELECT pg_get_triggerdef(pg_trigger.oid) FROM tables JOIN pg_trigger ON tgrelid = tables.oid AND NOT tgisinternal
     UNION ALL
     SELECT pg_get_functiondef(p.oid) FROM pg_proc p WHERE pronamespace = 'public'::regnamespace
     UNION ALL
     SELECT format('%s: %s', relname, obj_description(oid, 'pg_class')) FROM tables
     UNION ALL
     SELECT format('schema %s', nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
     ORDER BY 1`,
  );
}
