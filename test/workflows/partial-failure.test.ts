import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { stagedReference } from '../../domain/video-source.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import { filmOf } from '../support/films.ts';
import { bookOf, eventsOfGroup, isTesting, jobsFor, rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  await rig.addFaults(
    {
      on: 'job',
      does: 'fail',
      match: { prompt: 'fails once' },
      times: 1,
      code: 'moderation',
      message: 'a\u0000 logo',
    },
    { on: 'job', does: 'fail', match: { prompt: 'always fails' }, times: 'always' },
    {
      on: 'create',
      does: 'answer',
      status: 400,
      match: { prompt: 'is refused' },
      times: 'always',
      message: 'No cats.',
    },
    { on: 'job', does: 'stall', match: { prompt: 'stuck' }, times: 'always' },
  );
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const third = (prompt: string) => [
  { name: 'One', prompt: 'the first cup' },
  { name: 'Two', prompt: 'the second cup' },
  { name: 'Three', prompt },
];

async function inTesting(id: GroupId) {
  const { variants } = await rig.until(id, isTesting);
  return variants[2];
}

/** The file of a variant's video, as the worker stored it. */
async function fileOf(id: GroupId, variantName: string): Promise<Buffer> {
  const rendition = await rig.database.variantRendition.findFirstOrThrow({
    where: { videoVariant: { variantGroupId: id, variantName } },
  });
  return readFile(join(rig.storageFolder, rendition.storageKey ?? ''));
}

/** Puts a file where only the store finds it, as `provide-video` does. */
function staged(bytes: Uint8Array): Promise<string> {
  return createLocalStore(rig.storageFolder).stage(Readable.from([bytes]), 10_000_000);
}

test('a job that fails leaves a test of two; retried in testing, the third is made anew and joins', async () => {
  const id = await rig.start({ variants: third('a cup that fails once') });
  expect(await inTesting(id)).toMatchObject({
    status: 'failed',
    spentMicroUsd: 0,
    reason: expect.stringMatching(/moderation: a logo/),
  });
  const early = rig.client.declareWinner(id, { variant: 'Three', by: ANA, reason: undefined });
  await expect(early).rejects.toThrow(/Three has no video/);

  const retry = { variant: 'Three', by: 'bo@example.com' };
  await expect(rig.client.retryVariant(id, retry)).resolves.toEqual({
    variant: 'Three',
    status: 'generating',
  });
  await expect(rig.client.retryVariant(id, retry)).rejects.toThrow(/Three is generating/);
  await rig.until(id, ({ variants }) => variants[2]?.status === 'completed');
  await expect(rig.client.retryVariant(id, retry)).rejects.toThrow(/Three is completed/);

  const jobs = await jobsFor(rig, 'a cup that fails once');
  expect(new Set(jobs.map(({ idempotencyKey }) => idempotencyKey)).size).toBe(2);
  expect(jobs.map(({ idempotencyKey }) => idempotencyKey?.split('/').at(-1))).toEqual(['1', '2']);
  expect((await bookOf(rig, id)).Three).toEqual(['reserve', 'release', 'reserve', 'settle']);
  const ordered = (await eventsOfGroup(rig, id)).filter(({ event }) => event === 'video ordered');
  expect(ordered.map(({ actor }) => actor).toSorted()).toEqual([ANA, ANA, ANA, 'bo@example.com']);
  await rig.client.declareWinner(id, { variant: 'Three', by: ANA, reason: undefined });
  expect(await rowOf(rig, id)).toMatchObject({ outcome: 'winner', winner: { variantName: 'Three' } });
});

test('an order that is refused is not charged, and a video of their own takes its place', async () => {
  const id = await rig.start({ variants: third('a cat that is refused') });
  expect(await inTesting(id)).toMatchObject({ status: 'failed', reason: expect.stringMatching(/No cats\./) });
  expect((await bookOf(rig, id)).Three).toEqual(['reserve', 'release']);

  const [job] = await jobsFor(rig, 'the first cup');
  const provide = (source: string) =>
    rig.client.provideVideo(id, { variant: 'Three', by: 'bo@example.com', source });
  const notes = await staged(Buffer.from('these are not pictures'));
  await expect(provide(notes)).rejects.toThrow(/playable MP4 or MOV/);
  await expect(provide(stagedReference(randomUUID()))).rejects.toThrow(/Nothing is staged/);
  await expect(provide(`${rig.simulator.url}/videos/${job?.id}/content`)).rejects.toThrow(/answers with 401/);
  await expect(provide('http://127.0.0.1:1/film.mp4')).rejects.toThrow(/not on the public internet/);
  const twin = await staged(await fileOf(id, 'One'));
  await expect(provide(twin)).rejects.toThrow(/the same as those of One/);
  expect((await rig.overview(id)).variants[2]).toMatchObject({
    status: 'failed',
    reason: expect.stringMatching(/No cats/),
  });

  const film = await staged(await filmOf('their own'));
  await expect(provide(film)).resolves.toEqual({ variant: 'Three', status: 'manual', warnings: [] });
  // What was refused stays for whoever staged it to remove; what was kept is gone.
  await expect(createLocalStore(rig.storageFolder).openStaged(film)).rejects.toThrow(/Nothing is staged/);
  const variant = await rig.database.videoVariant.findFirstOrThrow({
    where: { variantGroupId: id, variantName: 'Three' },
  });
  expect(variant).toMatchObject({
    generationStatus: 'manual',
    failureReason: null,
    videoUrl: expect.stringMatching(/mp4$/),
  });
  const pictures = await rig.database.variantRendition.findMany({
    where: { videoVariant: { variantGroupId: id } },
    select: { storageKey: true, thumbnailKey: true },
  });
  expect(pictures).toHaveLength(3);
  for (const { storageKey, thumbnailKey } of pictures) {
    expect(thumbnailKey).toBe(storageKey?.replace('.mp4', '.png'));
    const png = await readFile(join(rig.storageFolder, thumbnailKey ?? ''));
    expect(png.toString('latin1', 1, 4)).toBe('PNG');
  }
  const provided = (await eventsOfGroup(rig, id)).filter(({ event }) => event === 'video provided');
  expect(provided).toEqual([expect.objectContaining({ actor: 'bo@example.com' })]);
  await rig.client.declareWinner(id, { variant: 'Three', by: ANA, reason: undefined });
});

test('with fewer videos than the brief asks for, the group waits for a person', async () => {
  const id = await rig.start({ variants: third('a cup that always fails'), minVariants: 3 });
  const seen = await rig.until(
    id,
    ({ variants }) =>
      variants[2]?.status === 'failed' &&
      variants[1]?.status === 'completed' &&
      variants[0]?.status === 'completed',
  );
  expect(seen).toMatchObject({ status: 'generating', waitsFor: 'the videos' });
  await expect(rig.client.retryVariant(id, { variant: 'Three', by: ANA })).resolves.toMatchObject({
    status: 'generating',
  });
  await rig.until(id, ({ variants }) => variants[2]?.status === 'failed' && variants[2].ordinal === 2);
  const source = await staged(await filmOf('provided'));
  await rig.client.provideVideo(id, { variant: 'Three', by: ANA, source });
  await rig.until(id, isTesting);
  await rig.client.closeTest(id, { by: ANA, withoutWinner: true });
});

test('when all fail the group waits until its deadline, and fails', async () => {
  const prompts = ['this always fails', 'this is refused'];
  const id = await rig.start({
    variants: prompts.map((prompt, n) => ({ name: `Number ${n}`, prompt })),
    deadlines: { generating: '3s' },
  });
  const seen = await rig.until(
    id,
    ({ variants }) => variants.length === 2 && variants.every(({ status }) => status === 'failed'),
  );
  expect(seen).toMatchObject({ status: 'generating', waitsFor: 'the videos' });
  await expect(rig.client.result(id)).resolves.toMatchObject({
    outcome: 'failed',
    reason: 'too few variants have a video',
  });
  expect(await rowOf(rig, id)).toMatchObject({ testStatus: 'completed', outcome: 'failed' });
});

test('a variant that is being made is not retried', async () => {
  const id = await rig.start({ variants: third('stuck in the queue'), deadlines: { generating: '1h' } });
  await rig.until(
    id,
    ({ variants }) => variants[2]?.status === 'generating' && variants[2].reservedMicroUsd > 0,
  );
  await expect(rig.client.retryVariant(id, { variant: 'Three', by: ANA })).rejects.toThrow(
    /Three is generating; only a failed one/,
  );
  expect(await jobsFor(rig, 'stuck in the queue')).toHaveLength(1);
  await rig.client.cancel(id, ANA);
  await rig.client.result(id);
});
