import { analyzeTest } from '../analysis/analyze.ts';
import { describeVerdict } from '../analysis/describe.ts';
import { analysisCells } from '../database/analysis-data.ts';
import { recordSnapshot } from '../database/analysis-snapshots.ts';
import type { Database } from '../database/client.ts';
import { briefIn } from '../database/json.ts';
import type { GroupId } from '../domain/ids.ts';
import { GENERATION_STATUSES, hasVideo } from '../domain/lifecycle.ts';

export interface AnalyzedGroup {
  readonly snapshotId: string;
  readonly kind: string;
  readonly sentence: string;
}

export type AnalysisActivities = ReturnType<typeof createAnalysisActivities>;

export function createAnalysisActivities({ database }: { database: Database }) {
  /** What the data say now, kept as a snapshot. */
  async function analyzeGroup(input: { groupId: GroupId; trigger: string }): Promise<AnalyzedGroup> {
    const { groupId, trigger } = input;
    const group = await database.variantGroup.findUniqueOrThrow({
      where: { id: groupId },
      select: {
        variantGroupSettings: true,
        variants: {
          where: { generationStatus: { in: GENERATION_STATUSES.filter(hasVideo) } },
          orderBy: { position: 'asc' },
          select: { id: true, variantName: true },
        },
      },
    });
    const metric = briefIn(group.variantGroupSettings).primaryMetric;
    const verdict = analyzeTest({
      metric,
      arms: group.variants.map(({ id, variantName }) => ({ id, name: variantName })),
      cells: await analysisCells(database, groupId, metric),
    });
    const sentence = describeVerdict(verdict);
    const snapshotId = await recordSnapshot(database, groupId, trigger, verdict, sentence);
    return { snapshotId, kind: verdict.kind, sentence };
  }

  return { analyzeGroup };
}
