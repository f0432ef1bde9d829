import { join } from 'node:path';
import { readClusterFacts, switchSegment } from '../../database/backup-session.ts';
import { createDatabase } from '../../database/client.ts';
import { type Contents, differencesBetween } from '../../database/contents.ts';
import { type MarkedContents, readMarkedContents } from '../../database/marked-contents.ts';
import { type SampleVolume, writeSampleCampaigns } from '../../database/sample-campaigns.ts';
import { writeTemplates } from '../../database/templates.ts';
import { type RunningPostgres, startPostgres } from '../../local/postgres.ts';
import { serverUser } from '../../local/server-user.ts';
import { withConnection } from '../../prisma/connection.ts';
import { migrate } from '../../prisma/migrator.ts';
import { type BackupFolder, findBackup } from './backup-folder.ts';
import { untilArchived } from './copy-backup.ts';
import { refuseSmallDisk } from './disk-space.ts';
import { type Restored, restore } from './restore.ts';
import { serverProgram } from './server-program.ts';
import { archivingSettings } from './wal-archive.ts';

/** A server that a drill made for itself, and may break. */
export interface DrillServer {
  /** Of the database with the groups. */
  readonly url: string;
  readonly clusterFolder: string;
  readonly program: string | undefined;
  readonly superuser: string;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

export interface SubjectOptions {
  readonly scratch: string;
  /** Where this server's log goes, and its backup. */
  readonly scratchBackups: BackupFolder;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

/** A drill holds the copy, its backup, its log and what is restored from it at once. */
const COPIES = 4;

/**
 * Beside the server in use: its newest backup, brought up to this moment, and how it differs from the real thing.
 * Where the log is not archived, the backup ends before this moment, and there is nothing to compare it with.
 */
export async function copyFromBackup(
  given: { readonly databaseUrl: string; readonly folder: BackupFolder },
  options: SubjectOptions,
): Promise<{
  server: DrillServer;
  restored: Restored;
  differences: readonly string[];
  isCompared: boolean;
}> {
  const { databaseUrl, folder } = given;
  const { scratch, log, signal } = options;
  const { facts, database } = await withConnection(databaseUrl, async (client) => ({
    facts: await readClusterFacts(client),
    database: client.database ?? 'postgres',
  }));
  await refuseSmallDisk(scratch, facts.bytes * COPIES, 'a drill');
  const isArchived = facts.archiveCommand?.includes(folder.wal) ?? false;
  const marked = isArchived ? await markNow(given, options) : undefined;
  const target = marked === undefined ? LATEST : ({ kind: 'lsn', lsn: marked.lsn, at: marked.at } as const);
  const restored = await restore({ folder, target, into: join(scratch, 'copy'), log, signal });
  const found = restored.contents.find((contents) => contents.database === database);
  const differences = differencesFrom(marked?.contents, found, database);
  const backup = await findBackup(folder, restored.backup);
  const major = Math.floor(backup.serverVersion / 10_000);
  const program = await serverProgram(major, join(folder.path, 'bin'), serverUser());
  const server = await startServer(join(scratch, 'copy'), database, options, {
    program,
    superuser: backup.superuser,
  });
  return { server, restored, differences, isCompared: marked !== undefined };
}

const LATEST = { kind: 'latest' } as const;

function differencesFrom(
  expected: Contents | undefined,
  found: Contents | undefined,
  database: string,
): readonly string[] {
  if (found === undefined) return [`the database ${database} is missing`];
  return expected === undefined ? [] : differencesBetween(expected, found);
}

/** Reads all that the server in use holds now, and waits until the archive has it too. */
function markNow(
  { databaseUrl, folder }: { readonly databaseUrl: string; readonly folder: BackupFolder },
  { log, signal }: SubjectOptions,
): Promise<MarkedContents> {
  log('reading every table as of this moment, beside those who write');
  return withConnection(databaseUrl, (locker) =>
    withConnection(databaseUrl, async (reader) => {
      const marked = await readMarkedContents(locker, reader);
      await untilArchived(locker, folder, await switchSegment(locker), signal);
      return marked;
    }),
  );
}

/** A server full of made-up campaigns. */
export async function sampleServer(volume: SampleVolume, options: SubjectOptions): Promise<DrillServer> {
  const folder = join(options.scratch, 'copy');
  const filling = await startPostgres({ dataDirectory: folder, ...shared(options), settings: FILLING });
  try {
    options.log(`making ${volume.years * volume.groupsAYear} campaigns`);
    await migrate({ connectionString: filling.url, opensAutomaticMode: true });
    const database = createDatabase(filling.url, 1);
    await writeTemplates(database).finally(() => database.$disconnect());
    await withConnection(filling.url, (client) => writeSampleCampaigns(client, volume));
  } finally {
    await filling.stop();
  }
  return startServer(folder, 'postgres', options, {});
}

/** Should the machine fail in the middle, the drill is over anyway. */
const FILLING = { fsync: 'off', max_wal_size: '4GB' } as const;

function shared({ scratchBackups, log }: SubjectOptions) {
  return { binariesDirectory: join(scratchBackups.path, 'bin'), onUnexpectedExit: log };
}

/** Stopped and started again on the same port. */
async function startServer(
  folder: string,
  database: string,
  options: SubjectOptions,
  { program, superuser = 'postgres' }: { readonly program?: string; readonly superuser?: string },
): Promise<DrillServer> {
  const start = (port?: number): Promise<RunningPostgres> =>
    startPostgres({
      dataDirectory: folder,
      ...shared(options),
      settings: archivingSettings(options.scratchBackups.archiveScript, options.scratchBackups.wal),
      superuser,
      ...(program !== undefined && { program }),
      ...(port !== undefined && { port: { port, setting: 'the drill' } }),
    });
  let running = await start();
  const url = new URL(running.url);
  url.pathname = `/${encodeURIComponent(database)}`;
  return {
    url: url.href,
    clusterFolder: join(folder, 'cluster'),
    program,
    superuser,
    stop: () => running.stop(),
    start: async () => {
      running = await start(running.port);
    },
  };
}
