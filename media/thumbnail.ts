import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { atMost } from './at-most.ts';
import { readRange } from './boxes.ts';
import { decodeBaseline } from './decode-baseline.ts';
import { inspectVideo } from './inspect.ts';
import { encodePng } from './png.ts';
import type { Tracks } from './tracks.ts';

/** A PNG of one of the video's own pictures, or why there is none. */
export type Thumbnail = { readonly png: Buffer } | { readonly missing: string };

/** In pixels. */
const LONGEST_SIDE = 320;
/** A picture larger than this is no keyframe of an ad's. */
const MOST_KEYFRAME_BYTES = 16 * 1024 * 1024;
/** Milliseconds, bytes, and how many at once: ffmpeg takes some 100 MB for a large picture. */
const FFMPEG_TIMEOUT = 20_000;
const MOST_PNG_BYTES = 4 * 1024 * 1024;
const withFfmpeg = atMost(2);

/**
 * The truth about a video is its file, so that is where its picture comes from. What no decoder is there for stays
 * without one: H.264's baseline profile is decoded here; every other codec and profile needs ffmpeg.
 * @param ffmpeg the program's path or name; undefined to do without
 * @returns never throws: a video without a picture is a video all the same
 */
export async function thumbnailOf(path: string, ffmpeg: string | undefined): Promise<Thumbnail> {
  const failures: string[] = [];
  for (const make of [decodedHere, drawnByFfmpeg]) {
    try {
      return { png: await make(path, ffmpeg) };
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { missing: failures.join('; ') };
}

async function decodedHere(path: string): Promise<Buffer> {
  const { keyframes, codec, width, height } = await tracksOf(path);
  if (keyframes.length === 0) throw new Error(`no keyframe of H.264 is in it (${codec})`);
  const file = await open(path, 'r');
  try {
    for (const keyframe of keyframes) {
      if (keyframe.sizeBytes > MOST_KEYFRAME_BYTES) continue;
      const bytes = await readRange(file, keyframe.start, keyframe.sizeBytes);
      const picture = decodeBaseline(keyframe, bytes, { width, height }, LONGEST_SIDE);
      if (picture !== undefined) return encodePng(picture);
    }
    throw new Error('none of its keyframes can be decoded');
  } finally {
    await file.close();
  }
}

async function drawnByFfmpeg(path: string, ffmpeg: string | undefined): Promise<Buffer> {
  if (ffmpeg === undefined) throw new Error('no ffmpeg is set');
  const { playableSeconds } = await tracksOf(path);
  return withFfmpeg(() => draw(ffmpeg, path, Math.min(1, playableSeconds / 2)));
}

function draw(ffmpeg: string, path: string, atSeconds: number): Promise<Buffer> {
  const args = [
    ...['-nostdin', '-v', 'error', '-threads', '1'],
    // A file from outside: it is read as what it was found to be, and nothing that it names is opened.
    ...['-protocol_whitelist', 'file', '-f', 'mov', '-ss', String(atSeconds), '-i', `file:${path}`],
    ...['-map', '0:v:0', '-frames:v', '1'],
    ...['-vf', `scale=${LONGEST_SIDE}:${LONGEST_SIDE}:force_original_aspect_ratio=decrease`],
    ...['-f', 'image2pipe', '-c:v', 'png', '-'],
  ];
  const limits = { timeout: FFMPEG_TIMEOUT, maxBuffer: MOST_PNG_BYTES, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve, reject) => {
    execFile(ffmpeg, args, { ...limits, encoding: 'buffer' }, (error, png, said) => {
      if (error === null && png.length > 0) resolve(png);
      else reject(new Error(`ffmpeg: ${reasonOf(error, said)}`));
    });
  });
}

function reasonOf(error: Error | null, said: Buffer): string {
  if (error !== null && 'code' in error && error.code === 'ENOENT') return 'there is none on this machine';
  const [line = ''] = said.toString('utf8').trim().split('\n');
  return line || error?.message || 'it drew nothing';
}

async function tracksOf(path: string): Promise<Tracks> {
  const inspection = await inspectVideo(path);
  if ('problem' in inspection) throw new Error(inspection.problem.message);
  return inspection.tracks;
}
