import { createDatabase } from '../database/client.ts';
import { createLocalStore } from '../storage/local-store.ts';
import type { VideoStore } from '../storage/video-store.ts';
import { replayErasures } from './replay.ts';
import { tombstones, writeTombstone } from './tombstones.ts';

/**
 * Erases everybody again in a restored copy that is thrown away: rows alone. It reads the list of erasures and works
 * with a copy of it, so that neither the store nor Temporal nor the provider learns of it.
 * @param scratch an empty folder for that copy
 * @returns how many were in the restored copy again, and are erased there
 */
export async function rehearseReplay(
  databaseUrl: string,
  store: VideoStore,
  scratch: string,
  tell: (line: string) => void,
): Promise<number> {
  const own = createLocalStore(scratch);
  for await (const tombstone of tombstones(store)) await writeTombstone(own, tombstone);
  const database = createDatabase(databaseUrl, 2);
  try {
    const parts = { database, store: own, temporal: undefined, videoApi: undefined, tell };
    return (await replayErasures(parts)).erased.length;
  } finally {
    await database.$disconnect();
  }
}
