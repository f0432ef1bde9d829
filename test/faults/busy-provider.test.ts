import { expect, test } from '@jest/globals';
import { expectBalancedBooks, ordersOf } from '../paying/books.ts';
import { eventsOfGroup, isTesting } from '../support/groups.ts';
import { startRig } from '../support/rig.ts';

test('a provider that takes two jobs at a time, and says so in three ways, makes all videos of a group', async () => {
  const rig = await startRig({
    simulator: { maxRunning: 2, render: { baseSeconds: 2, perVideoSecond: 0, jitter: 0 } },
  });
  try {
    await rig.addFaults(
      {
        on: 'create',
        does: 'answer',
        status: 403,
        code: 'concurrency_limit_reached',
        match: { prompt: 'b' },
      },
      {
        on: 'create',
        does: 'answer',
        status: 400,
        code: 'video_queue_full',
        match: { prompt: 'c' },
        times: 2,
      },
      { on: 'retrieve', does: 'answer', status: 429, retryAfterSeconds: 1, match: { prompt: 'd' }, times: 3 },
    );
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const id = await rig.start({ variants: names.map((name) => ({ name, prompt: name })) });
    const { variants } = await rig.until(id, isTesting, 90_000);
    expect(variants.map(({ status, ordinal }) => [status, ordinal])).toEqual(
      names.map(() => ['completed', 1]),
    );
    expect((await rig.ledger()).jobsCreated).toBe(6);
    expect((await ordersOf(rig, id)).map(({ jobError }) => jobError)).toEqual(names.map(() => null));
    expect((await eventsOfGroup(rig, id)).map(({ event }) => event)).not.toContain('video failed');
    await expectBalancedBooks(rig, id);
  } finally {
    await rig.stop();
  }
}, 150_000);
