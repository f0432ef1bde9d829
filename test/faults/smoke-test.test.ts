import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createDatabase, type Database } from '../../database/client.ts';
import { hasJobTable } from '../../database/job-table.ts';
import { openSmokeTest, type SmokeTest, smokeTests } from '../../database/smoke-tests.ts';
import { fromUsd } from '../../domain/money.ts';
import { createJobPoller } from '../../providers/job-poller.ts';
import { createOpenAICompatibleProvider } from '../../providers/openai-compatible/provider.ts';
import type { FaultInput } from '../../simulator/faults.ts';
import type { Ledger } from '../../simulator/ledger.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';
import { goOnWith, SMOKE_TEST_TIMING, type SmokeTestParts } from '../../smoke-test/smoke-test.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import { runHere } from '../cli/run-here.ts';
import { until } from '../local/support/until.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { killScreentests, startScreentest } from '../support/screentest.ts';

const ANA = 'ana@example.com';
const SMALL = ['--seconds', '1', '--size', '128x72'];

let testDatabase: TestDatabase;
let database: Database;
let simulator: Simulator;
let folder: string;
let environment: NodeJS.ProcessEnv;

beforeAll(async () => {
  simulator = await startSimulator({ render: { baseSeconds: 0.3, perVideoSecond: 0, jitter: 0 } });
  folder = await mkdtemp(join(tmpdir(), 'screentest-smoke-'));
});
beforeEach(async () => {
  testDatabase = await createTestDatabase({ migrated: true, manualMode: true });
  database = createDatabase(testDatabase.url);
  environment = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    DATABASE_URL: testDatabase.url,
    VIDEO_API_BASE_URL: simulator.url,
    VIDEO_API_KEY: 'test',
    VIDEO_API_CANCELS_JOBS: 'true',
    SCREENTEST_STORAGE_DIR: folder,
    SCREENTEST_USER: ANA,
  };
});
afterEach(async () => {
  await fetch(`${simulator.adminUrl}/faults`, { method: 'DELETE' });
  await database.$disconnect();
  await testDatabase.drop();
});
afterAll(async () => {
  killScreentests();
  await simulator.stop();
  await rm(folder, { recursive: true, force: true });
});

const smokeTest = (...args: string[]) => runHere(['smoke-test', ...args], environment);

async function addFault(fault: FaultInput): Promise<void> {
  const response = await fetch(`${simulator.adminUrl}/faults`, {
    method: 'POST',
    body: JSON.stringify({ faults: [fault] }),
  });
  expect(response.ok).toBe(true);
}

/** How often the orders of these tests were sent, and how many jobs they made. */
async function posts(): Promise<{ posts: number; jobs: number }[]> {
  const ledger = (await (await fetch(`${simulator.adminUrl}/ledger`)).json()) as Ledger;
  const rows = await database.providerSmokeTest.findMany({ orderBy: { createdAt: 'asc' } });
  return rows.map(({ idempotencyKey }) => ledger.byIdempotencyKey[idempotencyKey] ?? { posts: 0, jobs: 0 });
}

/** In this process, with times that suit a test. */
function parts(
  changes: { baseUrl?: string; apiKey?: string; minutes?: number; signal?: AbortSignal } = {},
): SmokeTestParts {
  const provider = createOpenAICompatibleProvider({
    baseUrl: changes.baseUrl ?? simulator.url,
    apiKey: changes.apiKey ?? 'test',
    honoursIdempotencyKeys: false,
    cancelsJobs: true,
  });
  return {
    database,
    provider,
    poller: createJobPoller(provider),
    store: createLocalStore(folder),
    jobTimeoutMinutes: changes.minutes ?? 5,
    timing: {
      ...SMOKE_TEST_TIMING,
      answerWithinMs: 0,
      lookAgainMs: 50,
      looks: 2,
      contentWithinMs: 300,
      patienceMs: 2000,
    },
    tell: () => {},
    signal: changes.signal ?? new AbortController().signal,
  };
}

function open(prompt = 'a cup'): Promise<SmokeTest> {
  return openSmokeTest(database, {
    provider: 'openai-compatible',
    endpoint: simulator.url,
    providerAccount: 'default',
    video: { model: 'sora-2', seconds: 1, width: 128, height: 72 },
    prompt,
    price: fromUsd(0.1),
    by: ANA,
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('a video API that makes videos', () => {
  test('passes: the cost is said first, the video is kept, and automatic generation is open', async () => {
    const { exit, stdout, stderr } = await smokeTest(...SMALL, '--yes', '-o', 'json');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringContaining('applied 0008') });
    const report = JSON.parse(stdout);
    expect(report).toMatchObject({
      result: 'PASS',
      reasons: [],
      cost: 100_000,
      applied: ['0008_video_generation_jobs', '0022_job_table_rules'],
      file: { seconds: 1, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(existsSync(fileURLToPath(report.file.url))).toBe(true);
    expect(await hasJobTable(database)).toBe(true);
    expect(await posts()).toEqual([{ posts: 1, jobs: 1 }]);

    const again = await smokeTest(...SMALL, '--yes');
    expect(again).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^PASS: openai-compatible, account default\n/),
    });
    const history = await smokeTest('--history');
    expect(history).toMatchObject({ exit: 0, stderr: '' });
    expect(history.stdout.match(/PASS/g)).toHaveLength(2);
    expect(history.stdout).toContain('$0.10');
  });

  test('is not asked for anything when nobody says yes', async () => {
    const { exit, stderr } = await smokeTest('--seconds', '2');
    expect(exit).toBe(2);
    expect(stderr).toContain('One video of 2 s by sora-2 at 720x1280 costs $0.20. Make it?');
    expect(await smokeTests(database, 10)).toEqual([]);
  });

  test('is asked for the shortest video of the cheapest model', async () => {
    const { stderr } = await smokeTest();
    expect(stderr).toContain('One video of 4 s by sora-2 at 720x1280 costs $0.40. Make it?');
  });

  test('and is waited for when it asks to slow down', async () => {
    await addFault({ on: 'create', does: 'answer', status: 429, retryAfterSeconds: 0.2, times: 2 });
    expect(await goOnWith(parts(), await open())).toMatchObject({ result: 'PASS' });
    expect(await posts()).toEqual([{ posts: 3, jobs: 1 }]);
  });
});

describe('a video API that fails says why, what it cost, and leaves manual mode', () => {
  const WHOLE = fromUsd(0.1);
  test.each<[string, FaultInput, RegExp, number]>([
    [
      'it refuses the order',
      { on: 'create', does: 'answer', status: 400, message: 'No cups.' },
      /No cups/,
      0,
    ],
    ['it refuses the key', { on: 'create', does: 'answer', status: 401 }, /VIDEO_API_KEY/, 0],
    [
      'it asks to slow down for too long',
      { on: 'create', does: 'answer', status: 429, retryAfterSeconds: 5, times: 'always' },
      /slow down/,
      0,
    ],
    [
      'its job fails',
      { on: 'job', does: 'fail', code: 'moderation', message: 'a logo' },
      /moderation: a logo/,
      0,
    ],
    [
      'its video is too long',
      { on: 'job', does: 'misrender', seconds: 3 },
      /plays 3 s, ordered were 1 s/,
      WHOLE,
    ],
    ['its video has another size', { on: 'job', does: 'misrender', size: '64x64' }, /is 64x64/, WHOLE],
    ['its file is a page', { on: 'content', does: 'page', times: 'always' }, /labelled text\/html/, WHOLE],
    [
      'its file has the label of a text',
      { on: 'content', does: 'relabel', contentType: 'text/plain', times: 'always' },
      /labelled text\/plain/,
      WHOLE,
    ],
    ['its file is empty', { on: 'content', does: 'empty', times: 'always' }, /no bytes/, WHOLE],
    ['its file never comes', { on: 'content', does: 'missing', times: 'always' }, /can't be fetched/, WHOLE],
  ])('%s', async (_, fault, why, cost) => {
    await addFault(fault);
    const ended = await goOnWith(parts(), await open());
    expect(ended).toMatchObject({ result: 'FAIL', reasons: [expect.stringMatching(why)], cost });
    expect((await posts())[0]?.jobs).toBeLessThanOrEqual(1);
    expect(await hasJobTable(database)).toBe(false);
  });

  test('it is not there', async () => {
    const port = await freePort();
    const ended = await goOnWith(parts({ baseUrl: `http://127.0.0.1:${port}/v1` }), await open());
    expect(ended).toMatchObject({
      result: 'FAIL',
      reasons: [expect.stringMatching(/does not answer/)],
      cost: 0,
    });
  });

  test('it never finishes, and is stopped', async () => {
    await addFault({ on: 'job', does: 'stall' });
    const ended = await goOnWith(parts({ minutes: 0.02 }), await open());
    expect(ended).toMatchObject({
      result: 'FAIL',
      reasons: [expect.stringMatching(/did not finish.*cancelled/)],
      cost: 0,
    });
  });

  test('and the command says so, with exit code 1', async () => {
    await addFault({ on: 'job', does: 'fail', message: 'a logo' });
    const { exit, stdout } = await smokeTest(...SMALL, '--yes');
    expect(exit).toBe(1);
    expect(stdout).toMatch(/^FAIL: openai-compatible/);
    for (const said of ['a logo', 'cost      $0.00', 'manual mode']) expect(stdout).toContain(said);
  });
});

describe('a test that was killed half-way is never paid twice', () => {
  test('while its job renders: it goes on with the same job', async () => {
    await addFault({ on: 'job', does: 'slow', factor: 8 });
    const killed = startScreentest(['smoke-test', ...SMALL, '--yes'], environment);
    await killed.untilPrinted('waiting for the job');
    expect((await killed.end('SIGKILL')).exit).toBe('SIGKILL');
    const { exit, stderr } = await smokeTest('--seconds', '9');
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: expect.stringContaining('going on with the test') });
    expect(await posts()).toEqual([{ posts: 1, jobs: 1 }]);
  });

  test('while its order is answered: the job is found', async () => {
    await addFault({ on: 'create', does: 'hang', milliseconds: 3000 });
    const args = ['smoke-test', ...SMALL, '--prompt', 'a cup that nobody else orders', '--yes'];
    const killed = startScreentest(args, environment);
    await until('the order has arrived', async () => (await posts())[0]?.jobs === 1);
    await killed.end('SIGKILL');
    const [left] = await smokeTests(database, 1);
    expect(left).toMatchObject({ state: 'claimed', result: undefined });
    expect(await goOnWith(parts(), left ?? (await open()))).toMatchObject({ result: 'PASS' });
    expect(await posts()).toEqual([{ posts: 1, jobs: 1 }]);
  });

  test('while its order is answered, where keys are honoured: it is sent again under the same key', async () => {
    const honouring = await startSimulator({
      render: { baseSeconds: 0.3, perVideoSecond: 0, jitter: 0 },
      honoursIdempotencyKeys: true,
      faults: [{ on: 'create', does: 'drop', created: true }],
    });
    const usual = parts({ baseUrl: honouring.url });
    const provider = {
      ...usual.provider,
      capabilities: { ...usual.provider.capabilities, honoursIdempotencyKeys: true },
    };
    const ended = await goOnWith({ ...usual, provider }, await open());
    expect(ended).toMatchObject({ result: 'PASS', cost: fromUsd(0.1) });
    const ledger = (await (await fetch(`${honouring.adminUrl}/ledger`)).json()) as Ledger;
    expect(ledger).toMatchObject({ postsReceived: 2, jobsCreated: 1 });
    await honouring.stop();
  });

  test('interrupted by the person, it says so and goes on later', async () => {
    await addFault({ on: 'job', does: 'slow', factor: 8 });
    const left = startScreentest(['smoke-test', ...SMALL, '--yes'], environment);
    await left.untilPrinted('waiting for the job');
    expect(await left.end('SIGINT')).toMatchObject({ exit: 130 });
    expect((await smokeTest()).exit).toBe(0);
    expect(await posts()).toEqual([{ posts: 1, jobs: 1 }]);
  });

  test('nor are two at once: they share one job', async () => {
    const opened = await Promise.all([open('one'), open('other')]);
    expect(opened[0].id).toBe(opened[1].id);
    const ended = await Promise.all(opened.map((test) => goOnWith(parts(), test)));
    expect(ended.map(({ result }) => result)).toEqual(['PASS', 'PASS']);
    expect(await posts()).toEqual([{ posts: 1, jobs: 1 }]);
  });
});

test('an order of unknown outcome is shown and not repeated, until a person counts it as charged', async () => {
  await addFault({ on: 'job', does: 'hide' });
  await addFault({ on: 'create', does: 'drop', created: true });
  const held = await goOnWith(parts(), await open());
  expect(held).toMatchObject({ result: undefined, state: 'held' });
  expect(await goOnWith(parts(), held)).toMatchObject({ result: undefined, state: 'held' });
  expect(await posts()).toEqual([{ posts: 1, jobs: 1 }]);
  expect((await smokeTest('--history')).stdout).toContain('unknown');

  const accepted = await smokeTest(...SMALL, '--yes', '--accept-possible-charge');
  expect(accepted.exit).toBe(0);
  const [newest, first] = await smokeTests(database, 2);
  expect(newest).toMatchObject({ result: 'PASS' });
  expect(first).toMatchObject({
    result: 'FAIL',
    cost: fromUsd(0.1),
    reasons: [expect.stringContaining(ANA)],
  });
  expect(await posts()).toEqual([
    { posts: 1, jobs: 1 },
    { posts: 1, jobs: 1 },
  ]);
});

test('a test that was ordered at another address is not looked for here', async () => {
  const stop = new AbortController();
  await addFault({ on: 'job', does: 'stall' });
  const left = goOnWith(parts({ signal: stop.signal }), await open());
  await until('the order was taken', async () => (await smokeTests(database, 1))[0]?.state === 'accepted');
  stop.abort(new Error('left'));
  await expect(left).rejects.toThrow('left');
  const elsewhere = await startSimulator({ render: { baseSeconds: 0.3, perVideoSecond: 0, jitter: 0 } });
  const there = (...args: string[]) =>
    runHere(['smoke-test', ...SMALL, '--yes', ...args], {
      ...environment,
      VIDEO_API_BASE_URL: elsewhere.url,
    });
  expect(await there()).toMatchObject({ exit: 4, stderr: expect.stringContaining(simulator.url) });
  expect(await there('--accept-possible-charge')).toMatchObject({ exit: 0 });
  await elsewhere.stop();
});

test('where there is no video API there is nothing to test', async () => {
  const manual = { ...environment, VIDEO_PROVIDER: 'manual', VIDEO_API_CANCELS_JOBS: '' };
  const { exit, stderr } = await runHere(['smoke-test', '--yes'], manual);
  expect({ exit, stderr }).toEqual({ exit: 4, stderr: expect.stringContaining('VIDEO_PROVIDER is manual') });
});

test('a database that was never migrated is told so, and nothing is ordered', async () => {
  const empty = await createTestDatabase({ migrated: false });
  const { exit, stderr } = await runHere(['smoke-test', '--yes'], {
    ...environment,
    DATABASE_URL: empty.url,
  });
  expect({ exit, stderr }).toEqual({ exit: 4, stderr: expect.stringContaining('screentest db migrate') });
  await empty.drop();
});
