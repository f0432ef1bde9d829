import { Context } from '@temporalio/activity';
import type { Database } from '../database/client.ts';
import { recordManualVideo, wasProvidedSince } from '../database/stored-videos.ts';
import { orderOf } from '../database/video-orders.ts';
import { BadInput } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { MAIN_RENDITION, MAX_VIDEO_BYTES } from '../domain/video.ts';
import { parseVideoSource } from '../domain/video-source.ts';
import { mislabelled } from '../media/label.ts';
import { openAddress } from '../media/open-address.ts';
import { probeVideo } from '../media/probe.ts';
import { beatWhile } from './heartbeat.ts';
import { type KeepDependencies, keep } from './keep-video.ts';

export interface ProvidedVideoInput {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  /** An http(s) address, or the reference of a file that is staged in the store. */
  readonly source: string;
  readonly by: string;
}

export interface ProvidedVideoDependencies extends KeepDependencies {
  readonly database: Database;
  /** Servers that may be inside: the provider's own, and those that the settings name. */
  readonly trustedOrigins: ReadonlySet<string>;
}

export type ProvidedVideoActivities = ReturnType<typeof createProvidedVideoActivities>;

export function createProvidedVideoActivities({
  database,
  store,
  ffmpeg,
  trustedOrigins,
}: ProvidedVideoDependencies) {
  /** A person's video: any length and size, but it must be a video that plays, and no other variant's. */
  async function collectProvidedVideo(input: ProvidedVideoInput): Promise<void> {
    const { attempt, scheduledTimestampMs } = Context.current().info;
    const isAgain = attempt > 1;
    if (isAgain && (await wasProvidedSince(database, input, new Date(scheduledTimestampMs)))) return;
    const order = await orderOf(database, input.variantId, MAIN_RENDITION);
    using _beating = beatWhile({ status: 'fetching' });
    const received = await store.receive(await open(input.source), MAX_VIDEO_BYTES);
    try {
      const facts = await probeVideo(received.path);
      const file = await keep({ store, ffmpeg }, received, order, facts);
      await recordManualVideo(database, input.variantId, order, file, input.by);
    } finally {
      await received.discard();
    }
    // It is kept: what was staged has done its service. One that can't be removed now is swept later.
    if (parseVideoSource(input.source).kind === 'staged') {
      await store.removeStaged(input.source).catch(() => undefined);
    }
  }

  async function open(source: string): Promise<AsyncIterable<Uint8Array>> {
    const { kind } = parseVideoSource(source);
    if (kind === 'staged') return store.openStaged(source);
    const signal = Context.current().cancellationSignal;
    const { body, contentType } = await openAddress(source, { trustedOrigins, signal });
    const wrongLabel = await mislabelled(contentType, body);
    if (wrongLabel === undefined) return body;
    throw new BadInput({
      code: 'VIDEO_NOT_A_VIDEO',
      given: `What the address answers with is not a video: ${wrongLabel}`,
      allowed: 'a playable MP4 or MOV file',
    });
  }

  return { collectProvidedVideo };
}
