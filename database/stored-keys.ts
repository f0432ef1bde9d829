import type { GroupId } from '../domain/ids.ts';
import type { Queries } from './client.ts';

/** A file that a row says is in the video store. */
export interface StoredKey {
  readonly key: string;
  /** Whose it is, in words. */
  readonly of: string;
}

/** @param group left out for those of every group */
export async function storedKeys(queries: Queries, group?: GroupId): Promise<readonly StoredKey[]> {
  return queries.$queryRaw<StoredKey[]>`
    SELECT key, of FROM (
      SELECT g.id, r.storage_key AS key, g.test_name || ', ' || v.variant_name || ' (' || r.rendition || ')' AS of
      FROM variant_renditions r JOIN video_variants v ON v.id = r.video_variant_id
      JOIN variant_groups g ON g.id = v.variant_group_id
      UNION ALL
      SELECT g.id, r.thumbnail_key, 'the picture of ' || g.test_name || ', ' || v.variant_name
      FROM variant_renditions r JOIN video_variants v ON v.id = r.video_variant_id
      JOIN variant_groups g ON g.id = v.variant_group_id
    ) files
    WHERE key IS NOT NULL AND (id = ${group ?? null}::uuid OR ${group ?? null}::uuid IS NULL)
    ORDER BY key`;
}

/** Keys of the videos that smoke tests have made. */
export async function smokeTestKeys(queries: Queries): Promise<readonly string[]> {
  const rows = await queries.providerSmokeTest.findMany({
    where: { videoUrl: { not: null } },
    select: { id: true },
  });
  return rows.map(({ id }) => `smoke-tests/${id}.mp4`);
}
