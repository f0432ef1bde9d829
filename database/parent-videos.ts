import { BadInput, NotFound, PreconditionFailed } from '../domain/errors.ts';
import { isGroupId } from '../domain/ids.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import type { Queries } from './client.ts';

/** A variant of the round before, which the next round takes for its control. */
export interface ParentVariant {
  readonly groupId: string;
  readonly variant: string;
}

export interface ParentFile {
  readonly key: string;
  readonly sha256: string;
}

/** @throws NotFound, PreconditionFailed where there is no such file, or not any more */
export async function parentFileOf(
  queries: Queries,
  parent: ParentVariant,
  rendition: string,
): Promise<ParentFile> {
  const { files } = await readParentVariant(queries, parent);
  const file = files.get(rendition);
  if (file !== undefined && file !== 'expired') return file;
  const which = rendition === MAIN_RENDITION ? 'video' : `file "${rendition}"`;
  const there = [...files].flatMap(([name, found]) => (found === 'expired' ? [] : [name]));
  throw new PreconditionFailed({
    code: 'CONTROL_VIDEO_GONE',
    given:
      file === 'expired'
        ? `The ${which} of ${parent.variant} was removed when its time was over`
        : `${parent.variant} has no ${which} that could come again`,
    allowed: there.length === 0 ? 'a control that has its files' : `files that it has: ${there.join(', ')}`,
    fix: 'take another variant for the control, or ask for no other renditions than it has',
  });
}

export interface ParentRecord {
  readonly venture: string;
  readonly prompt: string;
  /** By rendition. */
  readonly files: ReadonlyMap<string, ParentFile | 'expired'>;
}

/** @throws NotFound for a group that is not there (any more), BadInput for a variant that it does not have */
export async function readParentVariant(
  queries: Queries,
  { groupId, variant }: ParentVariant,
): Promise<ParentRecord> {
  const group = !isGroupId(groupId)
    ? null
    : await queries.variantGroup.findUnique({
        where: { id: groupId },
        select: {
          venture: { select: { name: true } },
          variants: {
            orderBy: { position: 'asc' },
            select: { variantName: true, promptText: true, renditions: true },
          },
        },
      });
  if (group === null) {
    throw new NotFound({
      code: 'PARENT_UNKNOWN',
      given: `There is no group ${groupId}, which the brief names as its parent`,
      allowed: 'a group that was neither erased nor dropped',
      fix: 'run `screentest lineage` for the rounds that there are, or leave "parent" out',
    });
  }
  const found = group.variants.find(({ variantName }) => variantName === variant);
  if (found === undefined) {
    throw new BadInput({
      code: 'PARENT_VARIANT_UNKNOWN',
      given: `The brief's parent has no variant "${variant}"`,
      allowed: group.variants.map(({ variantName }) => variantName).join(', '),
      fix: 'correct parent.variant in the brief',
    });
  }
  return {
    venture: group.venture.name,
    prompt: found.promptText,
    files: new Map(
      found.renditions.flatMap(({ rendition, storageKey, sha256, expiredAt }) =>
        storageKey === null || sha256 === null
          ? []
          : [[rendition, expiredAt === null ? { key: storageKey, sha256 } : 'expired'] as const],
      ),
    ),
  };
}
