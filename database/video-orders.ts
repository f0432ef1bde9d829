import { NotFound } from '../domain/errors.ts';
import { type GroupId, groupId, type VariantId } from '../domain/ids.ts';
import { parseSize, type VideoSpec } from '../domain/video.ts';
import type { Queries } from './client.ts';
import { briefIn } from './json.ts';

/** What a variant's video is ordered as: its prompt, and the brief's model, length and size. */
export interface VideoOrderRow extends VideoSpec {
  readonly groupId: GroupId;
  readonly prompt: string;
  readonly variantName: string;
  readonly groupName: string;
}

export async function orderOf(queries: Queries, variant: VariantId): Promise<VideoOrderRow> {
  const row = await queries.videoVariant.findUnique({
    where: { id: variant },
    select: {
      promptText: true,
      variantName: true,
      variantGroup: { select: { id: true, testName: true, variantGroupSettings: true } },
    },
  });
  if (row === null) throw new NotFound({ code: 'VARIANT_UNKNOWN', given: `There is no variant ${variant}` });
  const { video } = briefIn(row.variantGroup.variantGroupSettings);
  const size = parseSize(video.size);
  if (size === undefined) throw new TypeError(`a brief with the size ${video.size}`);
  return {
    groupId: groupId(row.variantGroup.id),
    prompt: row.promptText,
    variantName: row.variantName,
    groupName: row.variantGroup.testName,
    model: video.model,
    seconds: video.seconds,
    ...size,
  };
}
