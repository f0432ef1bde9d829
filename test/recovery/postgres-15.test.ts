import { spawnSync } from 'node:child_process';
import { chownSync } from 'node:fs';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { momentOf, readClusterFacts, switchSegment } from '../../database/backup-session.ts';
import { differencesBetween, readContents } from '../../database/contents.ts';
import { type RunningPostgres, startPostgres } from '../../local/postgres.ts';
import { serverUser } from '../../local/server-user.ts';
import { migrate } from '../../prisma/migrator.ts';
import {
  addBackup,
  type BackupFolder,
  listBackups,
  openBackupFolder,
} from '../../recovery/backup/backup-folder.ts';
import { untilArchived } from '../../recovery/backup/copy-backup.ts';
import { findProgram } from '../../recovery/backup/postgres-programs.ts';
import { restore } from '../../recovery/backup/restore.ts';
import { parseTargetTime } from '../../recovery/backup/restore-target.ts';
import { takeBackup } from '../../recovery/backup/take-backup.ts';
import { baseBackupBy, dumpBy } from '../../recovery/backup/tool-backup.ts';
import { verifyBackup } from '../../recovery/backup/verify-backup.ts';
import { archivingSettings } from '../../recovery/backup/wal-archive.ts';
import { newFolder, removeFolders } from '../local/support/folders.ts';
import { insertRowsEverywhere } from '../prisma/rows.ts';

/** As Debian 12 installs it, with its programs. */
const initdb = await findProgram('initdb', 15);
const log = () => {};

(initdb === undefined ? describe.skip : describe)("on a host with Debian's PostgreSQL 15", () => {
  let folder: BackupFolder;
  let server: RunningPostgres;
  let client: pg.Client;

  beforeAll(async () => {
    folder = await openBackupFolder(join(await newFolder(), 'backups'));
    const dataDirectory = await newFolder();
    await makeCluster(dataDirectory);
    server = await startPostgres({
      dataDirectory,
      program: (await findProgram('postgres', 15)) ?? '',
      settings: archivingSettings(folder.archiveScript, folder.wal),
    });
    await migrate({ connectionString: server.url, opensAutomaticMode: true });
    client = new pg.Client({ connectionString: server.url });
    await client.connect();
    await insertRowsEverywhere(client);
  }, 60_000);
  afterAll(async () => {
    await client.end();
    await server.stop();
    await removeFolders();
  });

  /** A moment after the newest backup, and what there was, before somebody deletes it. */
  async function restoredToBeforeAMistake(): Promise<readonly string[]> {
    await client.query("UPDATE variant_groups SET test_description = 'after ' || now()");
    const before = await readContents(client);
    const target = parseTargetTime(await momentOf(client));
    await client.query('BEGIN; DELETE FROM variant_metric_totals; ROLLBACK; CREATE TABLE mistake ()');
    await untilArchived(client, folder, await switchSegment(client));
    const restored = await restore({ folder, target, into: join(await newFolder(), 'restored'), log });
    await client.query('DROP TABLE mistake');
    const [found] = restored.contents;
    return found === undefined ? ['nothing'] : differencesBetween(before, found);
  }

  function runScript(...args: string[]) {
    const { port, password } = server;
    return spawnSync(resolve('ops/backup/base-backup.sh'), [folder.path, ...args], {
      encoding: 'utf8',
      env: {
        PATH: process.env.PATH,
        PGHOST: '127.0.0.1',
        PGPORT: String(port),
        PGUSER: 'postgres',
        PGPASSWORD: password,
      },
    });
  }

  test('the script of ops/backup takes a backup by its programs, and we restore it to a moment after', async () => {
    const done = runScript();
    expect([done.stderr, done.status]).toEqual(['', 0]);
    const [backup] = await listBackups(folder);
    expect(backup).toMatchObject({
      method: 'pg_basebackup',
      isArchived: true,
      superuser: 'postgres',
      verifiedAt: expect.any(Date),
    });
    expect(Math.floor((backup?.serverVersion ?? 0) / 10_000)).toBe(15);
    if (backup !== undefined) await verifyBackup(folder, backup, { log });
    expect(await restoredToBeforeAMistake()).toEqual([]);
  });

  test('so does pg_basebackup by us, and a copy of the files', async () => {
    const facts = await readClusterFacts(client);
    const tool = (await findProgram('pg_basebackup', 15)) ?? '';
    await baseBackupBy(tool, facts, { databaseUrl: `${server.url}?schema=public`, folder, log });
    expect(await restoredToBeforeAMistake()).toEqual([]);
    const copied = await takeBackup({ databaseUrl: server.url, folder, log });
    expect(copied).toMatchObject({ method: 'copy', verifiedAt: expect.any(Date) });
    expect(await restoredToBeforeAMistake()).toEqual([]);
  });

  test('a dump is verified, and no moment is restored from it', async () => {
    const own = await openBackupFolder(await newFolder());
    const facts = await readClusterFacts(client);
    const tool = (await findProgram('pg_dump', 15)) ?? '';
    const dump = await dumpBy(tool, facts, { databaseUrl: server.url, folder: own, log });
    expect(await verifyBackup(own, dump, { log })).toMatchObject({ method: 'pg_dump' });
    await expect(
      restore({ folder: own, target: { kind: 'latest' }, into: join(await newFolder(), 'into'), log }),
    ).rejects.toMatchObject({ code: 'NO_BACKUP' });
    await writeFile(join(dump.path, 'database.dump'), 'half of it');
    await expect(verifyBackup(own, dump, { log })).rejects.toMatchObject({ code: 'BACKUP_DAMAGED' });
  });

  test('the script removes what is older than it need be, and keeps the newest of those', async () => {
    for (const days of [50, 40, 35]) {
      const at = new Date(Date.now() - days * 86_400_000);
      const [newest] = (await listBackups(folder)).slice(-1);
      if (newest === undefined) throw new Error('no backup');
      await addBackup(folder, at, async ({ dataDirectory }) => {
        await mkdir(dataDirectory);
        // The first segment of all: nothing of the log may go.
        const label = 'START WAL LOCATION: 0/1000028 (file 000000010000000000000001)\n';
        await writeFile(join(dataDirectory, 'backup_label'), label);
        return { ...newest, startedAt: at, finishedAt: at };
      });
    }
    const segments = await readdir(folder.wal);
    const done = runScript('30');
    expect([done.stderr, done.status]).toEqual(['', 0]);
    expect(done.stdout.match(/removed the backup/g)).toHaveLength(2);
    const ages = (await listBackups(folder)).map(({ startedAt }) => Date.now() - startedAt.getTime());
    expect(Math.round((ages[0] ?? 0) / 86_400_000)).toBe(35);
    expect(await readdir(folder.wal)).toEqual(
      expect.arrayContaining(segments.filter((name) => /^\w{24}\.gz$/.test(name))),
    );
  });
});

/** By its own initdb, in the form in which our runner keeps one. */
async function makeCluster(dataDirectory: string): Promise<void> {
  const user = serverUser();
  const cluster = join(dataDirectory, 'cluster');
  const passwordFile = join(dataDirectory, 'password');
  await mkdir(cluster, { mode: 0o700 });
  await writeFile(passwordFile, 'of-a-test', { mode: 0o600 });
  const given = join(cluster, '..', 'given');
  await writeFile(given, 'of-a-test', { mode: 0o600 });
  if (user !== undefined) for (const path of [cluster, given]) chownSync(path, user.uid, user.gid);
  const done = spawnSync(
    initdb ?? '',
    [
      `--pgdata=${cluster}`,
      '--username=postgres',
      `--pwfile=${given}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ],
    {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' },
      cwd: cluster,
      ...(user === undefined ? {} : { uid: user.uid, gid: user.gid }),
    },
  );
  await rm(given);
  if (done.status !== 0) throw new Error(done.stderr);
}
