import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import type { Overview } from '../../workflows/messages.ts';
import { entriesOf, expectBalancedBooks, ordersOf } from '../paying/books.ts';
import { eventsOfGroup, isTesting, jobsFor } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

/** Seconds that a job has: enough for one that works. */
const PATIENCE = 6;
const IN_TIME = 60_000;

const isSettled = ({ variants }: Overview) =>
  variants.length > 0 && variants.every(({ status }) => status === 'completed' || status === 'failed');

/** Of the first variant. */
async function ordersAndBooks(rig: Rig, id: GroupId) {
  const all = await ordersOf(rig, id);
  const orders = all.filter(({ videoVariantId }) => videoVariantId === all[0]?.videoVariantId);
  return Promise.all(
    orders.map(async ({ id: orderId, ordinal, jobStatus }) => ({
      ordinal,
      jobStatus,
      book: await entriesOf(rig, orderId),
    })),
  );
}

describe('where jobs can be stopped for certain, a stuck one', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ jobTimeoutMinutes: PATIENCE / 60 });
  }, 60_000);
  afterAll(() => rig.stop(), 60_000);

  test('costs nothing, and its video is ordered anew by itself; every step is seen', async () => {
    await rig.addFaults({ on: 'job', does: 'stall', match: { prompt: 'stuck once' } });
    await rig.addFaults({
      on: 'job',
      does: 'slow',
      factor: 6,
      match: { prompt: 'stuck once' },
      times: 'always',
    });
    const id = await rig.start({
      name: 'stuck once',
      variants: [
        { name: 'A', prompt: 'stuck once' },
        { name: 'B', prompt: 'never' },
      ],
    });
    const again = await rig.until(id, ({ variants }) => variants[0]?.ordinal === 2, IN_TIME);
    expect(again.variants[0]).toMatchObject({
      status: 'generating',
      reason: expect.stringMatching(/^order 2, since the one before got stuck: .*not done by/),
    });
    const { variants, spend } = await rig.until(id, isTesting, IN_TIME);
    expect(variants.map(({ status, reason }) => [status, reason])).toEqual([
      ['completed', ''],
      ['completed', ''],
    ]);
    expect(spend).toEqual({ spentMicroUsd: 200_000, reservedMicroUsd: 0 });
    expect(await ordersAndBooks(rig, id)).toEqual([
      { ordinal: 1, jobStatus: 'timeout', book: ['release', 'reserve'] },
      { ordinal: 2, jobStatus: 'completed', book: ['reserve', 'settle'] },
    ]);
    const events = await eventsOfGroup(rig, id);
    const stuck = events.find(({ event }) => event === 'job timed out');
    expect(stuck).toMatchObject({
      actor: 'screentest',
      details: expect.stringContaining('"wasCharged":false'),
    });
    const ordered = events.filter(({ event }) => event === 'video ordered');
    expect(ordered.map(({ actor }) => actor)).toEqual([ANA, ANA, 'screentest']);
    expect(ordered[2]?.details).toContain('not done by');
    await expectBalancedBooks(rig, id);
  }, 90_000);

  test('that gets stuck each time is given up after as many orders as the brief allows, with the way to go on', async () => {
    await rig.addFaults({ on: 'job', does: 'stall', match: { prompt: 'stuck thrice' }, times: 3 });
    const id = await rig.start({
      name: 'stuck thrice',
      variants: [
        { name: 'A', prompt: 'stuck thrice' },
        { name: 'B', prompt: 'working' },
      ],
      generation: { resubmits: 2 },
    });
    const { variants } = await rig.until(id, isSettled, IN_TIME);
    expect(variants[0]).toMatchObject({
      status: 'failed',
      ordinal: 3,
      spentMicroUsd: 0,
      reservedMicroUsd: 0,
    });
    expect(variants[0]?.reason).toContain(`screentest retry ${id} --variant "A"`);
    expect((await jobsFor(rig, 'stuck thrice')).map(({ status }) => status)).toEqual([
      'deleted',
      'deleted',
      'deleted',
    ]);
    await rig.client.retryVariant(id, { variant: 'A', by: ANA });
    await rig.until(id, isTesting, IN_TIME);
    expect((await ordersAndBooks(rig, id)).map(({ ordinal, jobStatus }) => [ordinal, jobStatus])).toEqual([
      [1, 'timeout'],
      [2, 'timeout'],
      [3, 'timeout'],
      [4, 'completed'],
    ]);
    await expectBalancedBooks(rig, id);
  }, 120_000);

  test('is not what a failure or a refusal is: neither is ever ordered again by itself', async () => {
    await rig.addFaults(
      { on: 'job', does: 'fail', code: 'moderation_blocked', match: { prompt: 'fails' } },
      { on: 'create', does: 'answer', status: 400, match: { prompt: 'refused' } },
    );
    const id = await rig.start({
      name: 'no',
      variants: [
        { name: 'A', prompt: 'fails' },
        { name: 'B', prompt: 'refused' },
      ],
      generation: { resubmits: 5, resubmitWhenChargeIsUnknown: true },
      deadlines: { generating: '20s' },
    });
    const { variants } = await rig.until(id, isSettled, IN_TIME);
    expect(variants.map(({ status, ordinal }) => [status, ordinal])).toEqual([
      ['failed', 1],
      ['failed', 1],
    ]);
  }, 90_000);
});

describe('where nobody can confirm that a job was stopped, a stuck one', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ jobTimeoutMinutes: PATIENCE / 60, cancelsJobs: false });
    await rig.addFaults({ on: 'job', does: 'stall', match: { prompt: 'stuck' }, times: 2 });
  }, 60_000);
  afterAll(() => rig.stop(), 60_000);

  test('counts as charged, and no other is ordered unless the brief accepts to pay twice', async () => {
    const variants = [
      { name: 'A', prompt: 'stuck' },
      { name: 'B', prompt: 'working' },
    ];
    const careful = await rig.start({ name: 'careful', variants });
    const bold = await rig.start({
      name: 'bold',
      variants,
      generation: { resubmitWhenChargeIsUnknown: true },
    });
    const [left, paidTwice] = await Promise.all([
      rig.until(careful, isSettled, IN_TIME),
      rig.until(bold, isTesting, IN_TIME),
    ]);
    expect(left.variants[0]).toMatchObject({ status: 'failed', ordinal: 1, spentMicroUsd: 100_000 });
    expect(left.variants[0]?.reason).toMatch(/counts as charged.*screentest retry/s);
    expect(paidTwice.variants[0]).toMatchObject({ status: 'completed', ordinal: 2, spentMicroUsd: 200_000 });
    expect(await ordersAndBooks(rig, bold)).toEqual([
      { ordinal: 1, jobStatus: 'timeout', book: ['reserve', 'settle'] },
      { ordinal: 2, jobStatus: 'completed', book: ['reserve', 'settle'] },
    ]);
    await Promise.all([careful, bold].map((id) => expectBalancedBooks(rig, id)));
  }, 90_000);
});

test('a running job that stands still at 40% is found long before its deadline; one that waits in a queue is left alone', async () => {
  const rig = await startRig({ stallMinutes: 3 / 60 });
  try {
    await rig.addFaults(
      { on: 'job', does: 'stall', atProgress: 40, match: { prompt: 'halted' } },
      { on: 'job', does: 'stall', atProgress: 0, match: { prompt: 'queued' } },
    );
    const id = await rig.start({
      name: 'stands still',
      variants: [
        { name: 'A', prompt: 'halted' },
        { name: 'B', prompt: 'queued' },
        { name: 'C', prompt: 'working' },
      ],
    });
    await rig.until(id, ({ variants }) => variants[0]?.status === 'completed', IN_TIME);
    const [halted, , queued] = await ordersOf(rig, id);
    expect(halted).toMatchObject({ jobStatus: 'timeout', jobError: expect.stringContaining('beyond 40%') });
    expect(queued).toMatchObject({ jobStatus: 'submitted', submissionState: 'accepted' });
  } finally {
    await rig.stop();
  }
}, 120_000);
