import type { VideoFile } from '../database/stored-videos.ts';
import type { VideoOrderRow } from '../database/video-orders.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import type { ReceivedFile } from '../storage/video-store.ts';

export const VIDEO_TYPE = 'video/mp4';

/** Stores a checked file under a name that says what it is. */
export async function keep(
  received: ReceivedFile,
  order: VideoOrderRow,
  facts: { width: number; height: number; durationSeconds: number },
): Promise<VideoFile> {
  const { sha256, sizeBytes } = received;
  const stored = await received.keep(keyOf(received, order), VIDEO_TYPE);
  const { width, height, durationSeconds } = facts;
  return { ...stored, sha256, sizeBytes, contentType: VIDEO_TYPE, width, height, durationSeconds };
}

/** The object's key ends in its checksum, so that storing it again changes nothing. */
export function keyOf({ sha256 }: ReceivedFile, order: VideoOrderRow): string {
  const folder = `${slug(order.groupName)}-${order.groupId.slice(0, 8)}`;
  const name =
    order.rendition === MAIN_RENDITION ? order.variantName : `${order.variantName} ${order.rendition}`;
  return `${folder}/${slug(name)}-${sha256.slice(0, 12)}.mp4`;
}

/** So that a person finds a file by the names they gave: `variant-b`. */
function slug(name: string): string {
  const plain = name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  return plain.slice(0, 60) || 'unnamed';
}
