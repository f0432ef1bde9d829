import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import encoderPackage from 'h264-mp4-encoder';
import type { Scene } from './scene.ts';

/** Low, because a frame of 720x1280 costs some 15 ms and a simulated ad needs motion, not smoothness. */
export const FRAMES_PER_SECOND = 8;
/** minih264's fastest; one step of quality makes no visible difference on flat shapes. */
const FASTEST = 10;
/**
 * minih264's scale is 10 to 51, less is better. At 20 nearly every flat colour survives quantisation exactly, so
 * that still areas are skipped: measured, 40 frames of 720x1280 took 0.65 s (220 KB) at 20 and 1.2 s (110 KB) at 33.
 */
const QUANTIZATION = 20;

/**
 * A playable MP4 (H.264 baseline, no sound). Encodes one frame a turn of the event loop, so that a server on the
 * same thread goes on answering between frames: a worker thread would do no more, and Node 20 can't start one
 * from TypeScript.
 * @param seconds a whole number
 */
export async function encode(scene: Scene, seconds: number): Promise<Uint8Array> {
  const encoder = await createEncoder();
  try {
    encoder.width = scene.width;
    encoder.height = scene.height;
    encoder.frameRate = FRAMES_PER_SECOND;
    encoder.speed = FASTEST;
    encoder.quantizationParameter = QUANTIZATION;
    encoder.groupOfPictures = 2 * FRAMES_PER_SECOND;
    encoder.initialize();
    const frames = seconds * FRAMES_PER_SECOND;
    for (let frame = 0; frame < frames; frame += 1) {
      encoder.addFrameYuv(scene.draw(frame / frames));
      await nextTurn();
    }
    encoder.finalize();
    const file = encoder.FS.readFile(encoder.outputFilename);
    encoder.FS.unlink(encoder.outputFilename);
    return file;
  } finally {
    encoder.delete();
  }
}

/** Emscripten's loader takes over the process's last-resort error handlers when it starts; those are not a library's to take. */
async function createEncoder() {
  const exceptionListeners = process.listeners('uncaughtException');
  const rejectionListeners = process.listeners('unhandledRejection');
  const encoder = await encoderPackage.createH264MP4Encoder();
  for (const listener of process.listeners('uncaughtException')) {
    if (!exceptionListeners.includes(listener)) process.off('uncaughtException', listener);
  }
  for (const listener of process.listeners('unhandledRejection')) {
    if (!rejectionListeners.includes(listener)) process.off('unhandledRejection', listener);
  }
  encoder.outputFilename = `${randomUUID()}.mp4`;
  return encoder;
}
