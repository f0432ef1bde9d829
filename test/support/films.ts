import { encode } from '../../simulator/film/encode.ts';
import { sceneOf } from '../../simulator/film/scene.ts';

/** A small playable MP4; each key shows another film. */
export function filmOf(
  key: string,
  { seconds = 1, width = 128, height = 72 }: { seconds?: number; width?: number; height?: number } = {},
): Promise<Uint8Array> {
  return encode(sceneOf(key, width, height), seconds);
}
