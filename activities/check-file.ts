import type { Database } from '../database/client.ts';
import { DuplicateVideo, type RenditionOf, twinOf } from '../database/duplicates.ts';
import type { VideoOrderRow } from '../database/video-orders.ts';
import { checkVideo, type VideoProblemCode } from '../media/check.ts';
import type { VideoFacts } from '../media/probe.ts';
import type { ReceivedFile } from '../storage/video-store.ts';

export interface FileProblem {
  readonly code: VideoProblemCode | 'DUPLICATE';
  readonly message: string;
}

export type FileCheck =
  | { readonly ok: true; readonly facts: VideoFacts }
  | { readonly ok: false; readonly problems: readonly FileProblem[] };

/** Whether a file is the video that was ordered, and not another one's: a provider may hand out the wrong job's. */
export async function checkFile(
  database: Database,
  received: ReceivedFile,
  order: VideoOrderRow,
  of: RenditionOf,
): Promise<FileCheck> {
  const { width, height, seconds } = order;
  const check = await checkVideo(received.path, { width, height, durationSeconds: seconds });
  if (!check.ok) return check;
  const twin = await twinOf(database, of, received.sha256);
  if (twin === undefined) return check;
  return { ok: false, problems: [{ code: 'DUPLICATE', message: new DuplicateVideo(twin).given }] };
}
