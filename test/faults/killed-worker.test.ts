import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../local/support/until.ts';
import { expectBalancedBooks, ordersOf, postsOf } from '../paying/books.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { killScreentests, type Running, startScreentest } from '../support/screentest.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    startsWorkers: false,
    simulator: {
      render: { baseSeconds: 4, perVideoSecond: 0, jitter: 0 },
      // The job is made at once, and the answer takes longer than the worker lives.
      faults: [
        { on: 'create', does: 'hang', milliseconds: 3000, match: { prompt: 'in flight' }, times: 'always' },
      ],
    },
  });
}, 60_000);
afterAll(async () => {
  killScreentests();
  await rig.stop();
}, 60_000);

async function startWorker(): Promise<Running> {
  const worker = startScreentest(['worker'], rig.environment);
  await worker.untilPrinted('the worker is ready');
  return worker;
}

const prompts = (about: string) => ['A', 'B', 'C'].map((name) => ({ name, prompt: `${about} ${name}` }));

test('a worker killed between submit and its record, or while jobs render, does not pay twice', async () => {
  const rendering = await rig.start({ name: 'rendering', variants: prompts('rendering') });
  let worker = await startWorker();
  await until('the first jobs are recorded', async () =>
    (await ordersOf(rig, rendering)).every(({ submissionState }) => submissionState === 'accepted'),
  );
  const inFlight = await rig.start({ name: 'in flight', variants: prompts('in flight') });
  await until('every order has reached the provider', async () => (await rig.ledger()).jobsCreated === 6);
  expect((await ordersOf(rig, inFlight)).map(({ submissionState }) => submissionState)).toEqual([
    'claimed',
    'claimed',
    'claimed',
  ]);
  expect((await worker.end('SIGKILL')).exit).toBe('SIGKILL');

  worker = await startWorker();
  for (const id of [rendering, inFlight]) {
    const { variants } = await rig.until(id, ({ status }) => status === 'testing', 30_000);
    expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect(await postsOf(rig, id)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
    await expectBalancedBooks(rig, id);
  }
  expect((await worker.end('SIGTERM')).exit).toBe(0);
}, 60_000);

test('a worker told to stop records what it has sent, exits 0, and nothing is lost', async () => {
  const id = await rig.start({ name: 'told to stop', variants: prompts('told to stop, in flight') });
  let worker = await startWorker();
  await until(
    'every order has reached the provider',
    async () => (await postsOf(rig, id)).filter(({ jobs }) => jobs === 1).length === 3,
  );
  expect((await worker.end('SIGTERM')).exit).toBe(0);
  expect((await ordersOf(rig, id)).map(({ submissionState }) => submissionState)).toEqual([
    'accepted',
    'accepted',
    'accepted',
  ]);

  worker = await startWorker();
  await rig.until(id, ({ status }) => status === 'testing');
  expect(await postsOf(rig, id)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
  await expectBalancedBooks(rig, id);
  expect((await worker.end('SIGTERM')).exit).toBe(0);
}, 60_000);
