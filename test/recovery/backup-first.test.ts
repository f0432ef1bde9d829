import { cp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningPostgres, startPostgres } from '../../local/postgres.ts';
import { withConnection } from '../../prisma/connection.ts';
import { findMigrationsFolder } from '../../prisma/migration-files.ts';
import { migrate, migrationStatus, rollback } from '../../prisma/migrator.ts';
import { listBackups, openBackupFolder } from '../../recovery/backup/backup-folder.ts';
import { findProgram } from '../../recovery/backup/postgres-programs.ts';
import { restore } from '../../recovery/backup/restore.ts';
import { runHere } from '../cli/run-here.ts';
import { newFolder, removeFolders } from '../local/support/folders.ts';

let server: RunningPostgres;
beforeAll(async () => {
  server = await startPostgres({ dataDirectory: await newFolder(), settings: { fsync: 'off' } });
  // All but the last one.
  const older = await newFolder();
  await cp(findMigrationsFolder(), older, { recursive: true });
  const last =
    (await readdir(older))
      .filter((name) => /^\d/.test(name))
      .sort()
      .at(-1) ?? '';
  await rm(join(older, last), { recursive: true });
  await migrate({ connectionString: server.url, migrationsFolder: older, opensAutomaticMode: true });
}, 60_000);
afterAll(async () => {
  await server.stop();
  await removeFolders();
});

const pending = async () =>
  (await migrationStatus({ connectionString: server.url })).migrations.filter(
    ({ state }) => state === 'pending',
  ).length;

describe('`db migrate --backup-first`', () => {
  test('migrates nothing where no backup can be had, or no place for one is named', async () => {
    expect(await pending()).toBe(1);
    const unnamed = await runHere(['db', 'migrate', '--backup-first'], { DATABASE_URL: server.url });
    expect(unnamed).toMatchObject({ exit: 2, stderr: expect.stringContaining('BACKUP_FOLDER_NOT_NAMED') });
    // Who is no superuser is not told where the files are.
    await withConnection(server.url, (client) =>
      client.query(
        "CREATE ROLE plain LOGIN PASSWORD 'plain'; GRANT ALL ON SCHEMA public TO plain; GRANT ALL ON _prisma_migrations TO plain",
      ),
    );
    const url = new URL(server.url);
    url.username = 'plain';
    url.password = 'plain';
    const environment = { DATABASE_URL: url.href, SCREENTEST_BACKUP_DIR: await newFolder() };
    if ((await findProgram('pg_dump', 18)) === undefined) {
      const refused = await runHere(['db', 'migrate', '--backup-first'], environment);
      expect(refused).toMatchObject({ exit: 4, stderr: expect.stringContaining('NO_WAY_TO_BACK_UP') });
    }
    expect(await pending()).toBe(1);
  });

  test('takes one before the first migration, from which the old schema comes back; and none where nothing is pending', async () => {
    const place = await newFolder();
    const environment = { DATABASE_URL: server.url };
    const args = ['db', 'migrate', '--backup-first', '--backup-to', place, '-o', 'json'];
    const done = await runHere(args, environment);
    expect([done.stderr.includes('verified'), done.exit]).toEqual([true, 0]);
    const folder = await openBackupFolder(place);
    const [backup] = await listBackups(folder);
    expect(JSON.parse(done.stdout)).toMatchObject({ applied: [expect.any(String)], backup: backup?.id });
    expect(await pending()).toBe(0);

    const again = await runHere(args, environment);
    expect(JSON.parse(again.stdout)).toEqual({ applied: [] });
    expect(await listBackups(folder)).toHaveLength(1);

    const into = join(await newFolder(), 'restored');
    await restore({ folder, target: { kind: 'latest' }, into, log: () => {} });
    const old = await startPostgres({ dataDirectory: into });
    try {
      const { migrations } = await migrationStatus({ connectionString: old.url });
      expect(migrations.at(-1)?.state).toBe('pending');
    } finally {
      await old.stop();
    }
  });

  test('a backup that fails leaves the schema as it was', async () => {
    await rollback({ connectionString: server.url, steps: 1, confirmLossOfRows: true });
    const failing = migrate({
      connectionString: server.url,
      opensAutomaticMode: true,
      beforeFirst: () => Promise.reject(new Error('the disk is full')),
    });
    await expect(failing).rejects.toThrow('the disk is full');
    expect(await pending()).toBe(1);
  });
});
