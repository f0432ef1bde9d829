import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { openDataFolder, removeDataFolder, toolsDirectory } from '../../local/data-folder.ts';
import { dataFolderPath } from '../../local/data-folder-path.ts';
import { startPostgres } from '../../local/postgres.ts';
import { barredAt, serverUser } from '../../local/server-user.ts';
import { newFolder, removeFolders } from './support/folders.ts';
import { killPrograms, runProgram } from './support/program.ts';

afterAll(killPrograms);
afterAll(removeFolders);

const isRoot = process.getuid?.() === 0;

async function settingsOfNewFolder(): Promise<{ SCREENTEST_DATA_DIR: string }> {
  return { SCREENTEST_DATA_DIR: join(await newFolder(), 'data') };
}

describe('where the data folder is', () => {
  test('SCREENTEST_DATA_DIR wins', async () => {
    const folder = await newFolder();
    const env = { SCREENTEST_DATA_DIR: join(folder, 'data'), XDG_CACHE_HOME: folder };
    expect(dataFolderPath(env)).toBe(join(folder, 'data'));
  });

  test('else it is in the cache directory that the user has named', async () => {
    const folder = await newFolder();
    expect(dataFolderPath({ XDG_CACHE_HOME: folder })).toBe(join(folder, 'screentest'));
  });

  test("else in the user's own, which need not exist yet", async () => {
    const home = await newFolder();
    const cache = process.platform === 'darwin' ? ['Library', 'Caches'] : ['.cache'];
    expect(dataFolderPath({ HOME: home })).toBe(join(home, ...cache, 'screentest'));
  });

  (isRoot ? test : test.skip)('as root in none that only root may enter', async () => {
    const closed = await newFolder(0o700);
    const path = dataFolderPath({ XDG_CACHE_HOME: join(closed, 'cache'), HOME: closed });
    expect(path).not.toContain(closed);
    expect(barredAt(join(path, '..'), serverUser())).toBeUndefined();
  });
});

describe('the data folder', () => {
  test('in use by another run, it is refused with the pid of that run; when that one is killed it is free', async () => {
    const env = await settingsOfNewFolder();
    const other = await runProgram('./open-data-folder.ts', [], { env });
    const inUse = {
      code: 'FOLDER_IN_USE',
      message: expect.stringContaining(`in use by process ${other.process.pid}`),
    };
    await expect(openDataFolder(env)).rejects.toMatchObject(inUse);
    await expect(removeDataFolder(env)).rejects.toMatchObject(inUse);
    await other.kill('SIGKILL');
    const folder = await openDataFolder(env);
    await folder.release();
  });

  test('of several that find the lock of a dead run, one gets the folder', async () => {
    const env = await settingsOfNewFolder();
    const first = await openDataFolder(env);
    await first.release();
    // A pid that is alive, but of a process that started at another time: the pid was given out again.
    const stale = JSON.stringify({ pid: process.pid, startedAt: 'long ago' });
    await writeFile(join(first.path, 'in-use-1.json'), stale);
    const tried = await Promise.allSettled(Array.from({ length: 8 }, () => openDataFolder(env)));
    const opened = tried.filter((result) => result.status === 'fulfilled');
    expect(opened).toHaveLength(1);
    // The winner has tidied up.
    expect((await readdir(first.path)).filter((name) => name.startsWith('in-use'))).toEqual([
      'in-use-2.json',
    ]);
  });

  test('half a lock, of a full disk, is no obstacle', async () => {
    const env = await settingsOfNewFolder();
    await toolsDirectory(env);
    await writeFile(join(env.SCREENTEST_DATA_DIR, 'in-use-7.json'), '{"pid":');
    await (await openDataFolder(env)).release();
  });

  test('reset removes it with all that is in it, and a second time has nothing to do', async () => {
    const env = await settingsOfNewFolder();
    const folder = await openDataFolder(env);
    await writeFile(join(folder.videosDirectory, 'a.mp4'), 'x');
    await folder.release();
    expect(await removeDataFolder(env)).toEqual([folder.path]);
    expect(existsSync(folder.path)).toBe(false);
    expect(await removeDataFolder(env)).toEqual([]);
  });

  test('a folder that is not ours is neither used nor removed', async () => {
    const strange = await newFolder();
    await writeFile(join(strange, 'thesis.txt'), 'years of work');
    const env = { SCREENTEST_DATA_DIR: strange };
    const notOurs = { code: 'FOLDER_NOT_OURS', message: expect.stringContaining(strange) };
    await expect(openDataFolder(env)).rejects.toMatchObject(notOurs);
    await expect(removeDataFolder(env)).rejects.toMatchObject(notOurs);
    expect(await readdir(strange)).toEqual(['thesis.txt']);
  });

  test('a path that can be no folder is told with the setting that names it', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'file'), '');
    await expect(openDataFolder({ SCREENTEST_DATA_DIR: join(folder, 'file', 'data') })).rejects.toMatchObject(
      {
        code: 'DATA_FOLDER_NOT_USABLE',
        message: expect.stringContaining('set SCREENTEST_DATA_DIR'),
      },
    );
  });

  (isRoot ? test : test.skip)('as root it works below a folder that only root may enter', async () => {
    const closed = await newFolder(0o700);
    const env = { SCREENTEST_DATA_DIR: join(closed, 'data') };
    const folder = await openDataFolder(env);
    expect(folder.postgresDirectory).not.toContain(closed);
    const server = await startPostgres({
      dataDirectory: folder.postgresDirectory,
      settings: { fsync: 'off' },
    });
    await server.stop();
    await folder.release();

    const again = await openDataFolder(env);
    expect(again.postgresDirectory).toBe(folder.postgresDirectory);
    await again.release();
    expect(await removeDataFolder(env)).toEqual([folder.path, folder.postgresDirectory]);
    expect(existsSync(folder.postgresDirectory)).toBe(false);
  });

  (isRoot ? test : test.skip)('as root under a strict umask, PostgreSQL still gets through', async () => {
    const before = process.umask(0o077);
    try {
      const parent = await newFolder();
      await mkdir(join(parent, 'cache'));
      await chmod(join(parent, 'cache'), 0o711);
      const env = { SCREENTEST_DATA_DIR: join(parent, 'cache', 'a', 'b') };
      const folder = await openDataFolder(env);
      expect(barredAt(folder.path, serverUser())).toBeUndefined();
      await folder.release();
    } finally {
      process.umask(before);
    }
  });
});
