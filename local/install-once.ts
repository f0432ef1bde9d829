import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const ABANDONED_AFTER_MS = 3_600_000;

/**
 * Fills `folder` by way of a draft beside it that is renamed when complete: nobody sees half of it, and of two
 * processes that do so at once the first one's is kept.
 */
export async function installOnce(folder: string, fill: (draft: string) => Promise<void>): Promise<void> {
  if (existsSync(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  await removeAbandonedDrafts(folder);
  const draft = `${folder}.draft-${randomUUID()}`;
  try {
    await mkdir(draft);
    await fill(draft);
    await rename(draft, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** What processes left that were killed half-way. */
async function removeAbandonedDrafts(folder: string): Promise<void> {
  const parent = dirname(folder);
  for (const entry of await readdir(parent)) {
    if (!entry.startsWith(`${basename(folder)}.draft-`)) continue;
    const draft = join(parent, entry);
    const touched = await stat(draft).catch(() => undefined);
    if (touched === undefined || Date.now() - touched.mtimeMs < ABANDONED_AFTER_MS) continue;
    await rm(draft, { recursive: true, force: true });
  }
}
