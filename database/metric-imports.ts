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
