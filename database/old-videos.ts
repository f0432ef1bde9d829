import { type GroupId, groupId } from '../domain/ids.ts';
import type { RetentionRules } from '../domain/retention.ts';
import { daysBefore } from '../domain/retention.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import type { Database, Queries } from './client.ts';
import { recordEvent } from './events.ts';

/** Stored videos whose time is over by the rules, though their campaign is still kept. */
export interface OldVideo {
  readonly renditionId: string;
  readonly variantId: string;
  readonly groupId: GroupId;
  readonly rendition: string;
  readonly key: string;
  readonly sizeBytes: number;
  readonly hasWon: boolean;
}

/** Of groups that are over, and of no others; those whose campaign ended first. */
export async function videosPastTheirTime(
  queries: Queries,
  rules: RetentionRules,
  now: Date,
  limit: number,
): Promise<readonly OldVideo[]> {
  const rows = await queries.$queryRaw<VideoRow[]>`
    SELECT r.id, r.video_variant_id AS variant, v.variant_group_id AS "group", r.rendition, r.storage_key AS key,
      r.size_bytes AS size, v.id IS NOT DISTINCT FROM g.winner_variant_id AND r.rendition NOT LIKE '%/rejected-%' AS won
    FROM variant_groups g
    JOIN video_variants v ON v.variant_group_id = g.id
    JOIN variant_renditions r ON r.video_variant_id = v.id
    WHERE g.test_status IN ('completed', 'archived') AND r.storage_key IS NOT NULL AND r.expired_at IS NULL
      AND g.completed_at <= CASE
        WHEN v.id IS NOT DISTINCT FROM g.winner_variant_id AND r.rendition NOT LIKE '%/rejected-%'
        THEN ${before(now, rules.winningVideoDays)}::timestamptz ELSE ${before(now, rules.losingVideoDays)}::timestamptz END
    ORDER BY g.completed_at, r.id
    LIMIT ${limit}`;
  return rows.map((row) => ({
    renditionId: row.id,
    variantId: row.variant,
    groupId: groupId(row.group),
    rendition: row.rendition,
    key: row.key,
    sizeBytes: Number(row.size ?? 0),
    hasWon: row.won,
  }));
}

interface VideoRow {
  readonly id: string;
  readonly variant: string;
  readonly group: string;
  readonly rendition: string;
  readonly key: string;
  readonly size: bigint | null;
  readonly won: boolean;
}

/** Null, which nothing is before, where there is no such rule. */
function before(now: Date, days: number | undefined): string | null {
  return days === undefined ? null : daysBefore(now, days).toISOString();
}

/** The row says that the file is gone, and when; its facts and its picture stay. */
export async function recordExpiry(database: Database, video: OldVideo): Promise<void> {
  await database.$transaction(async (tx) => {
    const { count } = await tx.variantRendition.updateMany({
      where: { id: video.renditionId, storageKey: video.key, expiredAt: null },
      data: { expiredAt: new Date(), videoUrl: null },
    });
    if (count === 0) return;
    if (video.rendition === MAIN_RENDITION) {
      await tx.videoVariant.updateMany({ where: { id: video.variantId }, data: { videoUrl: null } });
    }
    await recordEvent(tx, {
      groupId: video.groupId,
      event: 'video expired',
      actor: 'screentest',
      details: {
        variantId: video.variantId,
        rendition: video.rendition,
        key: video.key,
        reason: 'retention',
      },
      key: `expired/${video.renditionId}`,
    });
  });
}
