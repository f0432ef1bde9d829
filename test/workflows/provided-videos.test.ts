import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { stagedReference } from '../../domain/video-source.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import { filmOf } from '../support/films.ts';
import { bookOf, eventsOfGroup, isTesting, jobsFor, rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
let folder: string;
let film: string;
let otherFilm: string;
let longFilm: string;
/** Sent a video before there was a worker that could have planned it. */
let unplanned: { id: GroupId; answer: Promise<unknown> };

beforeAll(async () => {
  rig = await startRig({ startsWorkers: false });
  await rig.addFaults(
    { on: 'job', does: 'stall', match: { prompt: 'stuck' }, times: 'always' },
    { on: 'job', does: 'fail', match: { prompt: 'fails' }, times: 'always' },
  );
  folder = await mkdtemp(join(tmpdir(), 'screentest-films-'));
  film = await write('film.mp4', await filmOf('film'));
  otherFilm = await write('other.mp4', await filmOf('other film'));
  longFilm = await write('long.mp4', await filmOf('long film', { seconds: 3 }));
  const id = await rig.start({ variants: pair('stuck before it is planned') });
  unplanned = { id, answer: provide(id, film).catch((error: unknown) => error) };
  await rig.database.$executeRawUnsafe(`
    CREATE FUNCTION slow_start() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(2); RETURN NEW; END $$`);
  await rig.database.$executeRawUnsafe(`
    CREATE TRIGGER slow_start BEFORE UPDATE ON variant_groups FOR EACH ROW
    WHEN (NEW.test_status = 'generating' AND NEW.test_name LIKE 'slow: %') EXECUTE FUNCTION slow_start()`);
  await rig.startWorkers();
}, 60_000);
afterAll(async () => {
  await rig.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

const pair = (prompt: string) => [
  { name: 'One', prompt: 'a good cup' },
  { name: 'Two', prompt },
];

/** Puts the file where only the store finds it, as `provide-video` does. */
async function provide(
  id: GroupId,
  film: string,
  changes: { variant?: string; rendition?: string; acceptMismatch?: boolean } = {},
) {
  const store = createLocalStore(rig.storageFolder);
  const source = await store.stage(createReadStream(film), 10_000_000);
  return rig.client.provideVideo(id, { variant: 'Two', by: 'bo@example.com', source, ...changes });
}

const variantOf = (id: GroupId, variantName = 'Two') =>
  rig.database.videoVariant.findFirstOrThrow({
    where: { variantGroupId: id, variantName },
    include: { renditions: true },
  });

async function beingMade(id: GroupId): Promise<void> {
  await rig.until(id, ({ variants }) => (variants[1]?.reservedMicroUsd ?? 0) > 0);
}

async function importNumbers(id: GroupId, variant: string): Promise<void> {
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const rows = [`${variant},tiktok,impressions,1000,${day}`, `${variant},tiktok,conversions,20,${day}`];
  const csv = ['variant,platform,metric,value,recorded_at', ...rows, ''].join('\n');
  await rig.client.importMetrics({ groupId: id, fileName: `${variant}.csv`, csv, by: ANA, skipBad: false });
}

async function close(id: GroupId): Promise<void> {
  await rig.client.closeTest(id, { by: ANA, withoutWinner: true });
}

test('a video for a group that is not planned yet is refused, and the group goes on', async () => {
  expect(String(await unplanned.answer)).toMatch(/being planned; send it again/);
  await beingMade(unplanned.id);
  await rig.client.cancel(unplanned.id, ANA);
  await rig.client.result(unplanned.id);
});

/** Its move to `generating` takes two seconds: long enough to send it something in between. */
async function slowlyStarted(prompt: string): Promise<GroupId> {
  const name = `slow: ${prompt}`;
  const id = await rig.start({ name, variants: pair(prompt) });
  await rig.until(id, ({ status, variants }) => status === 'planning' && variants.length === 2);
  return id;
}

test('a video for a group that has just been planned keeps its order from being placed', async () => {
  const id = await slowlyStarted('a cup that needs no order');
  await expect(provide(id, film)).resolves.toMatchObject({ status: 'manual' });
  await rig.until(id, isTesting);
  expect(await jobsFor(rig, 'a cup that needs no order')).toEqual([]);
  expect(await bookOf(rig, id)).toMatchObject({ One: ['reserve', 'settle'], Two: [] });
  await close(id);
});

test('and where that file is no good, the order is placed after all', async () => {
  const id = await slowlyStarted('a cup that is ordered after all');
  await expect(provide(id, longFilm)).rejects.toThrow(/plays 3 s/);
  const { variants } = await rig.until(id, isTesting);
  expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed']);
  expect(await jobsFor(rig, 'a cup that is ordered after all')).toHaveLength(1);
  await close(id);
});

test('a video for a variant that is being made stops its job, which is not charged', async () => {
  const id = await rig.start({ variants: pair('stuck, then replaced') });
  await beingMade(id);
  await expect(provide(id, film)).resolves.toEqual({ variant: 'Two', status: 'manual', warnings: [] });
  const { variants } = await rig.until(id, isTesting);
  expect(variants[1]).toMatchObject({ status: 'manual', reservedMicroUsd: 0, spentMicroUsd: 0 });
  expect((await jobsFor(rig, 'stuck, then replaced')).map(({ status }) => status)).toEqual(['deleted']);
  expect((await bookOf(rig, id)).Two).toEqual(['reserve', 'release']);
  expect(await variantOf(id)).toMatchObject({ generationStatus: 'manual', failureReason: null });
  await close(id);
});

test('a file that can’t be used stops nothing', async () => {
  const id = await rig.start({ variants: pair('stuck in spite of a bad file') });
  await beingMade(id);
  const notes = await write('notes.mp4', 'these are not pictures');
  await expect(provide(id, notes)).rejects.toThrow(/playable MP4/);
  const source = stagedReference(randomUUID());
  const nowhere = rig.client.provideVideo(id, { variant: 'Two', by: ANA, source });
  await expect(nowhere).rejects.toThrow(/Nothing is staged/);
  await expect(provide(id, longFilm)).rejects.toThrow(/plays 3 s, ordered were 1 s.*--accept-mismatch/);
  expect((await rig.overview(id)).variants[1]).toMatchObject({
    status: 'generating',
    reservedMicroUsd: 100_000,
  });
  const [job] = await jobsFor(rig, 'stuck in spite of a bad file');
  expect(job?.status).not.toBe('deleted');
  await rig.client.cancel(id, ANA);
  await rig.client.result(id);
});

test('one of another length is taken where the person insists, and is told how it differs', async () => {
  const id = await rig.start({ variants: pair('fails, and gets a long film') });
  await rig.until(id, ({ variants }) => variants[1]?.status === 'failed');
  await expect(provide(id, longFilm, { acceptMismatch: true })).resolves.toEqual({
    variant: 'Two',
    status: 'manual',
    warnings: [expect.stringContaining('plays 3 s')],
  });
  await rig.until(id, isTesting);
  await close(id);
});

test('a video is replaced as long as there are no numbers of it', async () => {
  const id = await rig.start({ variants: pair('another good cup') });
  await rig.until(id, isTesting);
  const before = await variantOf(id);
  await provide(id, film);
  const provided = await variantOf(id);
  expect(provided.generationStatus).toBe('manual');
  expect(provided.renditions[0]?.sha256).not.toBe(before.renditions[0]?.sha256);
  expect(provided.generationCostUsd).toEqual(before.generationCostUsd);

  await importNumbers(id, 'Two');
  await expect(provide(id, otherFilm)).rejects.toThrow(/Two has a video, and numbers of it/);
  expect((await variantOf(id)).renditions[0]?.sha256).toBe(provided.renditions[0]?.sha256);
  await provide(id, otherFilm, { variant: 'One' });
  expect((await bookOf(rig, id)).Two).toEqual(['reserve', 'settle']);
  expect((await eventsOfGroup(rig, id)).filter(({ event }) => event === 'video provided')).toHaveLength(2);
  await close(id);
});

test('a variant whose video was made elsewhere joins the final analysis with its numbers', async () => {
  const id = await rig.start({
    variants: [...pair('another good cup'), { name: 'Three', prompt: 'fails, and is filmed by hand' }],
  });
  await rig.until(id, isTesting);
  for (const variant of ['One', 'Two', 'Three']) await importNumbers(id, variant);
  await rig.client.closeTest(id, { by: ANA });
  await expect(provide(id, film, { variant: 'Three' })).resolves.toMatchObject({ status: 'manual' });
  expect((await rig.overview(id)).status).toBe('analyzing');
  await rig.client.declareWinner(id, { variant: 'Three', by: ANA, reason: undefined });
  expect(await rowOf(rig, id)).toMatchObject({ outcome: 'winner', winner: { variantName: 'Three' } });
  const final = await rig.database.analysisSnapshot.findFirstOrThrow({
    where: { variantGroupId: id, trigger: 'final' },
  });
  expect(JSON.stringify(final.verdict)).toContain('Three');
  await expect(provide(id, otherFilm, { variant: 'One' })).rejects.toThrow(/ended/);
});

test('a file beside the main one can be provided too, and a variant that lacked only that has its video', async () => {
  const id = await rig.start({
    variants: pair('a third good cup'),
    renditions: [{ name: 'german', language: 'German, which fails' }],
  });
  await rig.until(
    id,
    ({ variants }) => variants.length === 2 && variants.every(({ status }) => status === 'failed'),
  );
  await expect(provide(id, film, { rendition: 'french' })).rejects.toThrow(/"french".*main, german/);
  const receipt = { status: 'manual', warnings: [] };
  await expect(provide(id, film, { rendition: 'german' })).resolves.toMatchObject(receipt);
  await expect(provide(id, otherFilm, { variant: 'One', rendition: 'german' })).resolves.toMatchObject(
    receipt,
  );
  const { variants } = await rig.until(id, isTesting);
  expect(variants[1]?.renditions).toEqual([
    { name: 'main', status: 'completed' },
    { name: 'german', status: 'manual' },
  ]);
  const stored = await variantOf(id);
  expect(stored.renditions.map(({ rendition, source }) => [rendition, source]).toSorted()).toEqual([
    ['german', 'manual'],
    ['main', 'generated'],
  ]);
  await close(id);
});

test('of two videos for one variant at once the second is refused; a retry waits its turn too', async () => {
  const id = await rig.start({ variants: pair('fails before two films'), minVariants: 2 });
  await rig.until(id, ({ variants }) => variants[1]?.status === 'failed');
  const answers = await Promise.all(
    [film, otherFilm].map((source) =>
      provide(id, source).then(
        ({ status }) => status,
        (error: unknown) => String(error),
      ),
    ),
  );
  expect(answers).toContain('manual');
  expect(answers).toContainEqual(expect.stringMatching(/being given a video already/));
  await rig.until(id, isTesting);
  await close(id);
});
