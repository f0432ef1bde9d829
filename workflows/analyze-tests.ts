import { continueAsNew } from '@temporalio/workflow';
import type { AnalyzedBatch } from '../activities/interim-analysis.ts';
import type { GroupId } from '../domain/ids.ts';
import { analyzeTests as analyzeBatch, findTestsToAnalyze, named } from './activities.ts';
import { BATCHES_A_RUN } from './messages.ts';
import { showWork } from './show-work.ts';

interface Done extends AnalyzedBatch {
  /** The last group of the batches so far. */
  readonly after?: GroupId;
}

const NOTHING: Done = { analyzed: 0, snapshots: 0, told: 0, away: [], failed: [] };
/** Groups that are named; more would only make the history long. */
const MOST_NAMED = 100;

/** Run by a schedule: tests with new data are looked at, a batch at a time, beside their groups' own workflows. */
export async function analyzeTests(before: Done = NOTHING): Promise<AnalyzedBatch> {
  let all = before;
  for (let batch = 0; batch < BATCHES_A_RUN; batch++) {
    show(all);
    const groups = await named(findTestsToAnalyze, `after the first ${all.analyzed}`)({ after: all.after });
    const last = groups.at(-1);
    if (last === undefined) return told(all);
    const more = await named(analyzeBatch, `${groups.length} tests`)({ groups });
    all = { ...sum(all, more), after: last };
  }
  return continueAsNew<typeof analyzeTests>(all);
}

function sum(before: AnalyzedBatch, more: AnalyzedBatch): AnalyzedBatch {
  return {
    analyzed: before.analyzed + more.analyzed,
    snapshots: before.snapshots + more.snapshots,
    told: before.told + more.told,
    away: [...before.away, ...more.away].slice(0, MOST_NAMED),
    failed: [...before.failed, ...more.failed].slice(0, MOST_NAMED),
  };
}

function told({ analyzed, snapshots, told, away, failed }: AnalyzedBatch): AnalyzedBatch {
  return { analyzed, snapshots, told, away, failed };
}

function show({ failed, ...done }: Done): void {
  showWork({
    ...told({ ...done, failed: [] }),
    failed: failed.map(({ groupId, why }) => `${groupId}: ${why}`),
  });
}
