import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { BadInput, NotFound } from '../../domain/errors.ts';
import { stagedReference } from '../../domain/video-source.ts';
import type { VideoStore } from '../../storage/video-store.ts';

export interface StoreUnderTest {
  readonly store: VideoStore;
  /** Another worker's: the same place, and nothing shared in memory. */
  readonly elsewhere: VideoStore;
  /** Every file that one who looks into the place can see, by its key. */
  keys(): Promise<readonly string[]>;
  contentOf(key: string): Promise<Buffer>;
}

export const VIDEO = 'video/mp4';

export async function* chunksOf(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What every video store must do, wherever it keeps its files. */
export function everyStore(under: () => StoreUnderTest): void {
  describe('a file that is received', () => {
    test('counts only once it is kept, whole, under its name, and with the checksum of its bytes', async () => {
      const { store, keys, contentOf } = under();
      const bytes = randomBytes(12_345);
      const received = await store.receive(chunksOf(bytes), 20_000);
      expect(received.sizeBytes).toBe(12_345);
      expect(received.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(await keys()).toEqual([]);
      const stored = await received.keep('group/variant-a.mp4', VIDEO);
      expect(stored.key).toBe('group/variant-a.mp4');
      expect(await keys()).toEqual(['group/variant-a.mp4']);
      expect(await contentOf('group/variant-a.mp4')).toEqual(bytes);
      await received.discard();
      expect(await keys()).toEqual(['group/variant-a.mp4']);
      expect(existsSync(received.path)).toBe(false);
    });

    test('may be kept under the same name again, by another worker too', async () => {
      const { store, elsewhere, keys, contentOf } = under();
      for (const worker of [store, store, elsewhere]) {
        const again = await (await worker.receive(chunksOf(Buffer.from('video')), 100)).keep(
          'a/b.mp4',
          VIDEO,
        );
        expect(again.key).toBe('a/b.mp4');
      }
      expect(await keys()).toEqual(['a/b.mp4']);
      expect(String(await contentOf('a/b.mp4'))).toBe('video');
    });

    test('leaves nothing behind when it is discarded', async () => {
      const { store, keys } = under();
      const received = await store.receive(chunksOf(randomBytes(10)), 100);
      await received.discard();
      expect(existsSync(received.path)).toBe(false);
      expect(await keys()).toEqual([]);
    });

    test('that grows beyond its cap is refused where it does, and leaves nothing behind', async () => {
      const { store, keys } = under();
      let sent = 0;
      async function* endless(): AsyncGenerator<Uint8Array> {
        for (;;) {
          sent += 1000;
          yield randomBytes(1000);
        }
      }
      await expect(store.receive(endless(), 4500)).rejects.toBeInstanceOf(BadInput);
      expect(sent).toBe(5000);
      expect(await keys()).toEqual([]);
    });

    test('that breaks off leaves nothing behind', async () => {
      const { store, keys } = under();
      async function* broken(): AsyncGenerator<Uint8Array> {
        yield randomBytes(1000);
        throw new Error('connection lost');
      }
      await expect(store.receive(broken(), 10_000)).rejects.toThrow('connection lost');
      expect(await keys()).toEqual([]);
    });

    test.each(['../outside.mp4', '/etc/outside.mp4', 'a/../../outside.mp4', '.', '', 'a//b.mp4'])(
      'is not kept as "%s", which is no plain name',
      async (key) => {
        const { store, keys } = under();
        const received = await store.receive(chunksOf(randomBytes(10)), 100);
        await expect(received.keep(key, VIDEO)).rejects.toThrow('leaves the store');
        await received.discard();
        expect(await keys()).toEqual([]);
      },
    );

    test('does not replace what a name holds before it is whole', async () => {
      const { store, contentOf } = under();
      await (await store.receive(chunksOf(Buffer.from('first')), 100)).keep('a.mp4', VIDEO);
      const second = await store.receive(chunksOf(Buffer.from('second')), 100);
      expect(String(await contentOf('a.mp4'))).toBe('first');
      await second.keep('a.mp4', VIDEO);
      expect(String(await contentOf('a.mp4'))).toBe('second');
    });
  });

  test('a picture is kept as it was made', async () => {
    const { store, contentOf } = under();
    const bytes = randomBytes(3000);
    const stored = await store.keepBytes('group/variant-a.png', bytes, 'image/png');
    expect(stored.key).toBe('group/variant-a.png');
    expect(await contentOf('group/variant-a.png')).toEqual(bytes);
  });

  describe('files that are there', () => {
    const put = async (store: VideoStore, ...keys: string[]) => {
      for (const key of keys) await store.keepBytes(key, Buffer.from(key), 'text/plain');
    };
    const listed = async (store: VideoStore, folder: string) => {
      const found = [];
      for await (const file of store.list(folder)) found.push(file);
      return found.toSorted((a, b) => (a.key < b.key ? -1 : 1));
    };

    test('are listed by their folder and by no other whose name only begins like it', async () => {
      const { store, elsewhere } = under();
      await put(store, 'group-1/a.mp4', 'group-1/cuts/b.mp4', 'group-12/c.mp4', 'rejected/group-1/d.mp4');
      expect(await listed(elsewhere, 'group-1')).toEqual([
        { key: 'group-1/a.mp4', sizeBytes: 13 },
        { key: 'group-1/cuts/b.mp4', sizeBytes: 18 },
      ]);
      expect(await listed(store, 'rejected/group-1')).toEqual([
        { key: 'rejected/group-1/d.mp4', sizeBytes: 22 },
      ]);
      expect(await listed(store, 'group')).toEqual([]);
    });

    test('are gone once they are removed, and those beside them are not', async () => {
      const { store, elsewhere, keys } = under();
      await put(store, 'group-1/a.mp4', 'group-1/b.mp4');
      await elsewhere.remove('group-1/a.mp4');
      await elsewhere.remove('group-1/a.mp4');
      expect(await keys()).toEqual(['group-1/b.mp4']);
      expect(await store.read('group-1/a.mp4')).toBeUndefined();
      await store.remove('group-1/b.mp4');
      await store.remove('never/was.mp4');
      expect(await keys()).toEqual([]);
    });

    test('are read as they were written', async () => {
      const { store, elsewhere } = under();
      await put(store, 'notes/a.json');
      expect(Buffer.from((await elsewhere.read('notes/a.json')) ?? []).toString()).toBe('notes/a.json');
    });

    test('are read a piece at a time however large they are, and what is not there is told from what is empty', async () => {
      const { store, elsewhere } = under();
      const bytes = randomBytes(300_000);
      const received = await store.receive(chunksOf(bytes, 65_536), 400_000);
      await received.keep('archive/month.csv.gz', 'application/gzip');
      const body = await elsewhere.open('archive/month.csv.gz');
      if (body === undefined) throw new Error('nothing is there');
      expect((await bytesOf(body)).equals(bytes)).toBe(true);
      expect(await elsewhere.open('archive/another.csv.gz')).toBeUndefined();
    });

    test.each(['../outside', '/etc', 'a/../../outside', '.', ''])(
      'are not looked for in "%s", which is no plain name',
      async (key) => {
        const { store } = under();
        await expect(listed(store, key)).rejects.toThrow('leaves the store');
        await expect(store.read(key)).rejects.toThrow('leaves the store');
        await expect(store.open(key)).rejects.toThrow('leaves the store');
        await expect(store.remove(key)).rejects.toThrow('leaves the store');
      },
    );
  });

  describe('a file that a person hands over', () => {
    test('is found by a worker elsewhere, and is gone once it is removed', async () => {
      const { store, elsewhere, keys } = under();
      const bytes = randomBytes(5000);
      const reference = await store.stage(chunksOf(bytes), 10_000);
      expect(await bytesOf(await elsewhere.openStaged(reference))).toEqual(bytes);
      expect(await keys()).toHaveLength(1);
      await elsewhere.removeStaged(reference);
      await elsewhere.removeStaged(reference);
      expect(await keys()).toEqual([]);
      await expect(store.openStaged(reference)).rejects.toBeInstanceOf(NotFound);
    });

    test('that is too large is refused, and nothing of it is staged', async () => {
      const { store, keys } = under();
      await expect(store.stage(chunksOf(randomBytes(5000)), 4000)).rejects.toBeInstanceOf(BadInput);
      expect(await keys()).toEqual([]);
    });

    test.each([
      '/etc/passwd',
      'staged:../../etc/passwd',
      'staged:group/variant-a',
      'file:///etc/passwd',
      'https://example.com/a.mp4',
      `incoming/${randomUUID()}.mp4`,
    ])('is not looked for as "%s"', async (reference) => {
      const { store } = under();
      await expect(store.openStaged(reference)).rejects.toBeInstanceOf(BadInput);
      await expect(store.removeStaged(reference)).rejects.toBeInstanceOf(BadInput);
    });

    test('and that nobody staged is told as missing, with the place that was looked in', async () => {
      const { store } = under();
      await expect(store.openStaged(stagedReference(randomUUID()))).rejects.toThrow(store.place);
    });
  });

  test('a store that can be written is found to be well, and is left as it was', async () => {
    const { store, keys } = under();
    await store.examine();
    expect(await keys()).toEqual([]);
  });
}
