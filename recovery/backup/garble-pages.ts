import { randomFillSync } from 'node:crypto';
import { open } from 'node:fs/promises';

/** Every how manieth page is hit. */
const EVERY = 3;

/**
 * Overwrites the middle of every third page of a table's file, as a failing disk might: PostgreSQL notices by the
 * pages' checksums, since their headers look well. Its server must be stopped. Returns how many pages were hit.
 */
export async function garblePages(path: string, pageBytes: number): Promise<number> {
  const file = await open(path, 'r+');
  try {
    const { size } = await file.stat();
    const noise = randomFillSync(Buffer.alloc(pageBytes / 4));
    let hit = 0;
    for (let page = 0; (page + 1) * pageBytes <= size; page += EVERY) {
      await file.write(noise, 0, noise.length, page * pageBytes + pageBytes / 2);
      hit += 1;
    }
    await file.sync();
    return hit;
  } finally {
    await file.close();
  }
}
