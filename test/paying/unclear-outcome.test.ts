import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expireIntent } from '../../database/intent-endings.ts';
import { acceptIntent, claimIntent, holdIntent, openIntent } from '../../database/intents.ts';
import { jobId, variantId } from '../../domain/ids.ts';
import { microUsd } from '../../domain/money.ts';
import type { Overview } from '../../workflows/messages.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { entriesOf, expectBalancedBooks, ordersOf, postsOf } from './books.ts';

/** As the worker's own, but quick. */
const TIMING = { sendWithinMs: 1000, answerWithinMs: 1000, lookAgainMs: 100, looks: 3 };

const isSettled = ({ variants }: Overview) =>
  variants.length > 0 && variants.every(({ status }) => status === 'completed' || status === 'failed');

function brief(...prompts: string[]) {
  return { name: prompts.join(), variants: prompts.map((prompt) => ({ name: prompt, prompt })) };
}

describe('a provider that takes a key twice for two orders', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ timing: TIMING });
  }, 60_000);
  afterAll(() => rig.stop(), 60_000);

  test.each([
    ['drops the connection', { does: 'drop' }],
    ['answers 500', { does: 'answer', status: 500 }],
  ] as const)(
    'a job that was made although the provider %s is found in its list and adopted',
    async (how, fault) => {
      // A form turns each end of a line into two characters.
      const prompt = `made, but it ${how}\nin two lines`;
      await rig.addFaults({
        on: 'create',
        ...fault,
        created: true,
        match: { prompt: `made, but it ${how}` },
      });
      const id = await rig.start(brief(prompt, `beside it (${how})`));
      const { variants } = await rig.until(id, isSettled);
      expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed']);
      expect(await postsOf(rig, id)).toEqual(Array(2).fill({ posts: 1, jobs: 1 }));
      await expectBalancedBooks(rig, id);
    },
  );

  test('an order that was not taken when the connection dropped is held, and a retry needs the consent to pay twice', async () => {
    await rig.addFaults({ on: 'create', does: 'drop', match: { prompt: 'lost' } });
    const id = await rig.start(brief('lost', 'fine 1', 'fine 2'));
    const seen = await rig.until(id, isSettled);
    expect(seen.variants.map(({ status, isHeld }) => ({ status, isHeld }))).toEqual([
      { status: 'failed', isHeld: true },
      { status: 'completed', isHeld: false },
      { status: 'completed', isHeld: false },
    ]);
    expect((await postsOf(rig, id))[0]).toEqual({ posts: 1, jobs: 0 });
    await expectBalancedBooks(rig, id);

    const retry = { variant: 'lost', by: ANA };
    await expect(rig.client.retryVariant(id, { ...retry, acceptPossibleCharge: false })).rejects.toThrow(
      'acceptPossibleCharge',
    );
    expect(await ordersOf(rig, id)).toHaveLength(3);
    await rig.client.retryVariant(id, { ...retry, acceptPossibleCharge: true });
    await rig.until(id, ({ variants }) => variants[0]?.status === 'completed');
    expect((await postsOf(rig, id)).slice(0, 2)).toEqual([
      { posts: 1, jobs: 0 },
      { posts: 1, jobs: 1 },
    ]);
    const [held] = await ordersOf(rig, id);
    expect(await entriesOf(rig, held?.id ?? '')).toEqual(['reserve', 'settle']);
    await expectBalancedBooks(rig, id);
  });

  test('two groups with one prompt and no answer to either are held, not guessed', async () => {
    const prompt = 'the same in both';
    await rig.addFaults(
      { on: 'create', does: 'drop', created: true, match: { prompt }, times: 2 },
      // By the time the first one sees the list, the other is sent too.
      { on: 'list', does: 'hang', milliseconds: 1000, times: 2 },
    );
    const ids = await Promise.all([
      rig.start(brief(prompt, 'one', 'two')),
      rig.start(brief(prompt, 'three', 'four')),
    ]);
    for (const id of ids) {
      const seen = await rig.until(id, isSettled);
      expect(seen.variants[0]).toMatchObject({ status: 'failed', isHeld: true });
      expect((await postsOf(rig, id))[0]).toEqual({ posts: 1, jobs: 1 });
      await expectBalancedBooks(rig, id);
    }
  });

  test('twenty attempts that race for one order open it once, and only one may send it', async () => {
    const id = await rig.start(brief('race 1', 'race 2'));
    await rig.until(id, isSettled);
    const [first] = await ordersOf(rig, id);
    const order = {
      groupId: id,
      variantId: variantId(first?.videoVariantId ?? ''),
      rendition: 'main',
      ordinal: 7,
      video: { model: 'sora-2', seconds: 1, width: 128, height: 72 },
      price: microUsd(100_000),
      provider: 'openai-compatible',
      providerAccount: 'default',
      by: 'racer@example.com',
    };
    const attempts = Array.from({ length: 20 }, async () => {
      const intent = await openIntent(rig.database, order);
      return { id: intent.id, mayClaim: await claimIntent(rig.database, intent.id, new Date()) };
    });
    const outcomes = await Promise.all(attempts);
    expect(new Set(outcomes.map(({ id: intent }) => intent)).size).toBe(1);
    expect(outcomes.filter(({ mayClaim }) => mayClaim)).toHaveLength(1);
    const raced = jobId(outcomes[0]?.id ?? '');
    expect(await entriesOf(rig, raced)).toEqual(['reserve']);

    // The one who claimed it hears late that it was not taken; another attempt has held it by then.
    await holdIntent(rig.database, raced, 'no answer');
    await expireIntent(rig.database, raced, 'the provider was away');
    expect(await entriesOf(rig, raced)).toEqual(['release', 'reserve']);
  });
});

test('a gateway without a list leaves an unclear order held, and its jobs are asked for one by one', async () => {
  const rig = await startRig({ timing: TIMING, simulator: { listsJobs: false } });
  try {
    await rig.addFaults({ on: 'create', does: 'drop', created: true, match: { prompt: 'lost' } });
    const id = await rig.start(brief('lost', 'a', 'b', 'c', 'd', 'e'));
    const { variants } = await rig.until(id, isSettled);
    expect(variants.map(({ status }) => status)).toEqual(['failed', ...Array(5).fill('completed')]);
    expect(variants[0]).toMatchObject({ isHeld: true });
    await expectBalancedBooks(rig, id);

    // Its job is found after all: a retry waits for it, and orders nothing.
    const [held] = await ordersOf(rig, id);
    const { jobs } = await rig.ledger();
    const made = jobs.find(({ prompt }) => prompt === 'lost');
    await acceptIntent(rig.database, jobId(held?.id ?? ''), made?.id ?? '', 5);
    await rig.client.retryVariant(id, { variant: 'lost', by: ANA, acceptPossibleCharge: true });
    const seen = await rig.until(id, ({ variants: all }) => all[0]?.status === 'completed');
    expect(seen.variants[0]).toMatchObject({ spentMicroUsd: 100_000, reservedMicroUsd: 0 });
    expect(await postsOf(rig, id)).toEqual(Array(6).fill({ posts: 1, jobs: 1 }));
    await expectBalancedBooks(rig, id);
  } finally {
    await rig.stop();
  }
}, 60_000);

describe('a provider that honours idempotency keys', () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({
      timing: TIMING,
      honoursIdempotencyKeys: true,
      simulator: { honoursIdempotencyKeys: true },
    });
  }, 60_000);
  afterAll(() => rig.stop(), 60_000);

  test('is sent an unclear order again under its key, which makes no second job', async () => {
    await rig.addFaults(
      { on: 'create', does: 'drop', created: true, match: { prompt: 'made' } },
      { on: 'create', does: 'drop', match: { prompt: 'not taken' }, times: 2 },
    );
    const id = await rig.start(brief('made', 'not taken'));
    const { variants } = await rig.until(id, isSettled);
    expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed']);
    expect(await postsOf(rig, id)).toEqual([
      { posts: 2, jobs: 1 },
      { posts: 3, jobs: 1 },
    ]);
    await expectBalancedBooks(rig, id);
  });

  test('and never says what became of it, so the order is held with its reservation', async () => {
    await rig.addFaults({ on: 'create', does: 'drop', match: { prompt: 'never' }, times: 'always' });
    const id = await rig.start(brief('never', 'well', 'fine'));
    const { variants } = await rig.until(id, isSettled);
    expect(variants[0]).toMatchObject({ status: 'failed', isHeld: true });
    expect((await ordersOf(rig, id))[0]).toMatchObject({ submissionState: 'held' });
    await expectBalancedBooks(rig, id);
  });
});
