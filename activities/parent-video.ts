import type { Database } from '../database/client.ts';
import { parentFileOf } from '../database/parent-videos.ts';
import type { VideoFile } from '../database/stored-videos.ts';
import { orderOf } from '../database/video-orders.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { MAX_VIDEO_BYTES } from '../domain/video.ts';
import { probeVideo } from '../media/probe.ts';
import { beatWhile } from './heartbeat.ts';
import { type KeepDependencies, keep } from './keep-video.ts';

export interface TakeOverVideoInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  /** Which of its files. */
  readonly rendition: string;
  /** The variant of the round before that it is. */
  readonly from: { readonly groupId: string; readonly variant: string };
}

export interface ParentVideoDependencies extends KeepDependencies {
  readonly database: Database;
}

export type ParentVideoActivities = ReturnType<typeof createParentVideoActivities>;

export function createParentVideoActivities({ database, store, ffmpeg }: ParentVideoDependencies) {
  /**
   * A file of the round before, copied to this group's own folder: whatever retention or erasure does to the one, the other
   * stays. It must be the very bytes that were tested. May be repeated at any point.
   */
  async function takeOverVideo(input: TakeOverVideoInput): Promise<VideoFile> {
    const { from, rendition, variantId } = input;
    const order = await orderOf(database, variantId, rendition);
    const { key, sha256 } = await parentFileOf(database, from, rendition);
    using _beating = beatWhile({ status: 'copying' });
    const body = await store.open(key);
    if (body === undefined) throw unusable(from, rendition, `is not in ${store.place}`);
    const received = await store.receive(body, MAX_VIDEO_BYTES);
    try {
      if (received.sha256 !== sha256) {
        throw unusable(from, rendition, `is not the one that was tested: its checksum is ${received.sha256}`);
      }
      return await keep({ store, ffmpeg }, received, order, await probeVideo(received.path));
    } finally {
      await received.discard();
    }
  }

  return { takeOverVideo };
}

function unusable(
  { groupId, variant }: TakeOverVideoInput['from'],
  rendition: string,
  what: string,
): PreconditionFailed {
  return new PreconditionFailed({
    code: 'CONTROL_VIDEO_GONE',
    given: `The file ${rendition} of ${variant}, the control from the group ${groupId}, ${what}`,
    allowed: 'a control whose files are as they were tested',
    fix: 'put the file back (a backup of the store has it), or start a group without "parent"',
  });
}
