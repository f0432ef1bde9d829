import h264 from 'h264decoder';
import type { Keyframe } from './keyframe.ts';
import type { Picture } from './png.ts';

const BASELINE = 66;
/** A unit of a picture that needs no other (ITU-T H.264, table 7-1). */
const IDR = 5;
/** The decoder has a buffer of so many bytes for a unit, and does not look whether it fits. */
const LONGEST_UNIT = 1024 * 1024;

/**
 * Decodes one H.264 picture of the baseline profile, in WebAssembly: whatever is in the file, it can't get out.
 * A picture of 720x1280 takes some 15 ms.
 * @param bytes the keyframe's, from the file
 * @param shown what is to be seen of the coded picture, which is a multiple of 16 pixels each way
 * @param longestSide in pixels; every nth pixel is taken, so that neither side is longer
 * @returns undefined where the bytes are no keyframe's
 * @throws Error where the decoder can't be used
 */
export function decodeBaseline(
  keyframe: Keyframe,
  bytes: Uint8Array,
  shown: { readonly width: number; readonly height: number },
  longestSide: number,
): Picture | undefined {
  if (keyframe.profile !== BASELINE) throw new Error(`its H.264 profile is ${keyframe.profile}`);
  const units = [...unitsOf(bytes, keyframe.lengthBytes)];
  if (!units.some(([header = 0]) => (header & 31) === IDR)) return undefined;
  const decoder = new h264.H264Decoder();
  for (const unit of [...keyframe.parameterSets, ...units]) {
    if (unit.length > LONGEST_UNIT) throw new Error(`a unit of ${unit.length} bytes`);
    if (decoder.decode(unit) === h264.H264Decoder.PIC_RDY) return sampled(decoder, shown, longestSide);
  }
  return undefined;
}

function* unitsOf(bytes: Uint8Array, lengthBytes: number): Generator<Uint8Array> {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + lengthBytes < view.length; ) {
    const start = at + lengthBytes;
    at = start + view.readUIntBE(at, lengthBytes);
    yield view.subarray(start, at);
  }
}

/** BT.601, studio range; every fourth chroma value is there (4:2:0). */
function sampled(
  { pic, width: codedWidth, height: codedHeight }: h264.H264Decoder,
  shown: { readonly width: number; readonly height: number },
  longestSide: number,
): Picture {
  if (shown.width > codedWidth || shown.height > codedHeight) throw new Error('the picture is too small');
  const step = Math.max(1, Math.ceil(Math.max(shown.width, shown.height) / longestSide));
  const width = Math.floor(shown.width / step);
  const height = Math.floor(shown.height / step);
  const blue = codedWidth * codedHeight;
  const red = blue + blue / 4;
  const rgb = new Uint8ClampedArray(3 * width * height);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [fromX, fromY] = [x * step, y * step];
      const chroma = (fromY >> 1) * (codedWidth >> 1) + (fromX >> 1);
      const luma = 1.164 * ((pic[fromY * codedWidth + fromX] ?? 0) - 16);
      const u = (pic[blue + chroma] ?? 128) - 128;
      const v = (pic[red + chroma] ?? 128) - 128;
      const at = 3 * (y * width + x);
      rgb[at] = luma + 1.596 * v;
      rgb[at + 1] = luma - 0.392 * u - 0.813 * v;
      rgb[at + 2] = luma + 2.017 * u;
    }
  }
  return { width, height, rgb: Uint8Array.from(rgb) };
}
