import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { describeStatus } from '../../cli/describe-status.ts';
import type { GroupId } from '../../domain/ids.ts';
import { expectBalancedBooks, ordersOf } from '../paying/books.ts';
import { isTesting } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const RENDITIONS = [
  { name: 'wide', size: '192x108' },
  { name: 'spanish', language: 'Spanish' },
];

const variants = (about: string) => ['A', 'B'].map((name) => ({ name, prompt: `${about} ${name}` }));

function filesOf(id: GroupId) {
  return rig.database.variantRendition.findMany({
    where: { videoVariant: { variantGroupId: id } },
    orderBy: [{ videoVariant: { position: 'asc' } }, { rendition: 'asc' }],
    include: { videoVariant: true },
  });
}

describe('a group whose variants have several files', () => {
  test('has each made once, of its own size and wording, and pays for all of them', async () => {
    const id = await rig.start({ name: 'files', variants: variants('files'), renditions: RENDITIONS });
    const { variants: shown, spend } = await rig.until(id, isTesting);
    expect(shown.map(({ renditions }) => renditions)).toEqual(
      Array(2).fill(['main', 'wide', 'spanish'].map((name) => ({ name, status: 'completed' }))),
    );
    expect(spend).toEqual({ spentMicroUsd: 600_000, reservedMicroUsd: 0 });

    const files = await filesOf(id);
    expect(files.map(({ rendition, width }) => [rendition, width])).toEqual(
      Array(2)
        .fill([
          ['main', 128],
          ['spanish', 128],
          ['wide', 192],
        ])
        .flat(),
    );
    expect(new Set(files.map(({ sha256 }) => sha256)).size).toBe(6);
    // The variant itself shows its main file, and what all of them cost.
    const [main] = files;
    expect(main?.videoVariant.videoUrl).toBe(main?.videoUrl);
    expect(Number(main?.videoVariant.generationCostUsd)).toBe(0.3);

    const { group } = await rig.client.status(id);
    expect(group.variants.map((variant) => variant.files.map(({ rendition }) => rendition))).toEqual(
      Array(2).fill(['main', 'spanish', 'wide']),
    );
    expect(group.variants[0]?.files[0]).toMatchObject({ url: main?.videoUrl, source: 'generated' });

    const { byPrompt } = await rig.ledger();
    expect(byPrompt['files A']).toEqual({ posts: 2, jobs: 2 });
    expect(byPrompt['files A\r\n\r\nLanguage: everything that is spoken or written is in Spanish.']).toEqual({
      posts: 1,
      jobs: 1,
    });
    await expectBalancedBooks(rig, id);
  });

  test('is told which file failed, and a retry orders that one alone', async () => {
    await rig.addFaults({
      on: 'job',
      does: 'fail',
      code: 'gpu_lost',
      match: { prompt: 'one fails B\r\n\r\nLanguage' },
    });
    const id = await rig.start({
      name: 'one fails',
      variants: variants('one fails'),
      minVariants: 2,
      renditions: RENDITIONS,
    });
    const { variants: failed } = await rig.until(id, (seen) => seen.variants[1]?.status === 'failed');
    expect(failed[1]?.reason).toMatch(/^spanish: .*gpu_lost/);
    expect(failed[1]).toMatchObject({ spentMicroUsd: 200_000, reservedMicroUsd: 0 });

    await rig.client.retryVariant(id, { variant: 'B', by: ANA });
    const { variants: retried } = await rig.until(id, isTesting);
    expect(retried[1]).toMatchObject({ status: 'completed', spentMicroUsd: 300_000 });
    expect(
      (await ordersOf(rig, id)).map(({ rendition, ordinal }) => `${rendition} ${ordinal}`).toSorted(),
    ).toEqual(['main 1', 'main 1', 'spanish 1', 'spanish 1', 'spanish 2', 'wide 1', 'wide 1']);
    expect(await filesOf(id)).toHaveLength(6);
    await expectBalancedBooks(rig, id);
  });
});

test('a variant whose length is varied is ordered, checked and paid for as long as it is', async () => {
  const id = await rig.start({
    name: 'lengths',
    variants: 2,
    video: { model: 'sora-2', seconds: 4, size: '128x72' },
    factors: { length: ['4s', '8s'] },
  });
  const { variants: shown, spend } = await rig.until(id, isTesting);
  expect(shown.map(({ spentMicroUsd }) => spentMicroUsd)).toEqual([400_000, 800_000]);
  expect(spend).toEqual({ spentMicroUsd: 1_200_000, reservedMicroUsd: 0 });
  expect((await filesOf(id)).map(({ durationSeconds }) => Math.round(Number(durationSeconds)))).toEqual([
    4, 8,
  ]);
  const { group, looks } = await rig.client.status(id);
  expect(
    describeStatus({
      group,
      looks,
      standings: undefined,
      live: undefined,
      isRunning: true,
      stopped: undefined,
    }),
  ).toContain('length: 4s -> 8s');
  await expectBalancedBooks(rig, id);
});
