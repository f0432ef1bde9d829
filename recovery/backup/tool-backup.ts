import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type ClusterFacts, clockOf } from '../../database/backup-session.ts';
import { withConnection } from '../../prisma/connection.ts';
import { addBackup, type Backup, type BackupFolder, DUMP_FILE, describedBy } from './backup-folder.ts';
import { hashFile } from './copy-files.ts';
import { runProgram } from './run-program.ts';

export interface ToolBackupOptions {
  readonly databaseUrl: string;
  readonly folder: BackupFolder;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** By pg_basebackup; the log that the backup needs comes with it. @throws PreconditionFailed PROGRAM_FAILED */
export async function baseBackupBy(
  tool: string,
  facts: ClusterFacts,
  { databaseUrl, folder, log, signal }: ToolBackupOptions,
): Promise<Backup> {
  log(`taking a backup with ${tool}`);
  const startedAt = new Date();
  return addBackup(folder, startedAt, async ({ dataDirectory }) => {
    await mkdir(dataDirectory, { mode: 0o700 });
    const { args, env } = connectionFor(databaseUrl);
    const how = ['--format=plain', '--checkpoint=fast', '--wal-method=stream', '--manifest-checksums=SHA256'];
    await runProgram(tool, [...args, '--pgdata', dataDirectory, ...how], { env, signal });
    return {
      ...describedBy(facts),
      method: 'pg_basebackup',
      startedAt,
      finishedAt: await withConnection(databaseUrl, clockOf),
      bytes: facts.bytes,
      isArchived: facts.archiveCommand?.includes(folder.wal) ?? false,
    };
  });
}

/** The rows and the schema of one database, by pg_dump. @throws PreconditionFailed PROGRAM_FAILED */
export async function dumpBy(
  tool: string,
  facts: ClusterFacts,
  { databaseUrl, folder, log, signal }: ToolBackupOptions,
): Promise<Backup> {
  log(`taking a dump with ${tool}`);
  const startedAt = new Date();
  return addBackup(folder, startedAt, async ({ path }) => {
    const { args, env } = connectionFor(databaseUrl);
    const file = join(path, DUMP_FILE);
    await runProgram(tool, [...args, '--format=custom', '--file', file], { env, signal });
    const { bytes, sha256 } = await hashFile(file, { onBytes: () => {}, signal });
    return {
      ...describedBy(facts),
      method: 'pg_dump',
      startedAt,
      finishedAt: startedAt,
      bytes,
      isArchived: false,
      dump: sha256,
    };
  });
}

/** The password by way of the environment: a command line is everybody's to read. */
function connectionFor(databaseUrl: string): { args: readonly string[]; env: NodeJS.ProcessEnv } {
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password);
  url.password = '';
  // What Prisma and poolers understand, libpq refuses.
  for (const name of [...url.searchParams.keys()]) {
    if (!name.startsWith('ssl')) url.searchParams.delete(name);
  }
  return {
    args: ['--no-password', '--dbname', url.href],
    env: password === '' ? {} : { PGPASSWORD: password },
  };
}
