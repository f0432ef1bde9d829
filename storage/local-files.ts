import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BadInput } from '../domain/errors.ts';

export interface LocalFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** In lower-case hexadecimal. */
  readonly sha256: string;
}

/**
 * Streams to a new file in `folder`, on disk when it returns.
 * @throws BadInput VIDEO_TOO_LARGE when it grows beyond `maxBytes`; nothing is left behind.
 */
export async function writeNewFile(
  folder: string,
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<LocalFile> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, randomUUID());
  try {
    return { path, ...(await writeThrough(path, body, maxBytes)) };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** Best effort: another worker may be removing them too, and a folder that can't be swept can still be used. */
export async function removeFilesOlderThan(ageMs: number, folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const facts = await stat(path).catch(() => undefined);
    if (facts === undefined || !facts.isFile() || Date.now() - facts.mtimeMs < ageMs) continue;
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
