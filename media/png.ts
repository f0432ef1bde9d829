import { crc32, deflateSync } from 'node:zlib';

/** Red, green and blue, a byte each, row after row from the top. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const BITS_A_CHANNEL = 8;
const TRUE_COLOUR = 2;
/** Each byte as its difference to the one a pixel before: smooth areas pack to a third of what they would else. */
const FILTER_SUB = 1;

/** A PNG file (W3C, third edition). */
export function encodePng({ width, height, rgb }: Picture): Buffer {
  const stride = 3 * width;
  const rows = Buffer.alloc(height * (1 + stride));
  for (let y = 0; y < height; y += 1) {
    const row = y * (1 + stride);
    rows[row] = FILTER_SUB;
    for (let x = 0; x < stride; x += 1) {
      const before = x < 3 ? 0 : (rgb[y * stride + x - 3] ?? 0);
      rows[row + 1 + x] = ((rgb[y * stride + x] ?? 0) - before) & 255;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = BITS_A_CHANNEL;
  header[9] = TRUE_COLOUR;
  const data = deflateSync(rows);
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', header),
    chunk('IDAT', data),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const checked = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  checksum.writeUInt32BE(crc32(checked));
  return Buffer.concat([length, checked, checksum]);
}
