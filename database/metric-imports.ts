import { type GroupId, groupId } from '../domain/ids.ts';
import type { Queries } from './client.ts';

/** A file of numbers that came in: what is needed to find it again. */
export interface ImportRecord {
  readonly groupId: GroupId;
  readonly file?: string | undefined;
  readonly sha256?: string | undefined;
  /** ISO 8601 */
  readonly at: string;
  /** Who brought it: an id, so that a history names nobody by it. */
  readonly by?: string | undefined;
}

/** No more are told at once: a history has a limit. */
const MOST = 2000;

/** The newest first. */
export async function importsSince(queries: Queries, since: Date): Promise<readonly ImportRecord[]> {
  const rows = await queries.metricImport.findMany({
    where: { createdAt: { gte: since } },
    orderBy: { createdAt: 'desc' },
    take: MOST,
  });
  return rows.map((row) => ({
    groupId: groupId(row.variantGroupId),
    file: row.fileName ?? undefined,
    sha256: row.fileSha256 ?? undefined,
    at: row.createdAt.toISOString(),
    by: row.createdBy ?? undefined,
  }));
}

/** Whether the database has an import of this file for this group. */
export async function hasImport(
  queries: Queries,
  { groupId: variantGroupId, sha256 }: Pick<ImportRecord, 'groupId' | 'sha256'>,
): Promise<boolean> {
  const fileSha256 = sha256 ?? null;
  return (await queries.metricImport.count({ where: { variantGroupId, fileSha256 } })) > 0;
}

/** All of a group's, the oldest first. */
export async function importIdsOf(queries: Queries, variantGroupId: GroupId): Promise<readonly string[]> {
  const rows = await queries.metricImport.findMany({
    where: { variantGroupId },
    orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    select: { id: true },
  });
  return rows.map(({ id }) => id);
}

/** An import that a decision rests on; without a checksum where it came from no file. */
export interface ImportFingerprint {
  readonly id: string;
  readonly sha256?: string;
}

/** In the order of these ids; one that was erased is known by its id alone. */
export async function fingerprintsOf(
  queries: Queries,
  ids: readonly string[],
): Promise<readonly ImportFingerprint[]> {
  const rows = await queries.metricImport.findMany({
    where: { id: { in: [...ids] } },
    select: { id: true, fileSha256: true },
  });
  const known = new Map(rows.map(({ id, fileSha256 }) => [id, fileSha256]));
  return ids.map((id) => {
    const sha256 = known.get(id);
    return sha256 == null ? { id } : { id, sha256 };
  });
}
