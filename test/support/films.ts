import { writeFile } from 'node:fs/promises';
import { encode } from '../../simulator/film/encode.ts';
import { sceneOf } from '../../simulator/film/scene.ts';

/** A film that plays, as a person might bring one; each key gives another. */
export async function writeFilm(
  path: string,
  key: string,
  { seconds = 1, width = 128, height = 72 }: { seconds?: number; width?: number; height?: number } = {},
): Promise<string> {
  await writeFile(path, await encode(sceneOf(key, width, height), seconds));
  return path;
}
