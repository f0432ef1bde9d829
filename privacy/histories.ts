import { setTimeout as delay } from 'node:timers/promises';
import { type Client, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { translated } from '../client/answers.ts';
import { Unavailable } from '../domain/errors.ts';
import { type GroupId, isGroupId } from '../domain/ids.ts';
import { forEachAtMost } from '../providers/shared/for-each-at-most.ts';
import { VARIANT_GROUP_WORKFLOW, workflowIdOf } from '../workflows/messages.ts';

/** What Temporal keeps of groups: every run's history, with its search attributes and its memo. */

/** Milliseconds. Temporal deletes when it gets round to it. */
const GONE_WITHIN_MS = 120_000;
const LOOK_MS = 250;
/** Ids in one query. */
const AT_ONCE = 25;
const REQUESTS_AT_ONCE = 8;

interface Run {
  readonly workflowId: string;
  readonly runId: string;
}

export interface HistorySurvey {
  readonly runs: number;
  /** Groups whose workflow runs. */
  readonly running: readonly GroupId[];
}

/** What there is of these groups. */
export async function surveyHistories(temporal: Client, groups: readonly GroupId[]): Promise<HistorySurvey> {
  const found = new Set<string>();
  const running = new Set<string>();
  for (const batch of batchesOf(groups)) {
    const its = await runsOf(temporal, batch);
    for (const { runId } of its.runs) found.add(runId);
    for (const workflowId of its.running) running.add(workflowId);
  }
  return { runs: found.size, running: groups.filter((group) => running.has(workflowIdOf(group))) };
}

/** Groups that run, and that somebody with this address has started; among those that the database may not know yet. */
export async function groupsStartedBy(
  temporal: Client,
  email: string,
  isKnown: (group: GroupId) => Promise<boolean>,
): Promise<readonly GroupId[]> {
  const found: GroupId[] = [];
  const query = `WorkflowType = '${VARIANT_GROUP_WORKFLOW}' AND ExecutionStatus = 'Running'`;
  const starter = `"startedby":${JSON.stringify(email.toLowerCase())}`;
  for await (const run of temporal.workflow.list({ query })) {
    const id = run.workflowId.slice(run.workflowId.indexOf('/') + 1);
    if (!isGroupId(id) || (await isKnown(id))) continue;
    if ((await textOfHistory(temporal, run)).toLowerCase().includes(starter)) found.push(id);
  }
  return found;
}

/**
 * Asks a group to stop, and ends it when it has not stopped in time: nothing of it runs when this returns.
 * @returns whether it stopped by itself, which stops its jobs and settles its orders
 */
export async function endGroup(temporal: Client, group: GroupId, withinMs: number): Promise<boolean> {
  const handle = temporal.workflow.getHandle(workflowIdOf(group));
  try {
    await handle.cancel();
    if (await settlesWithin(handle.result(), withinMs)) return true;
    await handle.terminate('who started it is erased, and it did not stop in time');
    return false;
  } catch (error) {
    if (isMissing(error)) return true;
    return translated(Promise.reject(error));
  }
}

export interface DeletedHistories {
  /** Workflows that still run: a history can't be edited, and to delete it would end them. */
  readonly pending: readonly string[];
  /** References of files that people had staged for these groups. */
  readonly staged: readonly string[];
}

/**
 * Deletes every run of these groups but for groups that run, and waits until all are gone, from the list too.
 * @throws Unavailable when Temporal has not deleted them in time
 */
export async function deleteHistories(
  temporal: Client,
  groups: readonly GroupId[],
): Promise<DeletedHistories> {
  const pending = new Set<string>();
  const staged = new Set<string>();
  const deleted = new Set<string>();
  for (const batch of batchesOf(groups)) {
    const deadline = Date.now() + GONE_WITHIN_MS;
    // What the list shows late is found in the next round.
    for (;;) {
      const { runs, running } = await runsOf(temporal, batch);
      for (const workflowId of running) pending.add(workflowId);
      const over = runs.filter(({ workflowId }) => !running.has(workflowId));
      if (over.length === 0) break;
      if (Date.now() > deadline) throw notDeleted(over);
      await forEachAtMost(REQUESTS_AT_ONCE, over, async (run) => {
        // Asked for again, it is only waited for.
        if (deleted.has(run.runId)) return;
        for (const reference of stagedIn(await textOfHistory(temporal, run))) staged.add(reference);
        await deleteRun(temporal, run);
        deleted.add(run.runId);
      });
      await delay(LOOK_MS);
    }
  }
  return { pending: [...pending], staged: [...staged] };
}

/** The ids of all workflows that tell of these groups, in portions of one query each. */
function* batchesOf(groups: readonly GroupId[]): Generator<readonly string[]> {
  const workflows = groups.flatMap((group) => [workflowIdOf(group), `archive-group/${group}`]);
  for (let from = 0; from < workflows.length; from += AT_ONCE) yield workflows.slice(from, from + AT_ONCE);
}

/** By the list, which lags behind, and by asking for each workflow's newest run, which does not. */
async function runsOf(
  temporal: Client,
  workflows: readonly string[],
): Promise<{ runs: readonly Run[]; running: ReadonlySet<string> }> {
  const runs = new Map<string, Run>();
  const running = new Set<string>();
  const query = `WorkflowId IN (${workflows.map((id) => `'${id}'`).join(', ')})`;
  for await (const { workflowId, runId } of temporal.workflow.list({ query })) {
    runs.set(runId, { workflowId, runId });
  }
  await forEachAtMost(REQUESTS_AT_ONCE, workflows, async (workflowId) => {
    const newest = await newestRun(temporal, workflowId);
    if (newest === undefined) return;
    runs.set(newest.runId, newest);
    if (newest.isRunning) running.add(workflowId);
  });
  return { runs: [...runs.values()], running };
}

async function newestRun(
  temporal: Client,
  workflowId: string,
): Promise<(Run & { readonly isRunning: boolean }) | undefined> {
  try {
    const { runId, status } = await temporal.workflow.getHandle(workflowId).describe();
    return { workflowId, runId, isRunning: status.name === 'RUNNING' };
  } catch (error) {
    if (isMissing(error)) return undefined;
    return translated(Promise.reject(error));
  }
}

async function deleteRun(temporal: Client, { workflowId, runId }: Run): Promise<void> {
  try {
    await temporal.workflowService.deleteWorkflowExecution({
      namespace: temporal.options.namespace,
      workflowExecution: { workflowId, runId },
    });
  } catch (error) {
    if (!isMissing(error)) await translated(Promise.reject(error));
  }
}

/** gRPC's code for what is not there. */
const NOT_FOUND = 5;

function isMissing(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === NOT_FOUND);
}

/** However it ends. */
async function settlesWithin(result: Promise<unknown>, withinMs: number): Promise<boolean> {
  const over = result.then(
    () => true,
    () => true,
  );
  const cancelled = new AbortController();
  const late = delay(withinMs, false, { signal: cancelled.signal }).catch(() => false);
  return Promise.race([over, late]).finally(() => cancelled.abort());
}

/** All of a run's history that can be read as text; nothing of one that is gone, or that can't be fetched. */
async function textOfHistory(temporal: Client, { workflowId, runId }: Run): Promise<string> {
  try {
    return textIn(await temporal.workflow.getHandle(workflowId, runId).fetchHistory());
  } catch {
    return '';
  }
}

function textIn(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textIn).join('\n');
}

function stagedIn(text: string): readonly string[] {
  return text.match(/staged:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
}

function notDeleted(runs: readonly Run[]): Unavailable {
  const ids = [...new Set(runs.map(({ workflowId }) => workflowId))];
  return new Unavailable({
    code: 'HISTORIES_NOT_DELETED',
    given: `Temporal has not deleted ${ids.length} histories within ${GONE_WITHIN_MS / 1000} s: ${ids.slice(0, 5).join(', ')}`,
    fix: 'run the same command again: what is done stays done',
  });
}
