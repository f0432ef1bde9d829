import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { type RunningPostgres, startPostgres } from '../../local/postgres.ts';
import { newFolder, removeFolders } from '../local/support/folders.ts';
import { until } from '../local/support/until.ts';
import { expectBalancedBooks, ordersOf, postsOf } from '../paying/books.ts';
import { layCable } from '../support/cable.ts';
import { type Rig, required, startRig } from '../support/rig.ts';
import { killScreentests, startScreentest } from '../support/screentest.ts';

const VIDEOS = ['A', 'B', 'C'];
/** Long enough that the outage begins while jobs render, and they are done while it lasts. */
const SIMULATOR = { render: { baseSeconds: 3, perVideoSecond: 0, jitter: 0 } };

let postgres: RunningPostgres;
let dataDirectory: string;

beforeAll(async () => {
  dataDirectory = await newFolder();
  postgres = await startOwnPostgres();
}, 60_000);
afterAll(async () => {
  killScreentests();
  await postgres.stop();
  await removeFolders();
}, 60_000);

test('Postgres that is stopped while jobs are ordered and render, and started again, costs neither a video nor a cent', async () => {
  const shared = required('SCREENTEST_TEST_POSTGRES_URL');
  process.env.SCREENTEST_TEST_POSTGRES_URL = postgres.url;
  const rig = await startRig({ startsWorkers: false, simulator: SIMULATOR });
  process.env.SCREENTEST_TEST_POSTGRES_URL = shared;
  try {
    const worker = startScreentest(['worker'], rig.environment);
    await worker.untilPrinted('the worker is ready');
    const groups = await underWay(rig);
    await postgres.stop();
    await until('the jobs are done at the provider', () => areDone(rig), 30);
    postgres = await startOwnPostgres(postgres.port);
    await expectAllWell(rig, groups);
    expect((await worker.end('SIGTERM')).exit).toBe(0);
  } finally {
    await rig.stop();
  }
}, 240_000);

test('a worker that loses Temporal for longer than its heartbeats may stay away goes on where it was', async () => {
  const rig = await startRig({ startsWorkers: false, simulator: SIMULATOR });
  const cable = await layCable(required('SCREENTEST_TEST_TEMPORAL_ADDRESS'));
  try {
    const worker = startScreentest(['worker'], { ...rig.environment, TEMPORAL_ADDRESS: cable.host });
    await worker.untilPrinted('the worker is ready');
    const groups = await underWay(rig);
    await cable.cut();
    const cutAt = Date.now();
    await until('every attempt counts as dead', () => Date.now() - cutAt > 25_000, 30);
    await cable.mend();
    await expectAllWell(rig, groups);
    expect((await worker.end('SIGTERM')).exit).toBe(0);
  } finally {
    await cable.remove();
    await rig.stop();
  }
}, 240_000);

/** One group whose jobs render, and one whose orders have been sent and not answered. */
async function underWay(rig: Rig): Promise<readonly GroupId[]> {
  const rendering = await start(rig, 'rendering');
  await until('its jobs are recorded', async () => {
    const orders = await ordersOf(rig, rendering);
    return orders.length === 3 && orders.every(({ submissionState }) => submissionState === 'accepted');
  });
  await rig.addFaults({
    on: 'create',
    does: 'hang',
    milliseconds: 1500,
    match: { prompt: 'in flight' },
    times: 'always',
  });
  const inFlight = await start(rig, 'in flight');
  await until('its orders have arrived', async () => (await rig.ledger()).jobsCreated === 6);
  return [rendering, inFlight];
}

function start(rig: Rig, name: string): Promise<GroupId> {
  return rig.start({ name, variants: VIDEOS.map((video) => ({ name: video, prompt: `${name} ${video}` })) });
}

async function areDone(rig: Rig): Promise<boolean> {
  const { jobs } = await rig.ledger();
  return jobs.every(({ status }) => status === 'completed');
}

async function expectAllWell(rig: Rig, groups: readonly GroupId[]): Promise<void> {
  for (const id of groups) {
    const { variants } = await rig.until(id, ({ status }) => status === 'testing', 120_000);
    expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect(await postsOf(rig, id)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
    await expectBalancedBooks(rig, id);
  }
  const { _sum } = await rig.database.budgetLedgerEntry.aggregate({
    where: { entry: 'settle' },
    _sum: { amountMicroUsd: true },
  });
  expect(Number(_sum.amountMicroUsd)).toBe((await rig.ledger()).billedMicroUsd);
}

function startOwnPostgres(port?: number): Promise<RunningPostgres> {
  return startPostgres({
    dataDirectory,
    settings: { fsync: 'off' },
    ...(port !== undefined && { port: { port, setting: 'the test' } }),
  });
}
