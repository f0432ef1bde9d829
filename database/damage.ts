import type pg from 'pg';

/** For restore drills alone, on a server that the drill made itself. */

/** Work that comes after the backup, so that the log has something to bring back. Returns the rows it touched. */
export async function workOn(client: pg.Client): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE variant_groups SET test_description = 'noted after the backup'
     WHERE hashtext(id::text) % 3 = 0`,
  );
  await client.query(
    `INSERT INTO group_events (variant_group_id, venture_id, event, actor)
     SELECT id, venture_id, 'noted', 'screentest' FROM variant_groups WHERE hashtext(id::text) % 3 = 0`,
  );
  return 2 * (rowCount ?? 0);
}

/** What a careless script does: every third group is gone, and the others have each other's name and status. */
export async function scrambleGroups(client: pg.Client): Promise<{ changed: number; deleted: number }> {
  await client.query('BEGIN');
  // Past triggers and foreign keys, as such scripts are run.
  await client.query('SET LOCAL session_replication_role = replica');
  const removed = await client.query('DELETE FROM variant_groups WHERE hashtext(id::text) % 3 = 0');
  const changed = await client.query(
    `UPDATE variant_groups SET test_name = reverse(test_name), test_status = 'planning', outcome = NULL,
       winner_variant_id = NULL, decision = NULL`,
  );
  await client.query('COMMIT');
  return { changed: changed.rowCount ?? 0, deleted: removed.rowCount ?? 0 };
}

export interface TableFile {
  /** Below the data directory. */
  readonly path: string;
  readonly pageBytes: number;
}

/** Where the groups are on the disk, once everything has been written there. */
export async function fileOfGroups(client: pg.Client): Promise<TableFile> {
  await client.query('CHECKPOINT');
  const { rows } = await client.query<TableFile>(
    `SELECT pg_relation_filepath('public.variant_groups') AS path,
       current_setting('block_size')::int AS "pageBytes"`,
  );
  const [file] = rows;
  if (file === undefined) throw new TypeError('the server gave no row');
  return file;
}

/** What PostgreSQL says when it reads a damaged page; undefined when it reads all of the groups well. */
export async function readingProblemOfGroups(client: pg.Client): Promise<string | undefined> {
  try {
    await client.query('SELECT count(whole::text) FROM public.variant_groups AS whole');
    return undefined;
  } catch (error) {
    const isDamage = error instanceof Error && 'code' in error && error.code === 'XX001';
    if (!isDamage) throw error;
    return error.message;
  }
}
