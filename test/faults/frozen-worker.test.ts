import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { until } from '../local/support/until.ts';
import { expectBalancedBooks, ordersOf } from '../paying/books.ts';
import { rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { killScreentests, type Running } from '../support/screentest.ts';
import type { CrashPoint } from './crash-points.ts';
import { type CrashingWorkers, compileCrashingWorkers, TIMING } from './crashing-workers.ts';

/**
 * Seconds. A worker that stands still is given up by its heartbeats, after 15 s, and then another one looks; but its open
 * polls may each take a task with them first.
 */
const GIVEN_UP_WITHIN = 180;

let workers: CrashingWorkers;
const wakes = new Map<string, Promise<Awakening>>();

/** What was frozen where, and what becomes of the order that was being sent. */
const CASES = [
  {
    honoursIdempotencyKeys: false,
    at: 'after the intent is claimed',
    story: 'gives up when it wakes: the order was held, is known then not to have been sent, and is released',
    meanwhile: 'held',
    posts: 0,
  },
  {
    honoursIdempotencyKeys: false,
    at: 'before the order is sent',
    story:
      'sends the order when it wakes: the job is found under the order that was held, and is the only one',
    meanwhile: 'held',
    posts: 1,
  },
  {
    honoursIdempotencyKeys: true,
    at: 'after the intent is claimed',
    story: 'gives up when it wakes: another worker has sent the order under its key',
    meanwhile: 'accepted',
    posts: 1,
  },
  {
    honoursIdempotencyKeys: true,
    at: 'before the order is sent',
    story: 'sends the order when it wakes, under the key of the one that another worker has sent: one job',
    meanwhile: 'accepted',
    posts: 2,
  },
] as const satisfies readonly {
  honoursIdempotencyKeys: boolean;
  at: CrashPoint;
  story: string;
  meanwhile: string;
  posts: number;
}[];

type Case = (typeof CASES)[number];

beforeAll(async () => {
  workers = await compileCrashingWorkers();
  for (const frozen of CASES) {
    const awakening = frozenAndWoken(await startRig(rigFor(frozen)), frozen);
    awakening.catch(() => undefined); // its own test says so
    wakes.set(keyOf(frozen), awakening);
  }
}, 120_000);
afterAll(async () => {
  await Promise.allSettled(wakes.values());
  killScreentests();
  await workers.remove();
}, 480_000);

describe.each([
  ['ignores keys', CASES.filter(({ honoursIdempotencyKeys }) => !honoursIdempotencyKeys)],
  ['honours keys', CASES.filter(({ honoursIdempotencyKeys }) => honoursIdempotencyKeys)],
] as const)('at a provider that %s', (_, cases) => {
  test.each(cases)(
    'a worker frozen $at $story',
    async (frozen) => {
      expect(await wakes.get(keyOf(frozen))).toEqual({
        meanwhile: frozen.meanwhile,
        posts: frozen.posts,
        jobs: frozen.posts === 0 ? 0 : 1,
        ended: ['completed', 'completed'],
        jobsInAll: 2,
        billed: 200_000,
        charged: 200_000,
      });
    },
    480_000,
  );
});

interface Awakening {
  /** The order's state when another worker had done what it could. */
  readonly meanwhile: string;
  /** Of its key, once the frozen worker had woken and done what it would. */
  readonly posts: number;
  readonly jobs: number;
  /** Each variant, once a person had those tried again that failed. */
  readonly ended: readonly string[];
  readonly jobsInAll: number;
  readonly billed: number;
  readonly charged: number;
}

function keyOf({ at, honoursIdempotencyKeys }: Case): string {
  return `${at}, ${honoursIdempotencyKeys}`;
}

function rigFor({ honoursIdempotencyKeys }: Case) {
  return {
    startsWorkers: false,
    timing: TIMING,
    honoursIdempotencyKeys,
    simulator: { honoursIdempotencyKeys },
  };
}

async function frozenAndWoken(rig: Rig, { at, honoursIdempotencyKeys }: Case): Promise<Awakening> {
  try {
    const id = await rig.start({
      name: at,
      variants: ['one', 'two'].map((text) => ({ name: text, prompt: text })),
    });
    const worker = workers.start(rig, { at, by: 'SIGSTOP', honoursIdempotencyKeys });
    await worker.untilPrinted(/^SIGSTOP .*\n/m);
    const named = /^SIGSTOP .*: (.*)$/m.exec(worker.printed())?.[1];
    const frozen = (await ordersOf(rig, id)).find(
      (order) => order.id === named || order.idempotencyKey === named,
    );
    if (frozen === undefined) throw new Error(`no such order: ${worker.printed()}`);
    await rig.startWorkers();
    await until('each variant is settled', () => isSettled(rig, id), GIVEN_UP_WITHIN);
    const orderNow = async () => (await ordersOf(rig, id)).find((order) => order.id === frozen.id);
    const meanwhile = (await orderNow())?.submissionState ?? 'gone';

    await wake(rig, id, worker);
    const { byIdempotencyKey } = await rig.ledger();
    const count = byIdempotencyKey[frozen.idempotencyKey] ?? { posts: 0, jobs: 0 };
    await retryFailed(rig, id);
    await until(
      'the group is testing',
      async () => (await rowOf(rig, id)).testStatus === 'testing',
      GIVEN_UP_WITHIN,
    );
    await expectBalancedBooks(rig, id);
    const { jobsCreated, billedMicroUsd } = await rig.ledger();
    return {
      meanwhile,
      ...count,
      ended: (await variantsOf(rig, id)).map(({ generationStatus }) => generationStatus),
      jobsInAll: jobsCreated,
      billed: billedMicroUsd,
      charged: await chargedIn(rig, id),
    };
  } finally {
    await rig.stop();
  }
}

/** It does what it was about to do; then it is ended, for it would take tasks from the others. */
async function wake(rig: Rig, id: GroupId, worker: Running): Promise<void> {
  worker.child.kill('SIGCONT');
  await until('nothing is held any more', async () =>
    (await ordersOf(rig, id)).every(({ submissionState }) => submissionState !== 'held'),
  );
  // Where nothing was held there is nothing to see when it gives up.
  await delay(2000);
  await worker.end('SIGKILL');
}

async function retryFailed(rig: Rig, id: GroupId): Promise<void> {
  const failed = (await variantsOf(rig, id)).filter(({ generationStatus }) => generationStatus === 'failed');
  for (const { variantName: variant } of failed) {
    await rig.client.retryVariant(id, { variant, by: ANA, acceptPossibleCharge: true });
  }
}

/** Asked of the database: a question to the workflow would wait for the worker that is frozen. */
function variantsOf({ database }: Rig, id: GroupId) {
  return database.videoVariant.findMany({ where: { variantGroupId: id }, orderBy: { position: 'asc' } });
}

async function isSettled(rig: Rig, id: GroupId): Promise<boolean> {
  const variants = await variantsOf(rig, id);
  return (
    variants.length === 2 &&
    variants.every(
      ({ generationStatus }) => generationStatus === 'completed' || generationStatus === 'failed',
    )
  );
}

async function chargedIn({ database }: Rig, id: GroupId): Promise<number> {
  const { _sum } = await database.budgetLedgerEntry.aggregate({
    where: { variantGroupId: id, entry: { in: ['settle', 'correct'] } },
    _sum: { amountMicroUsd: true },
  });
  return Number(_sum.amountMicroUsd ?? 0);
}
