import { analyzeTest } from '../analysis/analyze.ts';
import { callOf } from '../analysis/call.ts';
import { rulesOnCourse } from '../analysis/course.ts';
import { describeVerdict } from '../analysis/describe.ts';
import { readAnalysisData } from '../database/analysis-data.ts';
import { keepVerdict, type NewVerdict, type Snapshot } from '../database/analysis-snapshots.ts';
import type { Database } from '../database/client.ts';
import { importIdsOf } from '../database/metric-imports.ts';
import { readCourse } from '../database/test-course.ts';
import type { GroupId } from '../domain/ids.ts';

/** Each time somebody else was quicker, or an import came in. */
const MOST_READINGS = 10;

/**
 * The one place where a group is analysed for the record: what its data say now, kept as a snapshot where that is new.
 * Numbers and imports are read at one moment.
 */
export async function takeLook(database: Database, groupId: GroupId, trigger: string): Promise<Snapshot> {
  for (let reading = 1; ; reading++) {
    const kept = await keepVerdict(database, await verdictNow(database, groupId, trigger));
    if (kept !== undefined) return kept;
    if (reading === MOST_READINGS) throw new Error(`the numbers of ${groupId} do not hold still`);
  }
}

async function verdictNow(database: Database, groupId: GroupId, trigger: string): Promise<NewVerdict> {
  const { course, data, imports } = await database.$transaction(
    async (tx) => ({
      course: await readCourse(tx, groupId),
      data: await readAnalysisData(tx, groupId),
      imports: await importIdsOf(tx, groupId),
    }),
    { isolationLevel: 'RepeatableRead' },
  );
  const verdict = analyzeTest({ ...data, rules: { ...data.rules, ...rulesOnCourse(course, new Date()) } });
  return {
    groupId,
    trigger,
    verdict,
    sentence: describeVerdict(verdict),
    call: callOf(verdict),
    status: course.status,
    imports,
  };
}
