import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { setImmediate as breathe } from 'node:timers/promises';

const CHUNK_BYTES = 1_048_576;
/** Files at once: enough to keep a disk and a core busy. */
const AT_ONCE = 4;

export interface CopiedFile {
  readonly bytes: number;
  readonly modifiedAt: Date;
  readonly sha256: string;
}

export interface CopyOptions {
  /** Octal; a data directory's files are their owner's alone. */
  readonly mode: number;
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** Copies what is there now, and says what it copied. It is on the disk when this returns. */
export async function copyFile(from: string, to: string, options: CopyOptions): Promise<CopiedFile> {
  const source = await open(from, 'r');
  try {
    const target = await open(to, 'wx', options.mode);
    try {
      const copied = await readThrough(source, options, (chunk) => target.writeFile(chunk));
      await target.sync();
      return copied;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** Reads a file and says what is in it. */
export async function hashFile(
  path: string,
  options: Pick<CopyOptions, 'onBytes' | 'signal'>,
): Promise<CopiedFile> {
  const source = await open(path, 'r');
  try {
    return await readThrough(source, options, async () => {});
  } finally {
    await source.close();
  }
}

async function readThrough(
  source: FileHandle,
  { onBytes, signal }: Pick<CopyOptions, 'onBytes' | 'signal'>,
  take: (chunk: Buffer) => Promise<void>,
): Promise<CopiedFile> {
  const { mtime } = await source.stat();
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let bytes = 0;
  for (;;) {
    signal?.throwIfAborted();
    const { bytesRead } = await source.read(buffer, 0, CHUNK_BYTES);
    if (bytesRead === 0) break;
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    await take(chunk);
    bytes += bytesRead;
    onBytes(bytesRead);
  }
  return { bytes, modifiedAt: mtime, sha256: hash.digest('hex') };
}

/** Runs `work` for each, a few at once; the first failure ends it. */
export async function forEachFew<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  let failure: { readonly error: unknown } | undefined;
  const worker = async () => {
    for (const item of queue) {
      if (failure !== undefined) return;
      try {
        await work(item);
      } catch (error) {
        failure ??= { error };
      }
      await breathe();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failure !== undefined) throw failure.error;
}
