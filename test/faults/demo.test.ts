import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { toolsDirectory } from '../../local/data-folder.ts';
import { findTemporalCli } from '../../local/temporal-cli.ts';
import { checkVideo } from '../../media/check.ts';
import { newFolder, removeFolders } from '../local/support/folders.ts';
import { until } from '../local/support/until.ts';
import { expectExit, killScreentests, type Running, startScreentest } from '../support/screentest.ts';

const SMALL_BRIEF = `
venture: Crema & Co
name: Small
template: PRODUCT_REVEAL
product: a small espresso machine
platforms: [tiktok]
variants: 2
video: { seconds: 1, size: 128x72 }
`;

let folder: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  // Found once for the whole run, so that no demo fetches it anew.
  const cli = await findTemporalCli({ cacheDirectory: await toolsDirectory(), env: process.env });
  folder = join(await newFolder(), 'data');
  environment = {
    PATH: `${join(cli, '..')}:${process.env.PATH}`,
    HOME: process.env.HOME,
    TZ: process.env.TZ,
    SCREENTEST_DATA_DIR: folder,
  };
});
afterEach(async () => {
  killScreentests();
  await untilNobodyIsLeft();
}, 30_000);
afterAll(removeFolders);

const demo = (...args: string[]): Running => startScreentest(['demo', ...args], environment);

/** Processes that have the data folder in their command line or their environment. */
async function processes(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if (pid === String(process.pid)) continue;
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const [command, variables, state] = await Promise.all([read('cmdline'), read('environ'), read('stat')]);
    const isZombie = /\) Z /.test(state);
    if (!isZombie && (command.includes(folder) || variables.includes(folder))) {
      found.push(command.replaceAll('\0', ' '));
    }
  }
  return found;
}

async function untilNobodyIsLeft(): Promise<void> {
  await until('no process of the demo is left', async () => (await processes()).length === 0, 20);
}

describe('the demo', () => {
  test('tells the whole story although its worker is killed half-way, and pays for each video once', async () => {
    const running = demo();
    await running.untilPrinted('is generating');
    const [worker] = await pidsOf('main.js worker');
    process.kill(worker ?? 0, 'SIGKILL');
    const { stdout } = expectExit(await running.ended, 0);
    expect(await processes()).toEqual([]);
    const log = await readFile(join(folder, 'logs', 'worker.log'), 'utf8');
    expect(log.match(/the worker is ready/g)).toHaveLength(2);
    expect(stdout).toContain('completed: winner');
    expect(stdout).toContain('spent     $2.00');
    expect(stdout).toMatch(
      /Web UI {4}http:\/\/127\.0\.0\.1:\d+\/namespaces\/default\/workflows\/variant-group%2F/,
    );
    expect(stdout).toContain(folder);
    const videos = [...stdout.matchAll(/^ {2}\S.*: (\/.*\.mp4)$/gm)].map(([, path]) => path ?? '');
    expect(videos).toHaveLength(5);
    for (const path of videos) {
      const check = await checkVideo(path, { durationSeconds: 4, width: 720, height: 1280 });
      expect(check).toMatchObject({ ok: true });
    }
    expect(stdout).not.toContain(String.fromCharCode(27));
  }, 150_000);

  test.each([
    ['while the servers start', 'start PostgreSQL'],
    ['just when the group starts', 'start the group'],
  ])(
    'stops everything on Ctrl-C %s, and exits 130',
    async (_, text) => {
      const running = demo();
      await running.untilPrinted(text);
      const { stderr } = expectExit(await running.end('SIGINT'), 130);
      expect(stderr).not.toContain('    at ');
      expect(await processes()).toEqual([]);
    },
    60_000,
  );

  test('has its folder for itself: another one, or --reset, is told who uses it; Ctrl-C while it generates exits 130', async () => {
    const running = demo();
    await running.untilPrinted('is generating');
    const others = await Promise.all([demo().ended, demo('--reset').ended]);
    for (const other of others) {
      const { stderr } = expectExit(other, 4);
      expect(stderr).toContain(`in use by process ${running.child.pid}`);
    }
    expectExit(await running.end('SIGINT'), 130);
    expect(await processes()).toEqual([]);
  }, 60_000);

  test('is through within a minute, and with --keep stays until Ctrl-C, which exits 130', async () => {
    const brief = join(folder, '..', 'brief.yaml');
    await writeFile(brief, SMALL_BRIEF);
    const started = Date.now();
    const running = demo('--keep', '--brief', brief);
    await running.untilPrinted('Everything keeps running until Ctrl-C');
    expect(Date.now() - started).toBeLessThan(60_000);
    expect((await pidsOf('main.js worker')).length).toBe(1);
    expectExit(await running.end('SIGINT'), 130);
    expect(await processes()).toEqual([]);
  }, 90_000);

  test('killed with kill -9 leaves no server running', async () => {
    const killed = demo();
    await killed.untilPrinted('is generating');
    await killed.end('SIGKILL');
    await untilNobodyIsLeft();
  }, 60_000);

  test('names the port that is in use, and leaves nothing running', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { exit, stderr } = await demo('--postgres-port', String(port)).ended;
    taken.close();
    expect(exit).not.toBe(0);
    expect(stderr).toContain(String(port));
    expect(stderr).toContain('--postgres-port');
    expect(await processes()).toEqual([]);
  }, 60_000);

  test('--reset removes its folder', async () => {
    const { exit, stdout } = await demo('--reset').ended;
    expect(exit).toBe(0);
    expect(stdout).toContain(folder);
    expect(existsSync(folder)).toBe(false);
    expect((await demo('--reset').ended).stdout).toContain('nothing to remove');
  });
});

async function pidsOf(command: string): Promise<number[]> {
  const pids: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const [line, variables] = await Promise.all([read('cmdline'), read('environ')]);
    const text = line.replaceAll('\0', ' ').trimEnd();
    if (text.startsWith(process.execPath) && text.endsWith(command) && variables.includes(folder)) {
      pids.push(Number(pid));
    }
  }
  return pids;
}
