import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { recordManualVideo } from '../../database/stored-videos.ts';
import { variantId } from '../../domain/ids.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import type { Overview } from '../../workflows/messages.ts';
import { until } from '../local/support/until.ts';
import { entriesOf, expectBalancedBooks, ordersOf, postsOf } from '../paying/books.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

const TIMING = { sendWithinMs: 5000, answerWithinMs: 1000, lookAgainMs: 100, looks: 3 };

const isSettled = ({ variants }: Overview) =>
  variants.length > 0 && variants.every(({ status }) => status === 'completed' || status === 'failed');

function brief(...prompts: string[]) {
  return { name: prompts.join(), variants: prompts.map((prompt) => ({ name: prompt, prompt })) };
}

const FILE = {
  key: 'late.mp4',
  url: 'file:///late.mp4',
  sha256: '0'.repeat(64),
  sizeBytes: 1,
  contentType: 'video/mp4',
  width: 128,
  height: 72,
  durationSeconds: 1,
};

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ timing: TIMING });
}, 60_000);
afterAll(() => rig.stop(), 60_000);

describe('an order', () => {
  test('that meets a rate limit waits as long as the provider asks, and is no failure', async () => {
    await rig.addFaults({
      on: 'create',
      does: 'answer',
      status: 429,
      retryAfterSeconds: 1,
      match: { prompt: 'limited' },
      times: 2,
    });
    const started = Date.now();
    const id = await rig.start(brief('limited', 'not so'));
    const { variants } = await rig.until(id, isSettled);
    expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(Date.now() - started).toBeGreaterThan(2000);
    expect((await postsOf(rig, id))[0]).toEqual({ posts: 3, jobs: 1 });
    expect((await ordersOf(rig, id))[0]).toMatchObject({ submissionState: 'accepted', jobError: null });
    await expectBalancedBooks(rig, id);
  });

  test('that meets a refused key waits until the key is mended', async () => {
    await rig.addFaults({
      on: 'create',
      does: 'answer',
      status: 401,
      match: { prompt: 'locked out' },
      times: 2,
    });
    const id = await rig.start(brief('locked out', 'let in'));
    const { variants } = await rig.until(id, isSettled);
    expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect((await postsOf(rig, id))[0]).toEqual({ posts: 3, jobs: 1 });
    await expectBalancedBooks(rig, id);
  });

  test('that the provider refuses is released and never sent again', async () => {
    await rig.addFaults({
      on: 'create',
      does: 'answer',
      status: 400,
      code: 'moderation_blocked',
      message: 'This prompt is not allowed.',
      match: { prompt: 'forbidden' },
      times: 'always',
    });
    const id = await rig.start(brief('forbidden', 'allowed 1', 'allowed 2'));
    const { variants } = await rig.until(id, isSettled);
    expect(variants[0]).toMatchObject({ status: 'failed', isHeld: false });
    expect(variants[0]?.reason).toContain('This prompt is not allowed.');
    expect((await postsOf(rig, id))[0]).toEqual({ posts: 1, jobs: 0 });
    const [order] = await ordersOf(rig, id);
    expect(order).toMatchObject({ submissionState: 'refused' });
    expect(await entriesOf(rig, order?.id ?? '')).toEqual(['release', 'reserve']);
    await expectBalancedBooks(rig, id);
  });
});

describe('a job', () => {
  test('that fails at the provider is released, with the reason', async () => {
    await rig.addFaults({ on: 'job', does: 'fail', code: 'gpu_lost', match: { prompt: 'unlucky' } });
    const id = await rig.start(brief('unlucky', 'lucky 1', 'lucky 2'));
    const { variants } = await rig.until(id, isSettled);
    expect(variants[0]).toMatchObject({ status: 'failed', spentMicroUsd: 0, reservedMicroUsd: 0 });
    expect(variants[0]?.reason).toContain('gpu_lost');
    const [order] = await ordersOf(rig, id);
    expect(order).toMatchObject({ jobStatus: 'failed' });
    expect(await entriesOf(rig, order?.id ?? '')).toEqual(['release', 'reserve']);
    await expectBalancedBooks(rig, id);
  });

  test('is on record with how often and when it was last asked about', async () => {
    await rig.addFaults({ on: 'job', does: 'slow', factor: 5, match: { prompt: 'slow' } });
    const id = await rig.start(brief('slow', 'quick'));
    await rig.until(id, isSettled);
    const [slow] = await ordersOf(rig, id);
    if (slow?.lastPolledAt == null || slow.jobSubmittedAt === null || slow.jobCompletedAt === null) {
      throw new Error(`not on record: ${JSON.stringify(slow)}`);
    }
    expect(slow.pollingCount).toBeGreaterThanOrEqual(2);
    expect(slow.lastPolledAt.getTime()).toBeGreaterThan(slow.jobSubmittedAt.getTime());
    expect(slow.lastPolledAt.getTime()).toBeLessThanOrEqual(slow.jobCompletedAt.getTime());
  });

  test.each([
    ['is not there for a while', { does: 'missing', times: 2 }],
    ['is cut off once', { does: 'truncate' }],
    ['breaks off on the way once', { does: 'truncate', declares: 'whole' }],
    ['is an error page once', { does: 'page' }],
    ['is empty once', { does: 'empty' }],
  ] as const)('whose file %s is fetched again, and never deleted by us', async (what, fault) => {
    const prompt = `its file ${what}`;
    await rig.addFaults({ on: 'content', ...fault, match: { prompt } });
    const id = await rig.start(brief(prompt, `another than what ${what}`));
    const { variants } = await rig.until(id, isSettled);
    expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed']);
    const { jobs } = await rig.ledger();
    expect(jobs.find((job) => job.prompt === prompt)).toMatchObject({ status: 'completed' });
    await expectBalancedBooks(rig, id);
  });

  test.each([
    ['another length than ordered', { on: 'job', does: 'misrender', seconds: 3 }, 'kept as file:'],
    ['a web page for ever', { on: 'content', does: 'page', times: 'always' }, 'labelled text/html'],
  ] as const)('whose file is %s fails, and counts as charged', async (what, fault, reason) => {
    const prompt = `bad: ${what}`;
    await rig.addFaults({ ...fault, match: { prompt } });
    const id = await rig.start(brief(prompt, `good 1, ${what}`, `good 2, ${what}`));
    const { variants } = await rig.until(id, isSettled);
    expect(variants[0]).toMatchObject({ status: 'failed', spentMicroUsd: 100_000, reservedMicroUsd: 0 });
    expect(variants[0]?.reason).toContain(reason);
    const [order] = await ordersOf(rig, id);
    expect(await entriesOf(rig, order?.id ?? '')).toEqual(['reserve', 'settle']);
    await expectBalancedBooks(rig, id);
  });
});

test('a video that a person provides too late changes nothing', async () => {
  const id = await rig.start(brief('late 1', 'late 2'));
  await rig.until(id, isSettled);
  const [first] = await ordersOf(rig, id);
  const variant = variantId(first?.videoVariantId ?? '');
  await rig.temporal.workflow.getHandle(`variant-group/${id}`).cancel();
  await until('the group is over', async () => {
    const group = await rig.database.variantGroup.findUniqueOrThrow({ where: { id } });
    return group.testStatus === 'completed';
  });
  const late = recordManualVideo(rig.database, {
    groupId: id,
    variantId: variant,
    rendition: 'main',
    file: FILE,
    by: ANA,
  });
  await expect(late).rejects.toThrow('completed');
  const kept = await rig.database.videoVariant.findUniqueOrThrow({ where: { id: variant } });
  expect(kept).toMatchObject({ generationStatus: 'completed' });
});

test('of two variants that are given the same video at the same moment, one hears whose it is', async () => {
  const id = await rig.start({ ...brief('twin 1', 'twin 2'), minVariants: 2 });
  await rig.until(id, isSettled);
  const variants = await rig.database.videoVariant.findMany({
    where: { variantGroupId: id },
    orderBy: { position: 'asc' },
  });
  const file = { ...FILE, sha256: '1'.repeat(64) };
  const outcomes = await Promise.allSettled(
    variants.map(({ id: variant }) =>
      recordManualVideo(rig.database, {
        groupId: id,
        variantId: variantId(variant),
        rendition: 'main',
        file,
        by: ANA,
      }),
    ),
  );
  const first = variants[outcomes.findIndex(({ status }) => status === 'fulfilled')];
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused).toEqual([
    { status: 'rejected', reason: expect.objectContaining({ code: 'VIDEO_DUPLICATE' }) },
  ]);
  expect(String(refused[0]?.reason)).toContain(`the same as those of ${first?.variantName} in this group`);
  const kept = await rig.database.variantRendition.findMany({ where: { sha256: file.sha256 } });
  expect(kept.map(({ videoVariantId }) => videoVariantId)).toEqual([first?.id]);
});

test('a job that is stuck is cancelled after its time and recorded as a timeout; one that is done by then is kept', async () => {
  const impatient = await startRig({ timing: TIMING, jobTimeoutMinutes: 2 / 60 });
  try {
    await impatient.addFaults({ on: 'job', does: 'stall', match: { prompt: 'stuck' } });
    const id = await impatient.start({
      ...brief('stuck', 'done 1', 'done 2'),
      generation: { resubmits: 0 },
    });
    const { variants } = await impatient.until(id, isSettled);
    expect(variants.map(({ status }) => status)).toEqual(['failed', 'completed', 'completed']);
    const [stuck] = await ordersOf(impatient, id);
    expect(stuck).toMatchObject({ jobStatus: 'timeout' });
    expect(await entriesOf(impatient, stuck?.id ?? '')).toEqual(['release', 'reserve']);
    const { jobs } = await impatient.ledger();
    expect(jobs.find(({ prompt }) => prompt === 'stuck')).toMatchObject({ status: 'deleted' });
    await expectBalancedBooks(impatient, id);
  } finally {
    await impatient.stop();
  }
}, 60_000);

test('a job that was done while no worker ran, past its deadline, is collected all the same', async () => {
  const rested = await startRig({
    timing: TIMING,
    jobTimeoutMinutes: 2 / 60,
    startsWorkers: false,
    simulator: { render: { baseSeconds: 1.5, perVideoSecond: 0, jitter: 0 } },
  });
  try {
    const id = await rested.start(brief('left alone 1', 'left alone 2'));
    const stopWorkers = await rested.startWorkers();
    await until('the orders are accepted', async () => {
      const orders = await ordersOf(rested, id);
      return orders.length === 2 && orders.every(({ submissionState }) => submissionState === 'accepted');
    });
    await stopWorkers();
    await until('the deadline has passed', async () =>
      (await ordersOf(rested, id)).every(({ jobDeadline }) => Date.now() > (jobDeadline?.getTime() ?? 0)),
    );
    await rested.startWorkers();
    const { variants } = await rested.until(id, isSettled, 30_000);
    expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed']);
  } finally {
    await rested.stop();
  }
}, 60_000);

test('orders that find nobody at the address are sent once the provider is there', async () => {
  const early = await startRig({ timing: TIMING });
  await early.simulator.stop();
  const id = await early.start(brief('early 1', 'early 2'));
  await until('both orders were tried in vain', async () => {
    const { raw } = await early.temporal.workflow.getHandle(`variant-group/${id}`).describe();
    return raw.pendingActivities?.filter(({ attempt }) => (attempt ?? 0) > 1).length === 2;
  });
  expect((await ordersOf(early, id)).map(({ jobDeadline }) => jobDeadline)).toEqual([null, null]);
  const late = await startSimulator({ port: early.simulator.port, render: { baseSeconds: 0.3 } });
  try {
    const { variants } = await early.until(id, isSettled);
    expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(await postsOf(early, id)).toEqual(Array(2).fill({ posts: 1, jobs: 1 }));
    await expectBalancedBooks(early, id);
  } finally {
    await late.stop();
    await early.stop();
  }
}, 60_000);
