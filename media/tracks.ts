import { createFile, Log, MP4BoxBuffer, type Sample } from 'mp4box';
import { type Keyframe, keyframesOf } from './keyframe.ts';

/** What the metadata boxes say, held against the bytes that are really there. */
export interface Tracks {
  readonly width: number;
  readonly height: number;
  readonly codec: string;
  readonly hasAudio: boolean;
  /** What the sample tables promise. */
  readonly declaredSeconds: number;
  /** How much of it can be played: up to the first picture that lies past the end of the file. */
  readonly playableSeconds: number;
  /** Pictures that can be decoded alone, those that best show what the video is about first. */
  readonly keyframes: readonly Keyframe[];
}

/** A stretch of the file: a whole box of metadata, or the header alone of any other. */
export interface Stretch {
  readonly start: number;
  readonly bytes: Buffer;
}

/** Nine hours at 30 frames a second. mp4box builds one object a sample, so a lying count would use up the memory. */
const MOST_SAMPLES = 1_000_000;

// mp4box prints what it can't parse (such as QuickTime's user data) on the console; it is told through onError too.
Log.error = (module, message, file) => file?.onError?.(module, message ?? '');
Log.warn = () => {};

/**
 * @param stretches the file's boxes in order
 * @returns undefined where there is no video track
 * @throws Error with mp4box's words where the metadata can't be understood
 */
export function readTracks(stretches: readonly Stretch[], fileBytes: number): Tracks | undefined {
  if (claimedSamples(stretches) > MOST_SAMPLES) throw new Error(`more than ${MOST_SAMPLES} samples claimed`);
  const file = createFile();
  file.onError = (module, message) => {
    throw new Error(`${module}: ${message}`);
  };
  for (const { start, bytes } of stretches) {
    const copy = new Uint8Array(bytes).buffer;
    file.appendBuffer(MP4BoxBuffer.fromArrayBuffer(copy, start));
  }
  file.flush();
  const { tracks } = file.getInfo();
  const video = tracks.find((track) => track.type === 'video');
  if (video?.video === undefined) return undefined;
  const samples = file.getTrackSamplesInfo(video.id);
  const seconds = measure(samples, fileBytes);
  const { width, height } = video.video;
  const shown = isTurnedSideways(video.matrix) ? { width: height, height: width } : { width, height };
  return {
    ...shown,
    ...seconds,
    keyframes: keyframesOf(file, video.id, samples, fileBytes),
    codec: video.codec,
    hasAudio: tracks.some((track) => track.type === 'audio'),
  };
}

function measure(samples: readonly Sample[], fileBytes: number) {
  const missing = samples.findIndex((sample) => sample.offset + sample.size > fileBytes);
  const playable = missing === -1 ? samples : samples.slice(0, missing);
  return { declaredSeconds: shownSeconds(samples), playableSeconds: shownSeconds(playable) };
}

/** From the first picture to the end of the last one, in presentation order (B-frames shift both). */
function shownSeconds(
  samples: readonly { readonly cts: number; readonly duration: number; readonly timescale: number }[],
): number {
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  for (const { cts, duration, timescale } of samples) {
    from = Math.min(from, cts / timescale);
    to = Math.max(to, (cts + duration) / timescale);
  }
  return Number.isFinite(to - from) ? to - from : 0;
}

/** A phone's upright film is stored lying, with a quarter turn in its matrix (ISO/IEC 14496-12, 8.3.2). */
function isTurnedSideways(matrix: ArrayLike<number>): boolean {
  return matrix[0] === 0 && matrix[4] === 0 && matrix[1] !== 0 && matrix[3] !== 0;
}

function claimedSamples(stretches: readonly Stretch[]): number {
  let claimed = 0;
  for (const { bytes } of stretches) {
    // The count lies 12 bytes after stsz's type (version and flags, the common size), 8 after trun's.
    for (const [type, distance] of [
      ['stsz', 12],
      ['trun', 8],
    ] as const) {
      for (let at = bytes.indexOf(type); at !== -1; at = bytes.indexOf(type, at + 4)) {
        if (at + distance + 4 <= bytes.length) claimed += bytes.readUInt32BE(at + distance);
      }
    }
  }
  return claimed;
}
