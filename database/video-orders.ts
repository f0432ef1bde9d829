import { NotFound } from '../domain/errors.ts';
import { type GroupId, groupId, type VariantId } from '../domain/ids.ts';
import { readMutations } from '../domain/mutations.ts';
import { promptOf, type Rendition, renditionsOf } from '../domain/renditions.ts';
import type { VideoSpec } from '../domain/video.ts';
import type { Queries } from './client.ts';
import { briefIn } from './json.ts';

/** What a variant's video is ordered as: its prompt, and the brief's model, size and, unless it varies, length. */
export interface VideoOrderRow extends VideoSpec {
  readonly groupId: GroupId;
  readonly rendition: string;
  /** With what the rendition adds to the variant's own. */
  readonly prompt: string;
  readonly variantName: string;
  readonly groupName: string;
}

/** @throws NotFound for a variant that does not exist, or a rendition that its brief does not name. */
export async function orderOf(
  queries: Queries,
  variant: VariantId,
  rendition: string,
): Promise<VideoOrderRow> {
  const row = await queries.videoVariant.findUnique({
    where: { id: variant },
    select: {
      promptText: true,
      promptMutations: true,
      variantName: true,
      variantGroup: { select: { id: true, testName: true, variantGroupSettings: true } },
    },
  });
  if (row === null) throw new NotFound({ code: 'VARIANT_UNKNOWN', given: `There is no variant ${variant}` });
  const brief = briefIn(row.variantGroup.variantGroupSettings);
  const found = renditionNamed(rendition, renditionsOf(brief, readMutations(row.promptMutations)));
  const { model, seconds, width, height } = found;
  return {
    groupId: groupId(row.variantGroup.id),
    rendition,
    prompt: promptOf(found, row.promptText),
    variantName: row.variantName,
    groupName: row.variantGroup.testName,
    model,
    seconds,
    width,
    height,
  };
}

/** Which of the files that its brief asks for a variant does not have. */
export async function missingRenditions(queries: Queries, variant: VariantId): Promise<readonly string[]> {
  const row = await queries.videoVariant.findUniqueOrThrow({
    where: { id: variant },
    select: {
      renditions: { select: { rendition: true } },
      variantGroup: { select: { variantGroupSettings: true } },
    },
  });
  const stored = new Set(row.renditions.map(({ rendition }) => rendition));
  return renditionsOf(briefIn(row.variantGroup.variantGroupSettings))
    .map(({ name }) => name)
    .filter((name) => !stored.has(name));
}

function renditionNamed(name: string, renditions: readonly Rendition[]): Rendition {
  const found = renditions.find((rendition) => rendition.name === name);
  if (found !== undefined) return found;
  throw new NotFound({
    code: 'RENDITION_UNKNOWN',
    given: `There is no rendition "${name}"`,
    allowed: renditions.map((rendition) => rendition.name).join(', '),
  });
}
