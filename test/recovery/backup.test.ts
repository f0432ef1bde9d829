import { cp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { momentOf, switchSegment } from '../../database/backup-session.ts';
import { type Contents, differencesBetween, readContents } from '../../database/contents.ts';
import { type RunningPostgres, startPostgres } from '../../local/postgres.ts';
import { startOfProcess } from '../../local/process-identity.ts';
import { migrate } from '../../prisma/migrator.ts';
import {
  type Backup,
  type BackupFolder,
  listBackups,
  openBackupFolder,
} from '../../recovery/backup/backup-folder.ts';
import { untilArchived } from '../../recovery/backup/copy-backup.ts';
import { backupHealth } from '../../recovery/backup/health.ts';
import { restore } from '../../recovery/backup/restore.ts';
import { parseTargetTime } from '../../recovery/backup/restore-target.ts';
import { takeBackup } from '../../recovery/backup/take-backup.ts';
import { verifyBackup } from '../../recovery/backup/verify-backup.ts';
import { archivedSegments, archivingSettings } from '../../recovery/backup/wal-archive.ts';
import { newFolder, removeFolders } from '../local/support/folders.ts';
import { until } from '../local/support/until.ts';
import { insertRowsEverywhere } from '../prisma/rows.ts';
import { startScreentest } from '../support/screentest.ts';

const log = () => {};

let folder: BackupFolder;
let server: RunningPostgres;
let client: pg.Client;
let backup: Backup;
/** What was there a moment before somebody truncated a table. */
let before: Contents;
let moment: string;

beforeAll(async () => {
  folder = await openBackupFolder(join(await newFolder(), 'backups'));
  server = await startPostgres({
    dataDirectory: await newFolder(),
    settings: archivingSettings(folder.archiveScript, folder.wal),
  });
  await migrate({ connectionString: server.url, opensAutomaticMode: true });
  client = new pg.Client({ connectionString: server.url });
  client.on('error', () => undefined);
  await client.connect();
  await insertRowsEverywhere(client);
  await client.query('CREATE TABLE busy AS SELECT 0 AS value');
  // Somebody writes all the while.
  const writer = writeOn(server.url);
  backup = await takeBackup({ databaseUrl: server.url, folder, log });
  await writer.stop();
  await client.query("UPDATE variant_groups SET test_description = 'after the backup'");
  before = await readContents(client);
  moment = await momentOf(client);
  await client.query('TRUNCATE variant_metric_totals');
  await untilArchived(client, folder, await switchSegment(client));
}, 120_000);

afterAll(async () => {
  await client.end();
  await server.stop();
  await removeFolders();
});

function writeOn(url: string) {
  const other = new pg.Client({ connectionString: url });
  let isStopping = false;
  const running = (async () => {
    await other.connect();
    while (!isStopping) await other.query('INSERT INTO busy SELECT generate_series(1, 1000)');
    await other.end();
  })();
  return {
    stop: async () => {
      isStopping = true;
      await running;
    },
  };
}

/** The archive as it is now, to be damaged. */
async function copyOfFolder(): Promise<BackupFolder> {
  const copy = join(await newFolder(), 'backups');
  await cp(folder.path, copy, { recursive: true, preserveTimestamps: true });
  return openBackupFolder(copy);
}

const restoreFrom = async (from: BackupFolder, target = parseTargetTime(moment), into?: string) =>
  restore({ folder: from, target, into: into ?? join(await newFolder(), 'restored'), log });

describe('a backup', () => {
  test('taken while somebody writes holds every file with its checksum, for its owner alone', async () => {
    expect(backup).toMatchObject({ method: 'copy', isArchived: true, verifiedAt: expect.any(Date) });
    expect((await stat(backup.path)).mode & 0o777).toBe(0o700);
    expect((await stat(folder.wal)).mode & 0o777).toBe(0o700);
    expect((await readdir(backup.dataDirectory)).includes('postmaster.pid')).toBe(false);
    const files = await readdir(join(backup.dataDirectory, 'global'));
    for (const name of files) {
      expect((await stat(join(backup.dataDirectory, 'global', name))).mode & 0o777).toBe(0o600);
    }
  });

  test('in which one byte has changed is told with the file', async () => {
    const copy = await copyOfFolder();
    const [taken] = await listBackups(copy);
    if (taken === undefined) throw new Error('no backup');
    const victim = join(taken.dataDirectory, 'global', 'pg_control');
    const content = await readFile(victim);
    content[100] = (content[100] ?? 0) ^ 1;
    await writeFile(victim, content);
    await expect(verifyBackup(copy, taken, { log })).rejects.toMatchObject({
      code: 'BACKUP_DAMAGED',
      message: expect.stringContaining('global/pg_control: its content is not what was backed up'),
    });
    await expect(restoreFrom(copy)).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  });

  test('whose manifest was changed to match is told too', async () => {
    const copy = await copyOfFolder();
    const [taken] = await listBackups(copy);
    if (taken === undefined) throw new Error('no backup');
    const manifest = join(taken.dataDirectory, 'backup_manifest');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('"Size":8192', '"Size":8193'));
    await expect(verifyBackup(copy, taken, { log })).rejects.toThrow('changed since it was made');
  });

  test('of another cluster is refused in the same folder', async () => {
    const other = await startPostgres({ dataDirectory: await newFolder(), settings: { fsync: 'off' } });
    try {
      await expect(takeBackup({ databaseUrl: other.url, folder, log })).rejects.toMatchObject({
        code: 'BACKUPS_OF_ANOTHER_CLUSTER',
      });
      const own = await openBackupFolder(await newFolder());
      const alone = await takeBackup({ databaseUrl: other.url, folder: own, log });
      expect(alone.isArchived).toBe(false);
      await expect(restoreFrom(own, parseTargetTime(new Date().toISOString()))).rejects.toMatchObject({
        code: 'NO_ARCHIVE',
      });
      const restored = await restoreFrom(own, { kind: 'latest' });
      expect(restored.contents.map(({ database }) => database)).toEqual(['postgres']);
    } finally {
      await other.stop();
    }
  });

  test('is told to be well, or not, by its age and by what the archiver says', async () => {
    const given = { folder: folder.path, databaseUrl: server.url };
    expect(await backupHealth(given)).toMatchObject({
      newestVerified: { id: backup.id },
      isArchived: true,
      archiverFailures: 0,
      problems: [],
    });
    const tomorrow = new Date(Date.now() + 27 * 3_600_000);
    expect((await backupHealth(given, tomorrow)).problems).toEqual([
      expect.stringMatching(/the newest verified backup, .+, is 27 hours old/),
    ]);
    await rename(folder.wal, `${folder.wal}-away`);
    try {
      await client.query('INSERT INTO busy VALUES (1); SELECT pg_switch_wal()');
      await until('the archiver fails', async () => {
        const { rows } = await client.query('SELECT failed_count::int AS failed FROM pg_stat_archiver');
        return rows[0]?.failed > 0;
      });
    } finally {
      await rm(folder.wal, { recursive: true, force: true });
      await rename(`${folder.wal}-away`, folder.wal);
    }
    expect((await backupHealth(given)).problems).toEqual([
      expect.stringMatching(/^the server can't archive its log: \d+ failures, the last of [0-9A-F]{24} at /),
    ]);
  });
});

describe('a restore', () => {
  test('brings every table back as it was the moment before a mistake', async () => {
    const into = join(await newFolder(), 'restored');
    const restored = await restoreFrom(folder, parseTargetTime(moment), into);
    const [found] = restored.contents;
    expect(found && differencesBetween(before, found)).toEqual([]);
    // The mistake itself is not in it, but in what there is in all.
    const latest = await restoreFrom(folder, { kind: 'latest' });
    expect(latest.contents[0] && differencesBetween(before, latest.contents[0])).toEqual([
      'public.variant_metric_totals has 0 rows instead of 1',
    ]);
    // It can be started as it is, and is a server of its own.
    const again = await startPostgres({ dataDirectory: into });
    try {
      const other = new pg.Client({ connectionString: again.url });
      await other.connect();
      expect(differencesBetween(before, await readContents(other))).toEqual([]);
      const { rows } = await other.query("SELECT current_setting('archive_mode') AS archives");
      expect(rows).toEqual([{ archives: 'off' }]);
      await other.end();
    } finally {
      await again.stop();
    }
  });

  test('is never made over something', async () => {
    await expect(restoreFrom(folder, undefined, folder.path)).rejects.toMatchObject({
      code: 'RESTORE_FOLDER_NOT_USABLE',
      message: expect.stringContaining('it is not empty'),
    });
  });

  test('to a moment before the first backup names the first moment that can be had', async () => {
    await expect(restoreFrom(folder, parseTargetTime('2024-01-01T00:00:00Z'))).rejects.toMatchObject({
      code: 'TARGET_BEFORE_BACKUP',
      allowed: `moments from ${backup.finishedAt.toISOString()} on`,
    });
  });

  test('to a moment after the last transaction names that', async () => {
    await expect(restoreFrom(folder, parseTargetTime(new Date().toISOString()))).rejects.toMatchObject({
      code: 'TARGET_AFTER_ARCHIVE',
      message: expect.stringMatching(/The last one that it holds is of \d{4}-\d\d-\d\d /),
    });
  });

  test('for which a segment of the log is missing names it', async () => {
    const copy = await copyOfFolder();
    const segments = await archivedSegments(copy.wal);
    const first = Object.keys(backup.wal ?? {}).at(-1) ?? '';
    const gone = segments[segments.indexOf(first) + 1] ?? '';
    await rm(join(copy.wal, `${gone}.gz`));
    const told = { code: 'WAL_SEGMENT_MISSING', message: expect.stringContaining(gone) };
    await expect(restoreFrom(copy)).rejects.toMatchObject(told);
    await expect(restoreFrom(copy, { kind: 'latest' })).rejects.toMatchObject(told);
  });

  test('for which a segment of the log is damaged names it', async () => {
    const copy = await copyOfFolder();
    const last = (await archivedSegments(copy.wal)).at(-1);
    const file = join(copy.wal, `${last}.gz`);
    const content = await readFile(file);
    await writeFile(file, content.subarray(0, content.length / 2));
    await expect(restoreFrom(copy)).rejects.toMatchObject({
      code: 'WAL_SEGMENT_DAMAGED',
      message: expect.stringContaining(file),
    });
  });

  test('on a disk that is too small is refused before anything is copied', async () => {
    const copy = await copyOfFolder();
    await rewriteRecord(copy, { bytes: 1e18 });
    await expect(restoreFrom(copy)).rejects.toMatchObject({ code: 'DISK_TOO_SMALL' });
  });

  test('of a server of a version that is not here says which one is needed', async () => {
    const copy = await copyOfFolder();
    await rewriteRecord(copy, { serverVersion: 140_000 });
    await expect(restoreFrom(copy)).rejects.toMatchObject({
      code: 'NO_SERVER_OF_THAT_VERSION',
      fix: expect.stringContaining('postgresql-14'),
    });
  });

  test('that is killed leaves no server running, and can be done again in the same folder', async () => {
    const into = join(await newFolder(), 'restored');
    const args = ['restore', '--to-time', moment, '--into', into, '--from', folder.path];
    const command = startScreentest(args, { PATH: process.env.PATH });
    const pidOf = async () => {
      const [draft] = (await readdir(into).catch(() => [])).filter((name) => name.startsWith('cluster.'));
      const text = await readFile(join(into, draft ?? '', 'postmaster.pid'), 'utf8').catch(() => '');
      return Number(text.split('\n')[0]) || undefined;
    };
    let pid: number | undefined;
    await until('its server runs', async () => {
      pid ??= await pidOf();
      return pid !== undefined;
    });
    await command.end('SIGKILL');
    await until('its server is gone', async () => (await startOfProcess(pid ?? 0)) === undefined);
    await expect(restoreFrom(folder, parseTargetTime(moment), into)).resolves.toMatchObject({
      backup: backup.id,
    });
  });
});

async function rewriteRecord({ backups }: BackupFolder, changes: object): Promise<void> {
  const file = join(backups, backup.id, 'backup.json');
  const record: unknown = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify({ ...Object(record), ...changes }));
}
