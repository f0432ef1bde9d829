import { once } from 'node:events';
import { chown, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { freePort } from '../../local/ports.ts';
import { type PostgresOptions, type RunningPostgres, startPostgres } from '../../local/postgres.ts';
import { startOfProcess } from '../../local/process-identity.ts';
import { barredAt, serverUser } from '../../local/server-user.ts';
import { newFolder, removeFolders } from './support/folders.ts';
import { killPrograms, runProgram, saidPostgres, startProgram, untilGone } from './support/program.ts';
import { until } from './support/until.ts';

const running: RunningPostgres[] = [];

/** Making a database takes a second of CPU: where a test needs only one that was made before, it is this. */
let sharedFolder = '';
/** And 60 MB of binaries are copied once (as root). */
let binariesDirectory = '';

beforeAll(async () => {
  sharedFolder = await newFolder();
  binariesDirectory = await newFolder();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});
afterAll(killPrograms);
afterAll(removeFolders);

async function start(options: PostgresOptions): Promise<RunningPostgres> {
  const server = await startPostgres({ binariesDirectory, settings: { fsync: 'off' }, ...options });
  running.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: 'array' })).rows;
  } finally {
    await client.end();
  }
}

const isRoot = process.getuid?.() === 0;
const checkoutIsOpen = barredAt(process.cwd(), serverUser()) === undefined;

describe('our PostgreSQL', () => {
  test('keeps its data and its password, and tells nobody either', async () => {
    const dataDirectory = sharedFolder;
    const first = await start({ dataDirectory });
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const second = await start({ dataDirectory });
    expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([[42]]);
    expect(second.password).toBe(first.password);

    const wrong = second.url.replace(second.password, 'guess');
    await expect(query(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed');
    expect((await stat(join(dataDirectory, 'password'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(dataDirectory, 'cluster'))).mode & 0o777).toBe(0o700);
    // initdb's own copy of the password is gone with its folder.
    expect((await readdir(dataDirectory)).filter((name) => name.includes('initializing'))).toEqual([]);
  });

  test('an empty LANG gives UTF8, and any TZ gives UTC', async () => {
    const program = await runProgram('./start-postgres.ts', [await newFolder(), binariesDirectory], {
      env: { LANG: '', LC_ALL: '', TZ: 'America/New_York', PGTZ: 'America/New_York', PGPORT: '1' },
    });
    const { url, pid } = saidPostgres.parse(program.said);
    const settings = [
      'server_encoding',
      'TimeZone',
      'log_timezone',
      'unix_socket_directories',
      'listen_addresses',
    ];
    const select = settings.map((name) => `current_setting('${name}')`).join(', ');
    expect(await query(url, `SELECT ${select}`)).toEqual([['UTF8', 'UTC', 'UTC', '', '127.0.0.1']]);
    expect(await query(url, `SELECT upper('straße café'), datlocprovider FROM pg_database LIMIT 1`)).toEqual([
      ['STRASSE CAFÉ'.replace('SS', 'ß'), 'b'],
    ]);
    await program.kill('SIGTERM');
    await untilGone(pid);
  });

  test('killed with kill -9, we leave no server running, and the data folder starts again', async () => {
    const dataDirectory = sharedFolder;
    const program = await runProgram('./start-postgres.ts', [dataDirectory, binariesDirectory]);
    const { url, pid } = saidPostgres.parse(program.said);
    await query(url, 'CREATE TABLE kept_by_the_killed AS SELECT 42 AS answer');
    await program.kill('SIGKILL');
    // At once: the old server may still be on its way down.
    const again = await start({ dataDirectory });
    expect(await query(again.url, 'SELECT answer FROM kept_by_the_killed')).toEqual([[42]]);
    expect(await startOfProcess(pid)).toBeUndefined();
  });

  test('killed while it makes its database, the data folder starts again', async () => {
    const dataDirectory = await newFolder();
    const program = startProgram('./start-postgres.ts', [dataDirectory, binariesDirectory]);
    const isUnderWay = async () =>
      (await readFile(join(dataDirectory, 'initdb.log'), 'utf8').catch(() => '')).includes('bootstrap');
    await until('initdb is under way', isUnderWay);
    const ended = once(program, 'exit');
    program.kill('SIGKILL');
    await ended;
    const server = await start({ dataDirectory });
    expect(await query(server.url, 'SELECT 1')).toEqual([[1]]);
    expect((await readdir(dataDirectory)).filter((name) => name.includes('initializing'))).toEqual([]);
  });

  test("a postmaster.pid of a crash, whose pid is somebody else's by now, is no obstacle", async () => {
    const dataDirectory = sharedFolder;
    const first = await start({ dataDirectory });
    await first.stop();
    const pidFile = join(dataDirectory, 'cluster', 'postmaster.pid');
    await writeFile(
      pidFile,
      `${process.pid}\n${join(dataDirectory, 'cluster')}\n1700000000\n5432\n\n\n\nready\n`,
    );
    const second = await start({ dataDirectory });
    expect(await query(second.url, 'SELECT 1')).toEqual([[1]]);
  });

  test('a server that ends by itself is told of, and started again where it was', async () => {
    const told: string[] = [];
    const server = await start({
      dataDirectory: sharedFolder,
      onUnexpectedExit: (line) => told.push(line),
    });
    await query(server.url, 'CREATE TABLE kept_by_a_crash AS SELECT 42 AS answer');
    const { pid } = server;
    process.kill(pid, 'SIGKILL');
    await until('it runs again', () => server.pid !== pid);
    expect(await query(server.url, 'SELECT answer FROM kept_by_a_crash')).toEqual([[42]]);
    expect(told).toEqual([
      expect.stringMatching(/ended by itself \(SIGKILL, see .*\); it is started again in 0.2 s/),
    ]);
  });

  test('stopped while it waits to start again, it stays down', async () => {
    const told: string[] = [];
    const server = await start({
      dataDirectory: sharedFolder,
      onUnexpectedExit: (line) => told.push(line),
    });
    process.kill(server.pid, 'SIGKILL');
    await until('its end is noticed', () => told.length === 1);
    await server.stop();
    await untilGone(server.pid);
    await expect(query(server.url, 'SELECT 1')).rejects.toThrow('ECONNREFUSED');
  });

  test('two on one data folder: the second gets the pid of the first', async () => {
    const dataDirectory = sharedFolder;
    const first = await start({ dataDirectory });
    await expect(startPostgres({ dataDirectory })).rejects.toMatchObject({
      code: 'FOLDER_IN_USE',
      message: expect.stringContaining(`process ${process.pid}`),
    });
    expect(await query(first.url, 'SELECT 1')).toEqual([[1]]);
  });

  test('two start at once and neither disturbs the other, with the copied binaries shared', async () => {
    const shared = await newFolder();
    const servers = await Promise.all([
      start({ dataDirectory: await newFolder(), binariesDirectory: shared }),
      start({ dataDirectory: await newFolder(), binariesDirectory: shared }),
    ]);
    for (const { url } of servers) expect(await query(url, 'SELECT 1')).toEqual([[1]]);
    expect((await readdir(shared)).filter((name) => name.includes('draft'))).toEqual([]);
  });

  test('a port in use is told before anything starts', async () => {
    const taken = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', () => resolve()));
    try {
      const asked = { port, setting: 'SCREENTEST_POSTGRES_PORT' };
      await expect(startPostgres({ dataDirectory: await newFolder(), port: asked })).rejects.toMatchObject({
        code: 'PORT_IN_USE',
        message: expect.stringContaining('SCREENTEST_POSTGRES_PORT'),
      });
    } finally {
      taken.close();
    }
  });

  test('a server that can not start says why, with the last lines of its log', async () => {
    const settings = { fsync: 'off', shared_buffers: 'plenty' };
    await expect(start({ dataDirectory: sharedFolder, settings })).rejects.toMatchObject({
      code: 'POSTGRES_NOT_STARTED',
      message: expect.stringContaining('invalid value for parameter "shared_buffers": "plenty"'),
    });
  });

  (isRoot ? test : test.skip)('as root, a folder that only root may enter is told by name', async () => {
    const closed = await newFolder(0o700);
    await expect(startPostgres({ dataDirectory: join(closed, 'a', 'b') })).rejects.toMatchObject({
      code: 'DATA_FOLDER_OUT_OF_REACH',
      message: expect.stringContaining(`may not enter ${closed}`),
    });
  });

  (isRoot && checkoutIsOpen ? test : test.skip)('runs for an ordinary user too', async () => {
    const dataDirectory = await newFolder();
    const nobody = { uid: 65_534, gid: 65_534 };
    await chown(dataDirectory, nobody.uid, nobody.gid);
    const program = await runProgram('./start-postgres.ts', [dataDirectory], nobody);
    const { url, pid } = saidPostgres.parse(program.said);
    expect(await query(url, 'SELECT 1')).toEqual([[1]]);
    await program.kill('SIGKILL');
    await untilGone(pid);
  });
});
