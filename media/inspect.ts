import { type FileHandle, open } from 'node:fs/promises';
import { BadInput, NotFound } from '../domain/errors.ts';
import { type Box, readRange, topLevelBoxes } from './boxes.ts';
import { recogniseOther } from './sniff.ts';
import { readTracks, type Stretch, type Tracks } from './tracks.ts';

export type VideoProblemCode =
  | 'EMPTY'
  | 'TOO_LARGE'
  | 'NOT_A_VIDEO'
  | 'NO_FTYP'
  | 'NO_MOOV'
  | 'NO_VIDEO_TRACK'
  | 'UNREADABLE'
  | 'TRUNCATED'
  | 'WRONG_DURATION'
  | 'WRONG_RESOLUTION';

export interface VideoProblem {
  readonly code: VideoProblemCode;
  readonly message: string;
}

export type Inspection =
  | { readonly problem: VideoProblem }
  | { readonly tracks: Tracks; readonly brand: string; readonly fileBytes: number };

/** An ad of a minute has a `moov` of some 50 KB; past this a file is not worth the memory. */
const MOST_METADATA_BYTES = 64 * 1024 * 1024;
const METADATA = new Set(['ftyp', 'moov', 'moof']);

/**
 * Reads the file's metadata and none of its pictures.
 * @throws NotFound where there is no file, BadInput for a folder and the like
 */
export async function inspectVideo(path: string): Promise<Inspection> {
  const file = await openFile(path);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) {
      throw new BadInput({ code: 'NOT_A_FILE', given: `${path} is not a file`, allowed: 'an MP4 file' });
    }
    return await inspect(file, stat.size);
  } finally {
    await file.close();
  }
}

async function inspect(file: FileHandle, fileBytes: number): Promise<Inspection> {
  if (fileBytes === 0) return problem('EMPTY', 'the file has no bytes');
  const head = await readRange(file, 0, Math.min(512, fileBytes));
  const other = recogniseOther(head);
  if (other !== undefined) return problem('NOT_A_VIDEO', `not an MP4 but ${other}`);
  if (head.toString('latin1', 4, 8) !== 'ftyp') {
    return problem(
      'NO_FTYP',
      `an MP4 begins with an ftyp box; this file begins with ${head.toString('hex', 0, 12)}`,
    );
  }

  const stretches: Stretch[] = [];
  let hasMoov = false;
  let end = 0;
  let metadataBytes = 0;
  for await (const box of topLevelBoxes(file, fileBytes)) {
    end = box.start + box.sizeBytes;
    hasMoov ||= box.type === 'moov' && end <= fileBytes;
    if (end > fileBytes && box.type !== 'mdat') break;
    if (!METADATA.has(box.type)) {
      stretches.push(asMediaData(box));
      continue;
    }
    metadataBytes += box.sizeBytes;
    if (metadataBytes > MOST_METADATA_BYTES) {
      return problem('UNREADABLE', `more than ${MOST_METADATA_BYTES} bytes of metadata`);
    }
    stretches.push({ start: box.start, bytes: await readRange(file, box.start, box.sizeBytes) });
  }

  if (!hasMoov) {
    const cut = end > fileBytes ? `; a box that should end at byte ${end} is cut off at ${fileBytes}` : '';
    return problem('NO_MOOV', `there is no complete moov box, so nothing can play it${cut}`);
  }
  try {
    const tracks = readTracks(stretches, fileBytes);
    if (tracks === undefined) return problem('NO_VIDEO_TRACK', 'there is no video track in it');
    return { tracks, brand: head.toString('latin1', 8, 12).trim(), fileBytes };
  } catch (error) {
    return problem('UNREADABLE', `its metadata can't be understood (${String(error)})`);
  }
}

/** mp4box wants every byte up to the metadata, but passes over the body of an `mdat`: so all that is no metadata is shown as one. */
function asMediaData({ start, sizeBytes }: Box): Stretch {
  const isShort = sizeBytes < 2 ** 32;
  const bytes = Buffer.alloc(isShort ? 8 : 16);
  bytes.writeUInt32BE(isShort ? sizeBytes : 1, 0);
  bytes.write('mdat', 4, 'latin1');
  if (!isShort) bytes.writeBigUInt64BE(BigInt(sizeBytes), 8);
  return { start, bytes };
}

function problem(code: VideoProblemCode, message: string): Inspection {
  return { problem: { code, message } };
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw new NotFound({
      code: 'VIDEO_FILE_NOT_FOUND',
      given: `${path} can't be opened (${cause instanceof Error ? cause.message : String(cause)})`,
      fix: 'give the path of a file that this process may read',
      cause,
    });
  }
}
