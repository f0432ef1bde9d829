import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BadInput } from '../domain/errors.ts';
import type { ReceivedFile, StoredFile, VideoStore } from './video-store.ts';

/** A file that was not written to for so long belongs to a worker that was killed. */
const ABANDONED_AFTER_MS = 24 * 3_600_000;
const SWEEP_EVERY_MS = 3_600_000;

/** A folder on this machine. A file appears under its name whole and on disk, or not at all. */
export function createLocalStore(folder: string): VideoStore {
  const root = resolve(folder);
  const incoming = join(root, '.incoming');
  let nextSweep = 0;

  async function receive(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<ReceivedFile> {
    await mkdir(incoming, { recursive: true });
    if (Date.now() >= nextSweep) {
      nextSweep = Date.now() + SWEEP_EVERY_MS;
      await removeAbandoned(incoming);
    }
    const path = join(incoming, randomUUID());
    try {
      const { sizeBytes, sha256 } = await writeThrough(path, body, maxBytes);
      return {
        path,
        sizeBytes,
        sha256,
        keep: (key) => keep(path, key),
        discard: () => rm(path, { force: true }),
      };
    } catch (error) {
      await rm(path, { force: true });
      throw error;
    }
  }

  async function keep(path: string, key: string): Promise<StoredFile> {
    const target = resolve(root, key);
    if (!target.startsWith(root + sep)) throw new TypeError(`a key that leaves the store: ${key}`);
    await mkdir(dirname(target), { recursive: true });
    await rename(path, target);
    await syncFolder(dirname(target));
    return { key, url: pathToFileURL(target).href };
  }

  return { receive };
}

/** Best effort: another worker may be removing them too, and a folder that can't be swept can still be used. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined || Date.now() - facts.mtimeMs < ABANDONED_AFTER_MS) continue;
    await rm(path, { force: true }).catch(() => undefined);
  }
}

async function writeThrough(
  path: string,
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<{ sizeBytes: number; sha256: string }> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  const file = await open(path, 'wx');
  try {
    for await (const chunk of body) {
      sizeBytes += chunk.byteLength;
      if (sizeBytes > maxBytes) {
        throw new BadInput({
          code: 'VIDEO_TOO_LARGE',
          given: `The file is larger than ${maxBytes} bytes`,
          allowed: `up to ${maxBytes} bytes`,
        });
      }
      hash.update(chunk);
      await writeWhole(file, chunk);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, written);
    written += bytesWritten;
  }
}

/** A rename is durable only when its folder is on disk too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
