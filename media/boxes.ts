import type { FileHandle } from 'node:fs/promises';

/** A top-level box of an ISO base media file (ISO/IEC 14496-12, section 4.2). */
export interface Box {
  readonly type: string;
  /** Where its header begins, in bytes from the start of the file. */
  readonly start: number;
  /** What its header claims, in bytes; may reach past the end of the file. */
  readonly sizeBytes: number;
}

/** More top-level boxes than the longest fragmented ad has; a file that claims more is not walked to its end. */
const MOST_BOXES = 20_000;
const HEADER_BYTES = 16;

/** Reads only the headers, so that a file of any size costs a few kilobytes. Ends at the first thing that is no box. */
export async function* topLevelBoxes(file: FileHandle, fileBytes: number): AsyncGenerator<Box> {
  let start = 0;
  for (let count = 0; count < MOST_BOXES && start + 8 <= fileBytes; count += 1) {
    const header = await readRange(file, start, Math.min(HEADER_BYTES, fileBytes - start));
    const box = parseHeader(header, start, fileBytes);
    if (box === undefined) return;
    yield box;
    start += box.sizeBytes;
  }
}

function parseHeader(header: Buffer, start: number, fileBytes: number): Box | undefined {
  if (header.length < 8) return undefined;
  const type = header.toString('latin1', 4, 8);
  if (!/^[\x20-\x7e\xa9]{4}$/.test(type)) return undefined;
  const short = header.readUInt32BE(0);
  if (short === 0) return { type, start, sizeBytes: fileBytes - start };
  if (short !== 1) return short < 8 ? undefined : { type, start, sizeBytes: short };
  if (header.length < HEADER_BYTES) return undefined;
  const sizeBytes = Number(header.readBigUInt64BE(8));
  return sizeBytes < HEADER_BYTES ? undefined : { type, start, sizeBytes };
}

/** Shorter than asked for where the file ends first. */
export async function readRange(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, start + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}
