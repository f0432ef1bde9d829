import { type GroupId, type VariantId, variantId } from '../domain/ids.ts';
import type { GenerationStatus } from '../domain/lifecycle.ts';
import type { Queries } from './client.ts';
import { recordEvent } from './events.ts';
import { storable } from './json.ts';
import { findOrCreateUser } from './people.ts';

/** What only a repair writes: rows whose loss nobody but a history remembers. */

/**
 * The venture of a group, under its id, where its row was lost.
 * @returns the id to use: another one where somebody has made a venture of that name anew
 */
export async function restoreVenture(
  queries: Queries,
  venture: { readonly id: string; readonly name: string; readonly by: string; readonly at: Date },
): Promise<string> {
  const { id, name, by, at } = venture;
  if ((await queries.venture.count({ where: { id } })) > 0) return id;
  const [named] = await queries.$queryRaw<{ id: string }[]>`
    SELECT id FROM ventures WHERE lower(name) = lower(${name}) LIMIT 1`;
  if (named !== undefined) return named.id;
  const createdBy = await findOrCreateUser(queries, by);
  await queries.venture.create({ data: { id, name, createdBy, createdAt: at } });
  await queries.ventureMember.create({
    data: { ventureId: id, userId: createdBy, role: 'owner', createdBy, createdAt: at },
  });
  return id;
}

/** Where a group stands, and its variants; undefined for one without a row. */
export async function readGroupRows(
  queries: Queries,
  group: GroupId,
): Promise<{ readonly status: string; readonly variants: readonly VariantId[] } | undefined> {
  const row = await queries.variantGroup.findUnique({
    where: { id: group },
    select: { testStatus: true, variants: { orderBy: { position: 'asc' }, select: { id: true } } },
  });
  if (row === null) return undefined;
  return { status: row.testStatus, variants: row.variants.map(({ id }) => variantId(id)) };
}

/** A variant that ended without a video; one that has a video by now is left as it is. */
export async function restoreFailure(
  queries: Queries,
  failed: {
    readonly groupId: GroupId;
    readonly variantId: VariantId;
    readonly reason: string;
    /** Of an attempt that failed, and not of one that was stopped. */
    readonly event?: { readonly code: string; readonly ordinal: number; readonly at: Date };
  },
): Promise<void> {
  const from: GenerationStatus[] = ['pending', 'generating'];
  await queries.videoVariant.updateMany({
    where: { id: failed.variantId, generationStatus: { in: from } },
    data: { generationStatus: 'failed', failureReason: storable(failed.reason) },
  });
  if (failed.event === undefined) return;
  const { code, ordinal, at } = failed.event;
  await recordEvent(queries, {
    groupId: failed.groupId,
    event: 'video failed',
    actor: 'screentest',
    details: { variantId: failed.variantId, code, reason: failed.reason },
    key: `failed/${failed.variantId}/${ordinal}`,
    at,
  });
}
