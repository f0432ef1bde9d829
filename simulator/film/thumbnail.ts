import { crc32, deflateSync } from 'node:zlib';
import type { Scene } from './scene.ts';

/** In pixels; the picture's longer side is at most this. */
const LONGEST_SIDE = 320;
const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const TRUE_COLOUR = 2;

/** A PNG (W3C, third edition) of the moment a third of the way through. */
export function thumbnailOf(scene: Scene): Buffer {
  const step = Math.max(1, Math.ceil(Math.max(scene.width, scene.height) / LONGEST_SIDE));
  const width = Math.floor(scene.width / step);
  const height = Math.floor(scene.height / step);
  const frame = scene.draw(1 / 3);
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; y += 1) {
    // Each row begins with its filter type, 0 for none.
    let at = y * (1 + 3 * width) + 1;
    for (let x = 0; x < width; x += 1) {
      for (const channel of rgbAt(frame, scene, x * step, y * step)) rows[at++] = channel;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, TRUE_COLOUR, 0, 0, 0], 8);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

/** BT.601, studio range. */
function rgbAt(frame: Uint8Array, { width, height }: Scene, x: number, y: number): [number, number, number] {
  const luma = width * height;
  const chromaAt = luma + (y >> 1) * (width / 2) + (x >> 1);
  const grey = 1.164 * ((frame[y * width + x] ?? 16) - 16);
  const u = (frame[chromaAt] ?? 128) - 128;
  const v = (frame[chromaAt + luma / 4] ?? 128) - 128;
  return [byte(grey + 1.596 * v), byte(grey - 0.392 * u - 0.813 * v), byte(grey + 2.017 * u)];
}

function byte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}

function chunk(type: string, body: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(body.length, 0);
  typed.copy(framed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}
