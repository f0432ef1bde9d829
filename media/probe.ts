import { BadInput } from '../domain/errors.ts';
import { inspectVideo } from './inspect.ts';

export interface VideoFacts {
  /** `mov` for QuickTime's brand, `mp4` for every other of the ISO family. */
  readonly container: 'mp4' | 'mov';
  /** RFC 6381, such as `avc1.42001f`. */
  readonly codec: string;
  /** What can be played of the video track, from its sample tables and the bytes that are there. */
  readonly durationSeconds: number;
  /** In pixels, as shown: a quarter turn in the track's matrix is applied. */
  readonly width: number;
  readonly height: number;
  readonly sizeBytes: number;
  readonly hasAudio: boolean;
}

/**
 * The facts of an MP4 or MOV file, without reading its pictures.
 * @throws NotFound where there is no file; BadInput, with the problem's code, where it is no such video
 */
export async function probeVideo(path: string): Promise<VideoFacts> {
  const inspection = await inspectVideo(path);
  if ('problem' in inspection) {
    throw new BadInput({
      code: `VIDEO_${inspection.problem.code}`,
      given: `${path}: ${inspection.problem.message}`,
      allowed: 'a playable MP4 or MOV file',
    });
  }
  return factsOf(inspection);
}

export function factsOf({
  tracks,
  brand,
  fileBytes,
}: Exclude<Awaited<ReturnType<typeof inspectVideo>>, { problem: unknown }>): VideoFacts {
  return {
    container: brand === 'qt' ? 'mov' : 'mp4',
    codec: tracks.codec,
    durationSeconds: tracks.playableSeconds,
    width: tracks.width,
    height: tracks.height,
    sizeBytes: fileBytes,
    hasAudio: tracks.hasAudio,
  };
}
