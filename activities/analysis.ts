import { analyzeTest } from '../analysis/analyze.ts';
import { describeVerdict } from '../analysis/describe.ts';
import { readAnalysisData } from '../database/analysis-data.ts';
import { recordSnapshot } from '../database/analysis-snapshots.ts';
import type { Database } from '../database/client.ts';
import type { GroupId } from '../domain/ids.ts';

export interface AnalyzedGroup {
  readonly snapshotId: string;
  readonly kind: string;
  readonly sentence: string;
}

export type AnalysisActivities = ReturnType<typeof createAnalysisActivities>;

export function createAnalysisActivities({ database }: { database: Database }) {
  /** What the data say now, kept as a snapshot. */
  async function analyzeGroup(input: { groupId: GroupId; trigger: string }): Promise<AnalyzedGroup> {
    const verdict = analyzeTest(await readAnalysisData(database, input.groupId));
    const sentence = describeVerdict(verdict);
    const snapshotId = await recordSnapshot(database, input.groupId, input.trigger, verdict, sentence);
    return { snapshotId, kind: verdict.kind, sentence };
  }

  return { analyzeGroup };
}
