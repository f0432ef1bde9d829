import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { BadInput } from '../../domain/errors.ts';
import { createLocalStore } from '../../storage/local-store.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screentest-store-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function* chunksOf(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Every file below the folder, by its path in it. */
async function files(): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();
}

describe('a file that is received', () => {
  test('counts only once it is kept, whole, under its name, and with the checksum of its bytes', async () => {
    const bytes = randomBytes(12_345);
    const received = await createLocalStore(folder).receive(chunksOf(bytes), 20_000);
    expect(received.sizeBytes).toBe(12_345);
    expect(received.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(await files()).toEqual([received.path.slice(folder.length + 1)]);
    const stored = await received.keep('group/variant-a.mp4');
    expect(await files()).toEqual(['group/variant-a.mp4']);
    expect(stored.key).toBe('group/variant-a.mp4');
    expect(await readFile(fileURLToPath(stored.url))).toEqual(bytes);
    await received.discard();
    expect(await files()).toEqual(['group/variant-a.mp4']);
  });

  test('may be kept under the same name again', async () => {
    const store = createLocalStore(folder);
    for (let time = 1; time <= 2; time++) {
      await (await store.receive(chunksOf(Buffer.from('video')), 100)).keep('a/b.mp4');
    }
    expect(await files()).toEqual(['a/b.mp4']);
  });

  test('leaves nothing behind when it is discarded', async () => {
    const received = await createLocalStore(folder).receive(chunksOf(randomBytes(10)), 100);
    await received.discard();
    expect(await files()).toEqual([]);
  });

  test('that grows beyond its cap is refused where it does, and leaves nothing behind', async () => {
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        sent += 1000;
        yield randomBytes(1000);
      }
    }
    await expect(createLocalStore(folder).receive(endless(), 4500)).rejects.toBeInstanceOf(BadInput);
    expect(sent).toBe(5000);
    expect(await files()).toEqual([]);
  });

  test('that breaks off leaves nothing behind', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield randomBytes(1000);
      throw new Error('connection lost');
    }
    await expect(createLocalStore(folder).receive(broken(), 10_000)).rejects.toThrow('connection lost');
    expect(await files()).toEqual([]);
  });

  test.each(['../outside.mp4', '/etc/outside.mp4', 'a/../../outside.mp4', '.', ''])(
    'is not kept as "%s", which leaves the folder',
    async (key) => {
      const received = await createLocalStore(join(folder, 'store')).receive(chunksOf(randomBytes(10)), 100);
      await expect(received.keep(key)).rejects.toThrow('leaves the store');
      await received.discard();
      expect(await files()).toEqual([]);
    },
  );

  test('does not replace what a name holds before it is whole', async () => {
    const store = createLocalStore(folder);
    await (await store.receive(chunksOf(Buffer.from('first')), 100)).keep('a.mp4');
    const second = await store.receive(chunksOf(Buffer.from('second')), 100);
    expect(await readFile(join(folder, 'a.mp4'), 'utf8')).toBe('first');
    await second.keep('a.mp4');
    expect(await readFile(join(folder, 'a.mp4'), 'utf8')).toBe('second');
  });
});

test('what a killed worker left half-received is removed after a day, and what is arriving now is not', async () => {
  const young = await createLocalStore(folder).receive(chunksOf(randomBytes(10)), 100);
  const incoming = dirname(young.path);
  await mkdir(incoming, { recursive: true });
  const abandoned = join(incoming, 'abandoned');
  await writeFile(abandoned, 'half a video');
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
  await utimes(abandoned, twoDaysAgo, twoDaysAgo);
  const received = await createLocalStore(folder).receive(chunksOf(randomBytes(10)), 100);
  expect((await readdir(incoming)).map((name) => join(incoming, name)).toSorted()).toEqual(
    [young.path, received.path].toSorted(),
  );
});
