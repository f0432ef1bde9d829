import { Context } from '@temporalio/activity';
import { latestSnapshot, type Snapshot } from '../database/analysis-snapshots.ts';
import type { Database } from '../database/client.ts';
import { asRefusal } from '../database/refusals.ts';
import { readCourse } from '../database/test-course.ts';
import { testsToAnalyze, unheardSnapshot } from '../database/tests-to-analyze.ts';
import { Unavailable } from '../domain/errors.ts';
import type { GroupId } from '../domain/ids.ts';
import { plannedLooks } from '../domain/looks.ts';
import { beatWhile } from './heartbeat.ts';
import { takeLook } from './take-look.ts';

export interface InterimAnalysisDependencies {
  readonly database: Database;
  /** Tells a group what its newest snapshot decides; false when its workflow is away. */
  readonly tell: (group: GroupId, snapshot: Snapshot) => Promise<boolean>;
}

/** What became of a batch of tests. */
export interface AnalyzedBatch {
  /** Tests that were looked at; those whose planned look is still to come are not. */
  readonly analyzed: number;
  /** Looks that found something new. */
  readonly snapshots: number;
  /** Groups that were told of a verdict, or that one no longer holds. */
  readonly told: number;
  /** Groups that could not be told: nobody works on them. */
  readonly away: readonly GroupId[];
  /** Groups that could not be analysed, and why. */
  readonly failed: readonly { readonly groupId: GroupId; readonly why: string }[];
}

/** A minute's work at most. */
const TESTS_A_BATCH = 50;

export type InterimAnalysisActivities = ReturnType<typeof createInterimAnalysisActivities>;

/** While tests run: looks at those with new data, beside their groups' own workflows. */
export function createInterimAnalysisActivities({ database, tell }: InterimAnalysisDependencies) {
  /** The next batch, after this group; empty when all is done. */
  async function findTestsToAnalyze({ after }: { after: string | undefined }): Promise<readonly GroupId[]> {
    return testsToAnalyze(database, { after, limit: TESTS_A_BATCH, today: new Date() });
  }

  /** One test that fails does not stop the others. Repeating changes nothing. */
  async function analyzeTests({ groups }: { groups: readonly GroupId[] }): Promise<AnalyzedBatch> {
    using work = beatWhile('the first');
    const { cancellationSignal } = Context.current();
    const told: GroupId[] = [];
    const away: GroupId[] = [];
    const failed: { groupId: GroupId; why: string }[] = [];
    let analyzed = 0;
    let snapshots = 0;
    for (const groupId of groups) {
      cancellationSignal.throwIfAborted();
      work.tell(groupId);
      try {
        const { isLook, isNew } = await lookWhenDue(groupId);
        analyzed += Number(isLook);
        snapshots += Number(isNew);
        const news = await unheardSnapshot(database, groupId);
        if (news !== undefined) ((await tell(groupId, news)) ? told : away).push(groupId);
      } catch (thrown) {
        const error = asRefusal(thrown);
        // The database is away: so it is for all.
        if (error instanceof Unavailable) throw error;
        failed.push({ groupId, why: error instanceof Error ? error.message.slice(0, 500) : String(error) });
      }
    }
    return { analyzed, snapshots, told: told.length, away, failed };
  }

  /** Where looks are planned, nothing is looked at before its time. */
  async function lookWhenDue(groupId: GroupId): Promise<{ isLook: boolean; isNew: boolean }> {
    const { brief, began, status } = await readCourse(database, groupId);
    if (status !== 'testing' || began === undefined) return { isLook: false, isNew: false };
    const before = await latestSnapshot(database, groupId);
    const planned = plannedLooks(brief, began);
    if (planned.length > 0) {
      const due = planned.findLast(({ dueAt }) => dueAt <= new Date());
      if (due === undefined || (before !== undefined && before.takenAt >= due.dueAt)) {
        return { isLook: false, isNew: false };
      }
    }
    const after = await takeLook(database, groupId, 'schedule');
    return { isLook: true, isNew: after.id !== before?.id };
  }

  return { findTestsToAnalyze, analyzeTests };
}
