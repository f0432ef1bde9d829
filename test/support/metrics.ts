import type { GroupId } from '../../domain/ids.ts';
import { ANA, type Rig } from './rig.ts';

const DAY_MS = 86_400_000;

/** Exposures and conversions of a day, by variant. */
export type DayCounts = Readonly<Record<string, readonly [exposures: number, conversions: number]>>;

/**
 * The same counts for every variant's days on TikTok, so long ago that they are settled.
 * @returns the file that was imported
 */
export async function importDays(
  rig: Rig,
  groupId: GroupId,
  counts: DayCounts,
  { from = 40, days = 14 }: { from?: number; days?: number } = {},
): Promise<string> {
  const dates = Array.from({ length: days }, (_, at) =>
    new Date(Date.now() - (from - at) * DAY_MS).toISOString().slice(0, 10),
  );
  const rows = dates.flatMap((date) =>
    Object.entries(counts).flatMap(([variant, [exposures, conversions]]) => [
      `${variant},tiktok,impressions,${exposures},${date},`,
      `${variant},tiktok,conversions,${conversions},${date},`,
    ]),
  );
  const csv = ['variant,platform,metric,value,recorded_at,ad', ...rows].join('\n');
  await rig.client.importMetrics({ groupId, fileName: 'ads.csv', csv, by: ANA, skipBad: false });
  return csv;
}
