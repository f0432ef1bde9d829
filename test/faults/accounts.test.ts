import { expect, test } from '@jest/globals';
import { expectBalancedBooks, postsOf } from '../paying/books.ts';
import { pendingTroubles } from '../support/pending.ts';
import { startRig } from '../support/rig.ts';
import { PRICE } from './play.ts';

/** The smallest of the published tiers. */
const CREATES_PER_MINUTE = 25;
const VARIANTS = CREATES_PER_MINUTE + 2;

test('a group larger than the account’s rate allows waits for the next minute, and nothing is refused for good', async () => {
  const rig = await startRig({
    simulator: { namedFaults: [{ name: `rate-tier-${CREATES_PER_MINUTE}` }], mostDifferentFilms: 1 },
  });
  try {
    const id = await rig.start({
      name: 'more than a minute takes',
      variants: Array.from({ length: VARIANTS }, (_, n) => ({ name: `V${n}`, prompt: `prompt ${n}` })),
    });
    await rig.until(
      id,
      ({ variants }) => variants.filter(({ status }) => status === 'completed').length === CREATES_PER_MINUTE,
      60_000,
    );
    expect((await pendingTroubles(rig, id)).join('\n')).toContain('"status":"rate limited"');
    const { variants, spend } = await rig.until(id, ({ status }) => status === 'testing', 100_000);
    expect(variants.filter(({ status }) => status === 'completed')).toHaveLength(VARIANTS);
    expect((await postsOf(rig, id)).every(({ jobs }) => jobs === 1)).toBe(true);
    const { jobsCreated, billedMicroUsd } = await rig.ledger();
    expect({ jobsCreated, billedMicroUsd }).toEqual({
      jobsCreated: VARIANTS,
      billedMicroUsd: VARIANTS * PRICE,
    });
    expect(spend).toMatchObject({ spentMicroUsd: billedMicroUsd, reservedMicroUsd: 0 });
    await expectBalancedBooks(rig, id);
  } finally {
    await rig.stop();
  }
}, 240_000);

test('a group half of whose orders meet a fault by lot ends as many videos as were lucky, and its books agree', async () => {
  const rig = await startRig({
    simulator: {
      chaos: {
        seed: 'screentest',
        share: 0.5,
        among: [
          'job-fails',
          'refused-prompt',
          'dropped-after-creation',
          'content-late',
          'wrong-size',
          'page-once',
        ],
      },
    },
  });
  try {
    const id = await rig.start({
      name: 'a bad day',
      variants: Array.from({ length: 12 }, (_, n) => ({ name: `V${n}`, prompt: `prompt ${n}` })),
    });
    const { variants, spend } = await rig.until(id, ({ status }) => status === 'testing', 90_000);
    const failed = variants.filter(({ status }) => status === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.length).toBeLessThan(12);
    for (const { reason } of failed) expect(reason).not.toBe('');
    const { jobsCreated, billedMicroUsd, byIdempotencyKey } = await rig.ledger();
    expect(Object.values(byIdempotencyKey).every(({ posts, jobs }) => posts === 1 && jobs <= 1)).toBe(true);
    expect(jobsCreated).toBeLessThanOrEqual(12);
    expect(spend).toMatchObject({ spentMicroUsd: billedMicroUsd, reservedMicroUsd: 0 });
    await expectBalancedBooks(rig, id);
  } finally {
    await rig.stop();
  }
}, 240_000);
