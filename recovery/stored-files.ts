import type { Database } from '../database/client.ts';
import { type StoredKey, smokeTestKeys, storedKeys } from '../database/stored-keys.ts';
import type { VideoStore } from '../storage/video-store.ts';

/** Where rows and the video store differ. Nothing is done about it: a file is a person's to remove. */
export interface StoredFiles {
  readonly place: string;
  /** Files that no row knows. */
  readonly orphans: readonly string[];
  /** Rows whose file is not there. */
  readonly missing: readonly StoredKey[];
}

/** Our videos and pictures: exports and lists of the erased are kept in the same place. */
const OUR_FILE = /-[0-9a-f]{12}\.(?:mp4|png)$/;
/** Kept beside what counts: videos that were paid for and miss what was ordered. */
const REJECTED = 'rejected/';

/** @param known keys of rows that are only tried now */
export async function compareFiles(
  database: Database,
  store: VideoStore,
  known: ReadonlySet<string>,
): Promise<StoredFiles> {
  const rows = await storedKeys(database);
  const ofRows = new Set([...rows.map(({ key }) => key), ...known, ...(await smokeTestKeys(database))]);
  const there = new Set<string>();
  const orphans: string[] = [];
  for await (const key of store.keys()) {
    there.add(key);
    const isOurs = OUR_FILE.test(key) && !key.startsWith(REJECTED);
    if (isOurs && !ofRows.has(key)) orphans.push(key);
  }
  return {
    place: store.place,
    orphans: orphans.toSorted(),
    missing: rows.filter(({ key }) => !there.has(key)),
  };
}
