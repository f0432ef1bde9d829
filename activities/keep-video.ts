import { log } from '@temporalio/activity';
import type { VideoFile } from '../database/stored-videos.ts';
import type { VideoOrderRow } from '../database/video-orders.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import { groupFolder, slug } from '../domain/video-keys.ts';
import { type Thumbnail, thumbnailOf } from '../media/thumbnail.ts';
import type { ReceivedFile, StoredFile, VideoStore } from '../storage/video-store.ts';

export const VIDEO_TYPE = 'video/mp4';

export interface KeepDependencies {
  readonly store: VideoStore;
  /** The program that draws thumbnails of what can't be decoded here; none when left out. */
  readonly ffmpeg?: string | undefined;
}

/** Stores a checked file, with a picture of it, under a name that says what it is. */
export async function keep(
  { store, ffmpeg }: KeepDependencies,
  received: ReceivedFile,
  order: VideoOrderRow,
  facts: { width: number; height: number; durationSeconds: number },
): Promise<VideoFile> {
  const { sha256, sizeBytes } = received;
  const key = keyOf(received, order);
  // Before the file is moved to its place.
  const picture = await thumbnailOf(received.path, ffmpeg);
  const stored = await received.keep(key, VIDEO_TYPE);
  const thumbnail = await keepThumbnail(store, key.replace(/mp4$/, 'png'), picture);
  const { width, height, durationSeconds } = facts;
  return { ...stored, sha256, sizeBytes, contentType: VIDEO_TYPE, width, height, durationSeconds, thumbnail };
}

/** A video is never lost for its picture. */
async function keepThumbnail(
  store: VideoStore,
  key: string,
  picture: Thumbnail,
): Promise<StoredFile | undefined> {
  if ('missing' in picture) {
    log.info('no thumbnail', { key, reason: picture.missing });
    return undefined;
  }
  try {
    return await store.keepBytes(key, picture.png, 'image/png');
  } catch (error) {
    log.warn('the thumbnail could not be stored', { key, reason: String(error) });
    return undefined;
  }
}

/** The object's key ends in its checksum, so that storing it again changes nothing. */
export function keyOf({ sha256 }: ReceivedFile, order: VideoOrderRow): string {
  const folder = groupFolder(order.groupName, order.groupId);
  const name =
    order.rendition === MAIN_RENDITION ? order.variantName : `${order.variantName} ${order.rendition}`;
  return `${folder}/${slug(name)}-${sha256.slice(0, 12)}.mp4`;
}
