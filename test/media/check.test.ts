import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkVideo } from '../../media/check.ts';
import { probeVideo } from '../../media/probe.ts';
import { encode } from '../../simulator/film/encode.ts';
import { sceneOf } from '../../simulator/film/scene.ts';

const ORDERED = { durationSeconds: 2, width: 96, height: 64 };
let folder: string;
let film: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screentest-media-'));
  film = Buffer.from(
    await encode(sceneOf('checked', ORDERED.width, ORDERED.height), ORDERED.durationSeconds),
  );
});

afterAll(() => rm(folder, { recursive: true }));

async function file(bytes: string | Uint8Array): Promise<string> {
  const path = join(folder, `${crypto.randomUUID()}.mp4`);
  await writeFile(path, bytes);
  return path;
}

function boxAt(bytes: Buffer, type: string): { start: number; size: number } {
  const start = bytes.indexOf(type) - 4;
  return { start, size: bytes.readUInt32BE(start) };
}

/** With the metadata before the pictures, as for streaming; the sample offsets move by its size. */
function fastStart(bytes: Buffer): Buffer {
  const moov = boxAt(bytes, 'moov');
  const mdat = boxAt(bytes, 'mdat');
  const metadata = Buffer.from(bytes.subarray(moov.start, moov.start + moov.size));
  const stco = boxAt(metadata, 'stco');
  for (let n = 0; n < metadata.readUInt32BE(stco.start + 12); n += 1) {
    const at = stco.start + 16 + 4 * n;
    metadata.writeUInt32BE(metadata.readUInt32BE(at) + moov.size, at);
  }
  return Buffer.concat([
    bytes.subarray(0, mdat.start),
    metadata,
    bytes.subarray(mdat.start, mdat.start + mdat.size),
  ]);
}

async function codesOf(bytes: string | Uint8Array, expected = {}): Promise<readonly string[]> {
  const check = await checkVideo(await file(bytes), { ...ORDERED, ...expected });
  return check.ok ? [] : check.problems.map(({ code }) => code);
}

describe('a video that was delivered', () => {
  test('is good when it is the length and size ordered', async () => {
    expect(await checkVideo(await file(film), ORDERED)).toEqual({
      ok: true,
      facts: {
        container: 'mp4',
        codec: expect.stringMatching(/^avc1\./),
        durationSeconds: 2,
        width: 96,
        height: 64,
        sizeBytes: film.length,
        hasAudio: false,
      },
    });
    expect(await codesOf(fastStart(film))).toEqual([]);
  });

  test('is good within half a second of the length ordered, or the tolerance given, and no further', async () => {
    expect(await codesOf(film, { durationSeconds: 2.5 })).toEqual([]);
    expect(await codesOf(film, { durationSeconds: 2.6 })).toEqual(['WRONG_DURATION']);
    expect(await codesOf(film, { durationSeconds: 2.1, toleranceSeconds: 0.05 })).toEqual(['WRONG_DURATION']);
  });

  test('is told all that is wrong with it at once', async () => {
    expect(await codesOf(film, { durationSeconds: 8, width: 64, height: 96, maxBytes: 100 })).toEqual([
      'TOO_LARGE',
      'WRONG_DURATION',
      'WRONG_RESOLUTION',
    ]);
  });

  test('is as long as its bytes last, whatever its metadata promises', async () => {
    const streamable = fastStart(film);
    const mdat = boxAt(streamable, 'mdat');
    const cut = streamable.subarray(0, mdat.start + Math.floor(mdat.size / 2));
    const check = await checkVideo(await file(cut), ORDERED);
    expect(check).toMatchObject({
      ok: false,
      problems: [{ code: 'TRUNCATED', message: expect.stringContaining('of 2 s') }],
    });
    const { durationSeconds } = await probeVideo(await file(cut));
    expect(durationSeconds).toBeGreaterThan(0);
    expect(durationSeconds).toBeLessThan(2);
  });

  test('is shown upright when its matrix turns it', async () => {
    const turned = Buffer.from(film);
    const matrix = boxAt(turned, 'tkhd').start + 48;
    [0, 0x10000, 0, -0x10000, 0].forEach((value, index) => {
      turned.writeInt32BE(value, matrix + 4 * index);
    });
    expect(await codesOf(turned, { width: 64, height: 96 })).toEqual([]);
  });

  test.each([
    ['no bytes', '', 'EMPTY', 'no bytes'],
    ['an error page', '\n<!DOCTYPE html><html><body>502', 'NOT_A_VIDEO', "begins with '<!DOCTYPE html>"],
    ['an error in JSON', '{"error":{"message":"gone"}}', 'NOT_A_VIDEO', `begins with '{"error"`],
    ['a WebM file', Buffer.from('1a45dfa3010000000000001f4286810142f7', 'hex'), 'NOT_A_VIDEO', 'WebM'],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), 'NOT_A_VIDEO', 'PNG'],
    ['noise', Buffer.from('00112233445566778899aabbccddeeff', 'hex'), 'NO_FTYP', 'ftyp'],
    ['three letters', 'abc', 'NO_FTYP', 'ftyp'],
  ])('is named for what it is: %s', async (_, bytes, code, words) => {
    const check = await checkVideo(await file(bytes), ORDERED);
    expect(check).toEqual({ ok: false, problems: [{ code, message: expect.stringContaining(words) }] });
  });

  test('without its moov, or with a part of it, cannot be played', async () => {
    const moov = boxAt(film, 'moov');
    expect(await codesOf(film.subarray(0, moov.start))).toEqual(['NO_MOOV']);
    expect(await codesOf(film.subarray(0, moov.start + 100))).toEqual(['NO_MOOV']);
    expect(await codesOf(film.subarray(0, 300))).toEqual(['NO_MOOV']);
  });

  test('that lies about its samples is refused without using up the memory', async () => {
    const lying = Buffer.from(film);
    const stsz = boxAt(lying, 'stsz').start;
    lying.writeUInt32BE(1, stsz + 12);
    lying.writeUInt32BE(0xffffffff, stsz + 16);
    expect(await codesOf(lying)).toEqual(['UNREADABLE']);
  });

  test('with metadata damaged anywhere is refused or accepted, but never crashes the reader', async () => {
    const moov = boxAt(film, 'moov');
    const path = await file(film);
    for (let at = moov.start; at < moov.start + moov.size; at += 3) {
      const damaged = Buffer.from(film);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      await writeFile(path, damaged);
      expect(await checkVideo(path, ORDERED)).toHaveProperty('ok');
    }
  });

  test('of three gigabytes costs a few kilobytes to check', async () => {
    const path = await file(film);
    const mdat = boxAt(film, 'mdat');
    const gap = 3 * 1024 ** 3;
    const handle = await open(path, 'r+');
    // A sparse file: the film, then one `free` box that claims three gigabytes.
    const header = Buffer.alloc(8);
    header.writeUInt32BE(gap, 0);
    header.write('free', 4, 'latin1');
    await handle.write(header, 0, 8, film.length);
    await handle.truncate(film.length + gap);
    await handle.close();
    expect(mdat.size).toBeGreaterThan(0);
    const before = process.memoryUsage().arrayBuffers;
    const check = await checkVideo(path, { ...ORDERED, maxBytes: 10_000_000 });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(5_000_000);
    expect(check).toMatchObject({ ok: false, problems: [{ code: 'TOO_LARGE' }] });
  });

  test('that is not there is another matter than one that is bad', async () => {
    await expect(probeVideo(join(folder, 'nowhere.mp4'))).rejects.toMatchObject({ kind: 'not-found' });
    await expect(probeVideo(folder)).rejects.toMatchObject({ kind: 'bad-input', code: 'NOT_A_FILE' });
    await expect(probeVideo(await file('<html>'))).rejects.toMatchObject({ code: 'VIDEO_NOT_A_VIDEO' });
  });
});
