import type { ISOFile, Sample } from 'mp4box';

/** A picture that can be decoded alone: where its bytes are, and what a decoder must know before. */
export interface Keyframe {
  /** In bytes from the start of the file. */
  readonly start: number;
  readonly sizeBytes: number;
  /** How many bytes the length before each of its units has (ISO/IEC 14496-15, 5.2.4.1). */
  readonly lengthBytes: number;
  readonly profile: number;
  readonly parameterSets: readonly Uint8Array[];
}

/** A file need not say which of its pictures are keyframes; then each may be one, and so many are tried. */
const MOST_CANDIDATES = 100;
/** An ad's first picture is often black, or a logo that fades in. */
const BEST_AT_SECONDS = 1;

/** @returns the H.264 keyframes, the nearest to one second first; none for another codec, or where none is whole */
export function keyframesOf(
  file: ISOFile,
  trackId: number,
  samples: readonly Sample[],
  fileBytes: number,
): readonly Keyframe[] {
  const [entry] = file.getTrackById(trackId).mdia.minf.stbl.stsd.entries;
  if (entry === undefined || !('avcC' in entry)) return [];
  const { avcC } = entry;
  if (!isConfiguration(avcC)) return [];
  const distance = ({ cts, timescale }: Sample) => Math.abs(cts / timescale - BEST_AT_SECONDS);
  const shared = {
    lengthBytes: avcC.lengthSizeMinusOne + 1,
    profile: avcC.AVCProfileIndication,
    parameterSets: [...avcC.SPS, ...avcC.PPS].map(({ data }) => data),
  };
  return samples
    .filter(({ is_sync: isSync, offset, size }) => isSync && offset + size <= fileBytes)
    .toSorted((a, b) => distance(a) - distance(b))
    .slice(0, MOST_CANDIDATES)
    .map(({ offset, size }) => ({ start: offset, sizeBytes: size, ...shared }));
}

interface Configuration {
  readonly lengthSizeMinusOne: number;
  readonly AVCProfileIndication: number;
  readonly SPS: readonly { readonly data: Uint8Array }[];
  readonly PPS: readonly { readonly data: Uint8Array }[];
}

function isConfiguration(box: unknown): box is Configuration {
  return typeof box === 'object' && box !== null && 'SPS' in box && 'PPS' in box;
}
