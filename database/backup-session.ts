import type pg from 'pg';

/** What a physical backup asks of the server, on one connection. */

export interface ClusterFacts {
  /** 180004 for 18.4. */
  readonly serverVersion: number;
  /** Made with the cluster; its copies keep it. */
  readonly systemIdentifier: string;
  /** Where the server says that its files are; undefined when this user may not know. */
  readonly dataDirectory: string | undefined;
  /** What ships its log; undefined when nothing does, or this user may not know. */
  readonly archiveCommand: string | undefined;
  /** Whom the cluster was made with. */
  readonly superuser: string;
  readonly walSegmentBytes: number;
  /** Of all databases. */
  readonly bytes: number;
  readonly hasTablespaces: boolean;
}

export async function readClusterFacts(client: pg.Client): Promise<ClusterFacts> {
  const { rows } = await client.query<{
    version: number;
    identifier: string;
    directory: string | null;
    command: string | null;
    superuser: string;
    segment: number;
    bytes: string;
    tablespaces: boolean;
  }>(`
    SELECT current_setting('server_version_num')::int AS version,
      (SELECT system_identifier::text FROM pg_control_system()) AS identifier,
      -- A setting that this user may not see is not in the view.
      (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS directory,
      (SELECT nullif(command.setting, '') FROM pg_settings command, pg_settings mode
       WHERE command.name = 'archive_command' AND mode.name = 'archive_mode' AND mode.setting <> 'off') AS command,
      (SELECT rolname FROM pg_roles WHERE oid = 10) AS superuser,
      (SELECT setting::int FROM pg_settings WHERE name = 'wal_segment_size') AS segment,
      (SELECT sum(pg_database_size(oid)) FROM pg_database
       WHERE has_database_privilege(oid, 'CONNECT'))::text AS bytes,
      EXISTS (SELECT FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global')) AS tablespaces`);
  const [facts] = rows;
  if (facts === undefined) throw new TypeError('the server said nothing of itself');
  return {
    serverVersion: facts.version,
    systemIdentifier: facts.identifier,
    dataDirectory: facts.directory ?? undefined,
    archiveCommand: facts.command ?? undefined,
    superuser: facts.superuser,
    walSegmentBytes: facts.segment,
    bytes: Number(facts.bytes),
    hasTablespaces: facts.tablespaces,
  };
}

export interface BackupStart {
  readonly lsn: string;
  /** The first segment that a restore needs. */
  readonly segment: string;
  readonly at: Date;
}

/**
 * From here until {@link stopBackup}, on this same connection, the files may be copied while others write. The slot
 * keeps the log until it has been copied too, and goes with the connection.
 */
export async function startBackup(client: pg.Client, label: string): Promise<BackupStart> {
  await client.query(`SELECT pg_create_physical_replication_slot($1, true, true)`, [
    `screentest_backup_${process.pid}`,
  ]);
  const { rows } = await client.query<{ lsn: string; segment: string; at: Date }>(
    `SELECT lsn::text, pg_walfile_name(lsn) AS segment, clock_timestamp() AS at
     FROM pg_backup_start($1, true) AS started (lsn)`,
    [label],
  );
  return only(rows);
}

export interface BackupStop {
  readonly lsn: string;
  /** The last segment that a restore needs. */
  readonly segment: string;
  /** The content of the file `backup_label`. */
  readonly labelFile: string;
  /** No earlier moment can be restored from this backup. */
  readonly at: Date;
}

/** Ends the backup and the segment it ends in; whether that has been archived is for the caller to see. */
export async function stopBackup(client: pg.Client): Promise<BackupStop> {
  const { rows } = await client.query<BackupStop>(
    `SELECT lsn::text, pg_walfile_name(lsn) AS segment, labelfile AS "labelFile", clock_timestamp() AS at
     FROM pg_backup_stop(false)`,
  );
  return only(rows);
}

export interface ArchiverState {
  readonly lastArchivedAt: Date | undefined;
  readonly lastFailedAt: Date | undefined;
  readonly lastFailedSegment: string | undefined;
  readonly failures: number;
}

export async function readArchiverState(client: pg.Client): Promise<ArchiverState> {
  const { rows } = await client.query<{
    archived: Date | null;
    failed: Date | null;
    segment: string | null;
    failures: string;
  }>(
    `SELECT last_archived_time AS archived, last_failed_time AS failed, last_failed_wal AS segment,
       failed_count::text AS failures
     FROM pg_stat_archiver`,
  );
  const { archived, failed, segment, failures } = only(rows);
  return {
    lastArchivedAt: archived ?? undefined,
    lastFailedAt: failed ?? undefined,
    lastFailedSegment: segment ?? undefined,
    failures: Number(failures),
  };
}

/** Ends the segment that is being written, so that it is archived now. Returns its name. */
export async function switchSegment(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ segment: string }>(
    `SELECT pg_walfile_name(pg_switch_wal()) AS segment`,
  );
  return only(rows).segment;
}

function only<Row>(rows: readonly Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new TypeError('the server gave no row');
  return row;
}

/** The database's own time. */
export async function clockOf(client: pg.Client): Promise<Date> {
  const { rows } = await client.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return only(rows).now;
}

/** The same to the microsecond, as a moment to restore. */
export async function momentOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ moment: string }>(
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS moment`,
  );
  return only(rows).moment;
}
