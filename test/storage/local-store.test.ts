import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { NotFound } from '../../domain/errors.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import { chunksOf, everyStore, VIDEO } from './conformance.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screentest-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Every file below the folder, by its path in it; what is only arriving lies in a hidden folder. */
async function files(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

everyStore(() => ({
  store: createLocalStore(folder),
  elsewhere: createLocalStore(folder),
  keys: async () => (await files()).filter((path) => !path.startsWith('.')),
  contentOf: (key) => readFile(join(folder, key)),
}));

test('a file is found under the address that it was kept at', async () => {
  const received = await createLocalStore(folder).receive(chunksOf(Buffer.from('video')), 100);
  const { url } = await received.keep('group/variant-a.mp4', VIDEO);
  expect(await readFile(fileURLToPath(url), 'utf8')).toBe('video');
});

test('nothing is left of a file that broke off, or was discarded, not even out of sight', async () => {
  const store = createLocalStore(folder);
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield randomBytes(1000);
    throw new Error('connection lost');
  }
  await expect(store.receive(broken(), 10_000)).rejects.toThrow('connection lost');
  await (await store.receive(chunksOf(randomBytes(10)), 100)).discard();
  expect(await files()).toEqual([]);
});

const DAY = 86_400_000;

test('what a killed worker left half-received is removed after a day, and what is arriving now is not', async () => {
  const young = await createLocalStore(folder).receive(chunksOf(randomBytes(10)), 100);
  const arriving = dirname(young.path);
  await leave(arriving, 'abandoned', 2 * DAY);
  const received = await createLocalStore(folder).receive(chunksOf(randomBytes(10)), 100);
  expect((await readdir(arriving)).map((name) => join(arriving, name)).toSorted()).toEqual(
    [young.path, received.path].toSorted(),
  );
});

test('a staged file that nobody fetched is removed after a week, and not after a long weekend', async () => {
  const [old, recent] = [randomUUID(), randomUUID()];
  await leave(join(folder, 'incoming'), `${old}.mp4`, 8 * DAY);
  await leave(join(folder, 'incoming'), `${recent}.mp4`, 4 * DAY);
  const store = createLocalStore(folder);
  await (await store.receive(chunksOf(randomBytes(10)), 100)).discard();
  await expect(store.openStaged(`staged:${old}`)).rejects.toBeInstanceOf(NotFound);
  for await (const chunk of await store.openStaged(`staged:${recent}`)) expect(String(chunk)).toBe('a video');
});

test('a folder that can not be made is told with its path and what to do', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(createLocalStore(join(folder, 'file', 'videos')).examine()).rejects.toThrow(
    /file\/videos.*SCREENTEST_STORAGE_DIR/s,
  );
});

async function leave(inFolder: string, name: string, ageMs: number): Promise<void> {
  await mkdir(inFolder, { recursive: true });
  const path = join(inFolder, name);
  await writeFile(path, 'a video');
  const then = new Date(Date.now() - ageMs);
  await utimes(path, then, then);
}
