import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { thumbnailOf } from '../../media/thumbnail.ts';
import { findFfmpeg } from '../support/ffmpeg.ts';
import { filmOf } from '../support/films.ts';

const run = promisify(execFile);
let folder: string;
let ffmpeg: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screentest-thumbnails-'));
  ffmpeg = await findFfmpeg();
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Pixels {
  readonly width: number;
  readonly height: number;
  /** Red, green and blue of a pixel. */
  at(x: number, y: number): readonly number[];
}

/** The first picture of a file, read by a decoder that is not ours. */
async function pixelsOf(path: string, width: number): Promise<Pixels> {
  const args = ['-v', 'error', '-i', path, '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const { stdout } = await run(ffmpeg, args, { encoding: 'buffer', maxBuffer: 10_000_000 });
  const height = stdout.length / 3 / width;
  return { width, height, at: (x, y) => [...stdout.subarray(3 * (y * width + x), 3 * (y * width + x) + 3)] };
}

async function pixelsOfPng(png: Buffer): Promise<Pixels> {
  return pixelsOf(await file('picture.png', png), png.readUInt32BE(16));
}

async function pngOf(path: string, drawnBy?: string): Promise<Buffer> {
  const thumbnail = await thumbnailOf(path, drawnBy);
  if ('missing' in thumbnail) throw new Error(thumbnail.missing);
  return thumbnail.png;
}

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
}

/** A second of red, then green, with B-frames, as x264 makes it unless told otherwise: H.264 High, as most servers send. */
async function highProfile(name: string, ...filters: string[]): Promise<string> {
  const path = join(folder, name);
  const colours = ['red', 'lime'].map((colour) => `color=${colour}:s=360x640:r=24:d=0.9[${colour}]`);
  const graph = `${colours.join(';')};[red][lime]concat${filters.map((filter) => `,${filter}`).join('')}`;
  await run(ffmpeg, [
    '-v',
    'error',
    '-f',
    'lavfi',
    '-i',
    graph,
    '-c:v',
    'libx264',
    '-pix_fmt',
    'yuv420p',
    path,
  ]);
  return path;
}

describe('a thumbnail', () => {
  test("is a picture of the film's own, without any program beside us", async () => {
    const path = await file('film.mp4', await filmOf('a cup', { seconds: 2, width: 360, height: 640 }));
    const pixels = await pixelsOfPng(await pngOf(path));
    expect([pixels.width, pixels.height]).toEqual([180, 320]);
    const film = await pixelsOf(path, 360);
    for (let at = 5; at < 180; at += 17) {
      const [ours, theirs] = [pixels.at(at, at), film.at(2 * at, 2 * at)];
      for (const channel of [0, 1, 2]) {
        expect(Math.abs((ours[channel] ?? 0) - (theirs[channel] ?? 0))).toBeLessThanOrEqual(6);
      }
    }
  });

  test('shows only what is to be seen of a picture that is coded larger', async () => {
    const path = await file('odd.mp4', await filmOf('odd', { width: 128, height: 72 }));
    const pixels = await pixelsOfPng(await pngOf(path));
    expect([pixels.width, pixels.height]).toEqual([128, 72]);
  });

  test('of H.264 High, which needs ffmpeg, is of about its first second, and no larger than 320 pixels', async () => {
    const path = await highProfile('high.mp4');
    const pixels = await pixelsOfPng(await pngOf(path, ffmpeg));
    expect([pixels.width, pixels.height]).toEqual([180, 320]);
    const [red = 0, green = 0, blue = 0] = pixels.at(90, 160);
    expect(green).toBeGreaterThan(200);
    expect(Math.max(red, blue)).toBeLessThan(60);
  });

  test('that can not be made is missing, with the reason, and nothing is thrown', async () => {
    const path = await highProfile('none.mp4');
    expect(await thumbnailOf(path, undefined)).toEqual({
      missing: 'its H.264 profile is 100; no ffmpeg is set',
    });
    expect(await thumbnailOf(path, join(folder, 'nowhere'))).toEqual({
      missing: expect.stringContaining('there is none on this machine'),
    });
    const broken = await readFile(path);
    broken.fill(0, broken.indexOf('mdat') + 4, broken.indexOf('moov') - 4);
    expect(await thumbnailOf(await file('broken.mp4', broken), ffmpeg)).toEqual({
      missing: expect.stringContaining('ffmpeg: '),
    });
    expect(await thumbnailOf(await file('page.mp4', Buffer.from('<html>')), ffmpeg)).toHaveProperty(
      'missing',
    );
  });
});
