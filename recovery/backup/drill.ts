import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { momentOf, readClusterFacts, switchSegment } from '../../database/backup-session.ts';
import {
  type Contents,
  differenceOf,
  differencesBetween,
  readContents,
  readOneTable,
} from '../../database/contents.ts';
import { fileOfGroups, readingProblemOfGroups, scrambleGroups, workOn } from '../../database/damage.ts';
import type { SampleVolume } from '../../database/sample-campaigns.ts';
import { startPostgres } from '../../local/postgres.ts';
import { withConnection } from '../../prisma/connection.ts';
import { type BackupFolder, openBackupFolder } from './backup-folder.ts';
import { untilArchived } from './copy-backup.ts';
import type { Damage, DrillReport } from './drill-report.ts';
import { copyFromBackup, type DrillServer, sampleServer } from './drill-subject.ts';
import { garblePages } from './garble-pages.ts';
import { type Restored, restore } from './restore.ts';
import { parseTargetTime } from './restore-target.ts';
import { makeScratchFolder, removeScratchFolder } from './scratch-folder.ts';
import { takeBackup } from './take-backup.ts';

export type ReplayErasures = (databaseUrl: string, scratch: string) => Promise<number>;

export interface DrillOptions {
  readonly subject:
    | { readonly kind: 'backup'; readonly databaseUrl: string; readonly folder: BackupFolder }
    | { readonly kind: 'sample'; readonly volume: SampleVolume };
  /** Where the drill makes its servers, and removes them again. */
  readonly scratch: string;
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
  /**
   * What follows every restore: who was erased since the backup is erased again, in the restored server alone.
   * Gets an empty folder for what it needs, and returns how many there were.
   */
  readonly replayErasures?: ReplayErasures | undefined;
}

const GROUPS = 'public.variant_groups';

/**
 * Loses `variant_groups` and gets it back. All damage is done to a server that the drill made for itself: a copy
 * restored from the newest backup of the one in use, which is only read, or one full of made-up campaigns. There it
 * backs up, goes on working, scrambles and deletes rows, garbles the table's pages on the disk, restores to the
 * moment before into yet another server, and compares every table.
 * @throws what backing up and restoring throw; that tables differ is in the report
 */
export async function runDrill(options: DrillOptions): Promise<DrillReport> {
  const { subject, log, signal } = options;
  const at = new Date().toISOString();
  const scratch = await makeScratchFolder(options.scratch);
  const clock = stepClock(log, signal);
  let server: DrillServer | undefined;
  try {
    const scratchBackups = await openBackupFolder(join(scratch, 'backups'));
    const making = { scratch, scratchBackups, log, signal };
    const found =
      subject.kind === 'sample'
        ? await clock.step('make a database', async () => ({
            server: await sampleServer(subject.volume, making),
            restored: undefined,
            differences: [],
            isCompared: false,
          }))
        : await clock.step('restore the newest backup', () => copyFromBackup(subject, making));
    server = found.server;
    const { url } = server;
    const facts = await withConnection(url, readClusterFacts);
    await clock.step('back up', () => takeBackup({ databaseUrl: url, folder: scratchBackups, log, signal }));
    const { before, moment } = await clock.step('work on, and note every checksum', () =>
      withConnection(url, async (client) => {
        await workOn(client);
        return { before: await readContents(client), moment: await momentOf(client) };
      }),
    );
    const damage = [
      await clock.step('scramble and delete groups', () => scrambled(url, before, scratchBackups)),
      ...(await clock.step("garble the table's pages", () => garbled(found.server))),
    ];

    const noticedAt = performance.now();
    const into = join(scratch, 'restored');
    const target = parseTargetTime(moment);
    const restored = await clock.step('restore to the moment before', () =>
      restore({ folder: scratchBackups, target, into, log, signal }),
    );
    const erasuresReplayed = await clock.step('start the restored server', () =>
      openRestored(into, found.server, options),
    );
    const recoverySeconds = (performance.now() - noticedAt) / 1000;
    const differences = [
      ...found.differences.map((difference) => `restored from the newest backup: ${difference}`),
      ...damage.flatMap(({ done, noticedBy }) => (noticedBy === undefined ? [`not noticed: ${done}`] : [])),
      ...differencesInRestored(before, restored),
    ];
    return {
      subject: subject.kind,
      at,
      serverVersion: facts.serverVersion,
      tables: before.tables.length,
      rows: before.tables.reduce((sum, { rows }) => sum + rows, 0),
      bytes: facts.bytes,
      steps: [...clock.steps, ...partsOf(restored)],
      damage,
      recoverySeconds,
      ...(found.restored && {
        backupRestoredInSeconds: secondsOf(found.restored),
        isComparedWithServer: found.isCompared,
      }),
      differences,
      ...(erasuresReplayed !== undefined && { erasuresReplayed }),
      hasPassed: differences.length === 0,
    };
  } finally {
    await server?.stop();
    await removeScratchFolder(scratch);
  }
}

async function scrambled(url: string, before: Contents, folder: BackupFolder): Promise<Damage> {
  return withConnection(url, async (client) => {
    const { changed, deleted } = await scrambleGroups(client);
    const groups = before.tables.find(({ name }) => name === GROUPS);
    const noticedBy = groups && differenceOf(groups, await readOneTable(client, GROUPS));
    // What the restore needs to see that the moment before is behind it.
    await untilArchived(client, folder, await switchSegment(client));
    return {
      kind: 'rows',
      done: `${changed} groups scrambled, ${deleted} deleted`,
      // Where there are no groups, there is nothing to notice.
      noticedBy: changed + deleted === 0 ? 'nobody: there are no groups' : noticedBy,
    };
  });
}

/** None where the table has no pages. */
async function garbled(server: DrillServer): Promise<readonly Damage[]> {
  const { path, pageBytes } = await withConnection(server.url, fileOfGroups);
  await server.stop();
  const pages = await garblePages(join(server.clusterFolder, path), pageBytes);
  await server.start();
  if (pages === 0) return [];
  const problem = await withConnection(server.url, readingProblemOfGroups);
  return [
    {
      kind: 'pages',
      done: `${pages} pages of ${path} overwritten`,
      noticedBy: problem,
    },
  ];
}

async function openRestored(
  folder: string,
  { program, superuser, url }: DrillServer,
  { replayErasures, log }: DrillOptions,
): Promise<number | undefined> {
  const server = await startPostgres({
    dataDirectory: folder,
    superuser,
    onUnexpectedExit: log,
    ...(program !== undefined && { program }),
  });
  try {
    const restoredUrl = new URL(server.url);
    restoredUrl.pathname = new URL(url).pathname;
    await withConnection(restoredUrl.href, readClusterFacts);
    return await replayErasures?.(restoredUrl.href, join(dirname(folder), 'erasures'));
  } finally {
    await server.stop();
  }
}

function differencesInRestored(before: Contents, restored: Restored): readonly string[] {
  const found = restored.contents.find(({ database }) => database === before.database);
  return found === undefined
    ? [`the database ${before.database} is missing`]
    : differencesBetween(before, found);
}

function partsOf({ seconds }: Restored): DrillReport['steps'] {
  return [
    { name: '  of the restore: copy the files', seconds: seconds.copy },
    { name: '  of the restore: replay the log', seconds: seconds.replay },
    { name: '  of the restore: read every table', seconds: seconds.read },
  ];
}

function secondsOf({ seconds }: Restored): number {
  return seconds.copy + seconds.replay + seconds.read;
}

function stepClock(log: (line: string) => void, signal: AbortSignal | undefined) {
  const steps: { name: string; seconds: number }[] = [];
  return {
    steps,
    async step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
      signal?.throwIfAborted();
      log(`${name} …`);
      const startedAt = performance.now();
      const result = await work();
      steps.push({ name, seconds: (performance.now() - startedAt) / 1000 });
      return result;
    },
  };
}
