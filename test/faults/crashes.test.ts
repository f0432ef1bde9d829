import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import type { Overview } from '../../workflows/messages.ts';
import { expectBalancedBooks, ordersOf } from '../paying/books.ts';
import { ANA, type Rig, type RigOptions, startRig } from '../support/rig.ts';
import { type Ended, killScreentests, type Running } from '../support/screentest.ts';
import { sideBySide } from '../support/side-by-side.ts';
import { CRASH_POINTS, type CrashPoint } from './crash-points.ts';
import { type CrashingWorkers, compileCrashingWorkers, TIMING } from './crashing-workers.ts';

const PROMPTS = ['one', 'two'];
/** A dead worker is noticed by its heartbeats, 15 and 20 s; a record's attempt by its time, 30 s. */
const RECOVERED_WITHIN_MS = 100_000;

const COMES_TO_THE_POINT_WITHIN_MS = 90_000;

interface Provider {
  readonly name: string;
  readonly honoursIdempotencyKeys: boolean;
}

const PROVIDERS: readonly Provider[] = [
  { name: 'ignores keys', honoursIdempotencyKeys: false },
  { name: 'honours keys', honoursIdempotencyKeys: true },
];

let workers: CrashingWorkers;
const inTurn = sideBySide(8);
/** A database and a namespace are made one after the other: at once, they would wait for each other. */
const oneByOne = sideBySide(1);
const crashes = new Map<string, Promise<Recovery>>();
const keyOf = (provider: Provider, point: string) => `${provider.name}: ${point}`;

beforeAll(async () => {
  workers = await compileCrashingWorkers();
  for (const point of CRASH_POINTS) {
    for (const provider of PROVIDERS) {
      const recovery = inTurn(() => killedAndRecovered(point, provider));
      recovery.catch(() => undefined); // its own test says so
      crashes.set(keyOf(provider, point), recovery);
    }
  }
}, 60_000);

afterAll(async () => {
  await Promise.allSettled(crashes.values());
  killScreentests();
  await workers.remove();
}, 400_000);

describe.each(PROVIDERS)('a provider that $name', (provider) => {
  test.each(CRASH_POINTS)(
    'a worker killed %s leaves no variant without a video, and no second charge',
    async (point) => {
      const recovery = await crashes.get(keyOf(provider, point));
      if (recovery === undefined) throw new Error(`${point} was not played`);
      expect(recovery.orders.map(({ atCrash }) => atCrash)).toContainEqual(STANDING_AT[point]);
      for (const order of recovery.orders) {
        expect({ order, becomes: order.after }).toEqual({
          order,
          becomes: expected(order.atCrash, provider),
        });
      }
      expect(recovery.ended).toEqual({
        variants: ['completed', 'completed'],
        jobs: 2,
        billed: 200_000,
        charged: 200_000,
      });
    },
    400_000,
  );
});

/** How an order stood when the worker was gone, and how it came out without a person. */
interface CrashedOrder {
  readonly prompt: string;
  readonly atCrash: Standing;
  readonly after: Standing;
}

interface Standing {
  /** `none` before there is an intent. */
  readonly state: string;
  readonly jobs: number;
}

/** How the order stands that reaches the point first. */
const NEVER_SENT = { state: 'claimed', jobs: 0 };
const SENT = { state: 'claimed', jobs: 1 };
const RECORDED = { state: 'accepted', jobs: 1 };
const STANDING_AT: Readonly<Record<CrashPoint, Standing>> = {
  'after the intent is written': { state: 'reserved', jobs: 0 },
  'after the intent is claimed': NEVER_SENT,
  'before the order is sent': NEVER_SENT,
  'after the order is sent, before its answer': SENT,
  'after the answer, before anything is done with it': SENT,
  'before the job id is recorded': SENT,
  'after the job id is recorded': RECORDED,
  'after the job is asked about': RECORDED,
  'after the job is seen to be done': RECORDED,
  'before the download': RECORDED,
  'in the middle of the download': RECORDED,
  'after the download, before the checks': RECORDED,
  'after the checks, before the file is kept': RECORDED,
  'after the file is kept, before its record': RECORDED,
  'after the record': RECORDED,
};

interface Recovery {
  readonly orders: readonly CrashedOrder[];
  /** Once a person has settled what was held, if anything was. */
  readonly ended: { variants: readonly string[]; jobs: number; billed: number; charged: number };
}

/**
 * By what was written and sent when the worker died: what was sent is never sent again, and what may have been sent is
 * found by its key, or in the list, or is held.
 */
function expected({ state, jobs }: Standing, { honoursIdempotencyKeys }: Provider): Standing {
  const wasNeverSent = state === 'claimed' && jobs === 0;
  return wasNeverSent && !honoursIdempotencyKeys
    ? { state: 'held', jobs: 0 }
    : { state: 'accepted', jobs: 1 };
}

/** One group whose worker is killed at the point, and another worker that goes on with it. */
async function killedAndRecovered(point: CrashPoint, provider: Provider): Promise<Recovery> {
  const rig = await oneByOne(() => startRig(crashRig(point, provider)));
  try {
    const id = await rig.start({
      name: point,
      variants: PROMPTS.map((text) => ({ name: text, prompt: text })),
    });
    const worker = workers.start(rig, { at: point, by: 'SIGKILL', ...provider });
    expect(await exitOf(worker, point)).toBe('SIGKILL');
    const atCrash = await standingsOf(rig, id);

    await rig.startWorkers();
    await rig.until(id, isSettled, RECOVERED_WITHIN_MS);
    const after = await standingsOf(rig, id);
    await settleHeld(rig, id);
    const { variants } = await rig.until(id, ({ status }) => status === 'testing', RECOVERED_WITHIN_MS);
    await expectBalancedBooks(rig, id);
    const ledger = await rig.ledger();
    return {
      orders: PROMPTS.map((prompt) => ({
        prompt,
        atCrash: atCrash.get(prompt) ?? { state: 'none', jobs: 0 },
        after: after.get(prompt) ?? { state: 'none', jobs: 0 },
      })),
      ended: {
        variants: variants.map(({ status }) => status),
        jobs: ledger.jobsCreated,
        billed: ledger.billedMicroUsd,
        charged: await chargedIn(rig, id),
      },
    };
  } finally {
    await rig.stop();
  }
}

/** @throws when it goes on working: what the point is told by has changed */
async function exitOf(worker: Running, point: CrashPoint): Promise<Ended['exit']> {
  const tooLate = delay(COMES_TO_THE_POINT_WITHIN_MS, undefined, { ref: false });
  const ended = await Promise.race([worker.ended, tooLate]);
  if (ended !== undefined) return ended.exit;
  await worker.end('SIGKILL');
  throw new Error(`the worker never came to the point "${point}": ${worker.printed()}`);
}

function crashRig(point: CrashPoint, { honoursIdempotencyKeys }: Provider): RigOptions {
  return {
    startsWorkers: false,
    timing: TIMING,
    honoursIdempotencyKeys,
    simulator: {
      honoursIdempotencyKeys,
      faults: [
        // The answer is under way when the worker dies.
        ...(point === 'after the order is sent, before its answer'
          ? [{ on: 'create', does: 'hang', milliseconds: 1500, times: 2 } as const]
          : []),
        // So that a file has a middle.
        ...(point === 'in the middle of the download'
          ? [{ on: 'content', does: 'trickle', bytesPerSecond: 4000, times: 2 } as const]
          : []),
      ],
    },
  };
}

const isSettled = ({ variants }: Overview) =>
  variants.length > 0 && variants.every(({ status }) => status === 'completed' || status === 'failed');

/** Each prompt's order as the database and the provider have it, once nothing that was sent is still on its way. */
async function standingsOf(rig: Rig, id: GroupId): Promise<ReadonlyMap<string, Standing>> {
  let posts = -1;
  for (let ledger = await rig.ledger(); ledger.postsReceived !== posts; ledger = await rig.ledger()) {
    posts = ledger.postsReceived;
    await delay(300);
  }
  const { byPrompt } = await rig.ledger();
  const orders = await ordersOf(rig, id);
  const variants = await rig.database.videoVariant.findMany({ where: { variantGroupId: id } });
  const promptOf = new Map(variants.map((variant) => [variant.id, variant.promptText]));
  return new Map(
    orders.map(({ videoVariantId, submissionState }) => {
      const prompt = promptOf.get(videoVariantId) ?? '';
      return [prompt, { state: submissionState, jobs: byPrompt[prompt]?.jobs ?? 0 }];
    }),
  );
}

/** A person looks at the provider's bill, says that nothing was made, and has the video ordered again. */
async function settleHeld(rig: Rig, id: GroupId): Promise<void> {
  const { variants } = await rig.overview(id);
  for (const { name: variant } of variants.filter(({ isHeld }) => isHeld)) {
    await rig.client.settleHeld(id, { variant, by: ANA, wasCharged: false });
    await rig.client.retryVariant(id, { variant, by: ANA });
  }
}

async function chargedIn({ database }: Rig, id: GroupId): Promise<number> {
  const { _sum } = await database.budgetLedgerEntry.aggregate({
    where: { variantGroupId: id, entry: { in: ['settle', 'correct'] } },
    _sum: { amountMicroUsd: true },
  });
  return Number(_sum.amountMicroUsd ?? 0);
}
