import type pg from 'pg';
import { type ClusterFacts, readClusterFacts } from '../../database/backup-session.ts';
import { PreconditionFailed } from '../../domain/errors.ts';
import { withConnection } from '../../prisma/connection.ts';
import { type Backup, type BackupFolder, listBackups } from './backup-folder.ts';
import { copyBackup, readableDataDirectory } from './copy-backup.ts';
import { onDisk, refuseSmallDisk } from './disk-space.ts';
import { findProgram } from './postgres-programs.ts';
import { baseBackupBy, dumpBy } from './tool-backup.ts';
import { verifyBackup } from './verify-backup.ts';

export interface BackupOptions {
  readonly databaseUrl: string;
  readonly folder: BackupFolder;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Rows alone, by pg_dump, where nothing better can be had: enough before a migration, not for a moment in time. */
  readonly mayBeDump?: boolean;
}

/** Room for what the log adds while the files are copied. */
const ROOM = 1.1;

/**
 * A full backup of the server's cluster, verified before it counts: its files, where this process may read them; else
 * by pg_basebackup of the server's version.
 * @throws PreconditionFailed: no way to make one, another cluster's folder, the disk, an archive that does not take
 *   the log; Unavailable when the server does not answer
 */
export async function takeBackup(options: BackupOptions): Promise<Backup> {
  const { databaseUrl, folder } = options;
  const backup = await withConnection(databaseUrl, async (client) => {
    const facts = await readClusterFacts(client);
    await refuseOtherCluster(folder, facts);
    await refuseSmallDisk(folder.path, facts.bytes * ROOM, 'a backup');
    return onDisk(folder.path, () => makeBackup(client, facts, options));
  });
  return verifyBackup(folder, backup, options);
}

async function makeBackup(client: pg.Client, facts: ClusterFacts, options: BackupOptions): Promise<Backup> {
  const major = Math.floor(facts.serverVersion / 10_000);
  const directory = await readableDataDirectory(facts);
  if (directory !== undefined) {
    if (facts.hasTablespaces) throw hasTablespaces();
    return copyBackup(client, facts, directory, options);
  }
  const dump = options.mayBeDump === true ? await findProgram('pg_dump', major) : undefined;
  const tool = facts.hasTablespaces ? undefined : await findProgram('pg_basebackup', major);
  const refusals: string[] = [];
  if (tool !== undefined) {
    try {
      return await baseBackupBy(tool, facts, options);
    } catch (error) {
      if (dump === undefined || options.signal?.aborted === true) throw error;
      refusals.push(error instanceof Error ? error.message : String(error));
      options.log('pg_basebackup was refused; taking a dump of the rows instead');
    }
  }
  if (dump !== undefined) return dumpBy(dump, facts, options);
  if (facts.hasTablespaces) throw hasTablespaces();
  throw noWay(major, options.mayBeDump === true);
}

async function refuseOtherCluster(folder: BackupFolder, facts: ClusterFacts): Promise<void> {
  const other = (await listBackups(folder)).find(
    ({ systemIdentifier }) => systemIdentifier !== facts.systemIdentifier,
  );
  if (other === undefined) return;
  throw new PreconditionFailed({
    code: 'BACKUPS_OF_ANOTHER_CLUSTER',
    given: `${folder.path} holds backups of the cluster ${other.systemIdentifier}; this server's is ${facts.systemIdentifier}`,
    allowed: 'one cluster in a folder: the names of their logs are the same',
    fix: 'name another folder for this one (SCREENTEST_BACKUP_DIR)',
  });
}

function hasTablespaces(): PreconditionFailed {
  return new PreconditionFailed({
    code: 'TABLESPACES_NOT_BACKED_UP',
    given: 'The server keeps tables in tablespaces of its own, outside its data directory',
    allowed: 'one data directory',
    fix: 'back this server up with pgBackRest (ops/backup/pgbackrest.conf)',
  });
}

function noWay(major: number, mayBeDump: boolean): PreconditionFailed {
  const tools = mayBeDump ? 'pg_basebackup or pg_dump' : 'pg_basebackup';
  return new PreconditionFailed({
    code: 'NO_WAY_TO_BACK_UP',
    given: `The server's files can't be read from here, and this machine has no ${tools} of version ${major}`,
    allowed: `the server's own machine and user, or ${tools} of version ${major} (Debian: postgresql-client-${major}) with a user that may use it`,
    fix: "run it there, or install that; a hosted database has backups of its provider's (docs/recovery.md)",
  });
}
