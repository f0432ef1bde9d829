import { randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Unavailable } from '../domain/errors.ts';
import { stagedReference } from '../domain/video-source.ts';
import { type LocalFile, removeFilesOlderThan, writeNewFile } from './local-files.ts';
import {
  ABANDONED_AFTER_MS,
  hourly,
  notStaged,
  requirePlainKey,
  STAGED_FOR_MS,
  STAGING_FOLDER,
  stagedKey,
} from './staging.ts';
import type { FoundFile, ReceivedFile, StoredFile, VideoStore } from './video-store.ts';

/** A folder on this machine. A file appears under its name whole and on disk, or not at all. */
export function createLocalStore(folder: string): VideoStore {
  const root = resolve(folder);
  const place = `the folder ${root}`;
  // In the store, so that a rename moves what arrived there to its name.
  const arriving = join(root, '.incoming');
  const staging = join(root, STAGING_FOLDER);
  const sweep = hourly(async () => {
    await removeFilesOlderThan(ABANDONED_AFTER_MS, arriving);
    await removeFilesOlderThan(STAGED_FOR_MS, staging);
  });

  async function arrive(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<LocalFile> {
    await sweep();
    return writeNewFile(arriving, body, maxBytes);
  }

  async function receive(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<ReceivedFile> {
    const file = await arrive(body, maxBytes);
    return {
      ...file,
      keep: (key) => keep(file.path, key),
      discard: () => rm(file.path, { force: true }),
    };
  }

  async function keep(path: string, key: string): Promise<StoredFile> {
    requirePlainKey(key);
    const target = join(root, key);
    await mkdir(dirname(target), { recursive: true });
    await rename(path, target);
    // A name is durable only when its folder is on disk, and so is the folder's own name.
    for (let above = dirname(target); ; above = dirname(above)) {
      await syncFolder(above);
      if (above === root) break;
    }
    return { key, url: pathToFileURL(target).href };
  }

  async function keepBytes(key: string, bytes: Uint8Array): Promise<StoredFile> {
    const file = await arrive(inOnePiece(bytes), bytes.byteLength);
    return keep(file.path, key);
  }

  async function stage(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
    const file = await arrive(body, maxBytes);
    const reference = stagedReference(randomUUID());
    await keep(file.path, stagedKey(reference));
    return reference;
  }

  async function openStaged(reference: string): Promise<AsyncIterable<Uint8Array>> {
    const path = join(root, stagedKey(reference));
    const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? notStaged(reference, place) : error;
    });
    return createReadStream(path, { fd: file });
  }

  async function removeStaged(reference: string): Promise<void> {
    await rm(join(root, stagedKey(reference)), { force: true });
  }

  async function* keys(): AsyncGenerator<string> {
    const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch(none);
    for (const entry of entries) {
      const key = relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/');
      const isPassing = key.startsWith('.incoming/') || key.startsWith(`${STAGING_FOLDER}/`);
      if (entry.isFile() && !isPassing) yield key;
    }
  }

  async function* list(folder: string): AsyncGenerator<FoundFile> {
    requirePlainKey(folder);
    const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(none);
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const facts = await stat(path).catch(missing);
      if (facts !== undefined) yield { key: relative(root, path), sizeBytes: facts.size };
    }
  }

  async function openFile(key: string): Promise<AsyncIterable<Uint8Array> | undefined> {
    requirePlainKey(key);
    const path = join(root, key);
    const file = await open(path, 'r').catch(missing);
    return file === undefined ? undefined : createReadStream(path, { fd: file });
  }

  async function read(key: string): Promise<Uint8Array | undefined> {
    requirePlainKey(key);
    return readFile(join(root, key)).catch(missing);
  }

  async function remove(key: string): Promise<void> {
    requirePlainKey(key);
    const path = join(root, key);
    await rm(path, { force: true });
    for (let above = dirname(path); above !== root; above = dirname(above)) {
      const isEmpty = await rmdir(above).then(
        () => true,
        () => false,
      );
      if (!isEmpty) break;
    }
  }

  async function examine(): Promise<void> {
    try {
      await mkdir(root, { recursive: true });
      await access(root, constants.W_OK);
    } catch (error) {
      throw new Unavailable({
        code: 'STORAGE_UNAVAILABLE',
        given: `No file can be written to ${place} (${error instanceof Error ? error.message : String(error)})`,
        fix: 'let the user that runs the worker write there, or set SCREENTEST_STORAGE_DIR to another folder',
      });
    }
  }

  return {
    place,
    receive,
    keepBytes,
    stage,
    openStaged,
    removeStaged,
    list,
    open: openFile,
    read,
    remove,
    keys,
    examine,
  };
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}

function none(error: NodeJS.ErrnoException): [] {
  missing(error);
  return [];
}

async function* inOnePiece(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
