import type { Client, WorkflowHandle } from '@temporalio/client';
import { analyzeTest } from '../analysis/analyze.ts';
import { rulesOnCourse } from '../analysis/course.ts';
import { describeVerdict } from '../analysis/describe.ts';
import type { TestData } from '../analysis/test-data.ts';
import type { Verdict } from '../analysis/verdict.ts';
import { readAnalysisData } from '../database/analysis-data.ts';
import type { Database } from '../database/client.ts';
import { type GroupRecord, readGroup } from '../database/group-queries.ts';
import { readCourse } from '../database/test-course.ts';
import { machineInWords } from '../domain/deciding.ts';
import { NotFound } from '../domain/errors.ts';
import type { GroupId } from '../domain/ids.ts';
import { type PlannedLook, plannedLooks } from '../domain/looks.ts';
import { workflowStateOf } from '../temporal/workflow-state.ts';
import { type Overview, overview, workflowIdOf } from '../workflows/messages.ts';

/** Milliseconds for the live part; the record is shown without it when nobody answers. */
const LIVE_WITHIN_MS = 5000;

export interface Standings {
  readonly sentence: string;
  readonly verdict: Verdict;
}

/** How the test is looked at, and what happens by itself. */
export interface LooksReport {
  /** Looks that found something new. */
  readonly made: number;
  /** When the planned ones are; undefined where it is looked at every hour with new data. */
  readonly planned: readonly PlannedLook[] | undefined;
  /** The next of the planned ones; undefined where none is to come. */
  readonly next: PlannedLook | undefined;
  /** What happens without anybody asking, in words. */
  readonly machine: string;
}

export interface GroupStatusReport {
  readonly group: GroupRecord;
  readonly looks: LooksReport;
  /** What the numbers say now. Undefined before there are any. */
  readonly standings: Standings | undefined;
  /** What the running workflow adds; undefined for a group that has ended, or when no worker answers. */
  readonly live: Overview | undefined;
  readonly isRunning: boolean;
  /** How its workflow ended although the group has not; undefined for one that goes on. */
  readonly stopped: string | undefined;
}

export async function readGroupStatus(
  database: Database,
  temporal: Client,
  id: GroupId,
): Promise<GroupStatusReport> {
  const handle = temporal.workflow.getHandle(workflowIdOf(id));
  const group = await readGroup(database, id);
  if (group === undefined) {
    throw new NotFound({
      code: 'GROUP_UNKNOWN',
      given: `There is no group ${id} in the database`,
      fix: 'if it was started a moment ago, a worker has yet to plan it: check that one runs',
    });
  }
  const isRunning = group.status !== 'completed' && group.status !== 'archived';
  const [standings, looks, live] = await Promise.all([
    readStandings(database, id),
    readLooks(database, id, group.analysis?.look ?? 0),
    isRunning ? liveOverview(handle) : undefined,
  ]);
  const workflow = isRunning ? await workflowStateOf(temporal, workflowIdOf(id)) : 'completed';
  const stopped = isRunning && workflow !== 'running' ? workflow : undefined;
  return { group, looks, standings, live: stopped === undefined ? live : undefined, isRunning, stopped };
}

export async function readStandings(database: Database, id: GroupId): Promise<Standings | undefined> {
  const data = await readAnalysisData(database, id);
  if (!hasReports(data)) return undefined;
  const course = await readCourse(database, id);
  const verdict = analyzeTest({ ...data, rules: { ...data.rules, ...rulesOnCourse(course, new Date()) } });
  return { verdict, sentence: describeVerdict(verdict) };
}

async function readLooks(database: Database, id: GroupId, made: number): Promise<LooksReport> {
  const { brief, began } = await readCourse(database, id);
  const machine = machineInWords(brief);
  if (brief.decision.looks === undefined) return { made, planned: undefined, next: undefined, machine };
  const planned = began === undefined ? [] : plannedLooks(brief, began);
  const now = new Date();
  return { made, planned, next: planned.find(({ dueAt }) => dueAt > now), machine };
}

/** Something was reported of its metrics, whether it can be used yet or not. */
function hasReports({ cells, leftOutCells, problems = [] }: TestData): boolean {
  const { unsettled, learning } = leftOutCells ?? { unsettled: 0, learning: 0 };
  return cells.length + unsettled + learning + problems.length > 0;
}

async function liveOverview(handle: WorkflowHandle): Promise<Overview | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), LIVE_WITHIN_MS);
  });
  try {
    return await Promise.race([handle.query(overview), late]);
  } catch {
    // Not there yet, gone already, or nobody to ask: the record is what there is.
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
