import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import { z } from 'zod';
import { answered } from '../client/answers.ts';
import type { Database } from '../database/client.ts';
import { deadlineOf, type GroupRows, readGroupState, type VariantRows } from '../database/group-state.ts';
import { recordResumption, unfinishedGroups } from '../database/stopped-groups.ts';
import { NotFound, PreconditionFailed } from '../domain/errors.ts';
import { takesPart } from '../domain/gates.ts';
import type { GroupId } from '../domain/ids.ts';
import { type WorkflowState, workflowStateOf } from '../temporal/workflow-state.ts';
import {
  closingSchema,
  declarationSchema,
  type GroupState,
  MAIN_QUEUE,
  VARIANT_GROUP_WORKFLOW,
  type VariantGroupInput,
  type VariantState,
  workflowIdOf,
} from '../workflows/messages.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { type GroupHistory, readGroupHistory } from './histories.ts';

export interface ResumeOptions {
  readonly database: Database;
  readonly temporal: Client;
  /** E-mail address of who has it done. */
  readonly by: string;
  /** The account that new orders are charged to, where a group has none yet. */
  readonly providerAccount: string;
}

/** A group that is not over, and how its workflow ended. */
export interface StoppedGroup {
  readonly groupId: GroupId;
  readonly name: string;
  readonly status: string;
  readonly workflow: Exclude<WorkflowState, 'running'>;
}

export interface ResumedGroup extends StoppedGroup {
  readonly workflowId: string;
  readonly runId: string;
}

/** Every group that is not over and whose workflow is, as the namespace has it at this moment. */
export async function stoppedGroups(database: Database, temporal: Client): Promise<readonly StoppedGroup[]> {
  const stopped: StoppedGroup[] = [];
  for (const groupId of await unfinishedGroups(database)) {
    const workflow = await workflowStateOf(temporal, workflowIdOf(groupId));
    if (workflow === 'running') continue;
    // It may have been completed in between.
    const rows = await readGroupState(database, groupId);
    if (rows === undefined || rows.status === 'completed' || rows.status === 'archived') continue;
    stopped.push({ groupId, name: rows.brief.name, status: rows.status, workflow });
  }
  return stopped;
}

/**
 * Another workflow goes on with a group where its rows say that it stands. What was ordered is collected and not
 * ordered again, stored videos stay, and deadlines are those that it had.
 * @throws PreconditionFailed for a group that is over, that runs, or whose history says more than its rows
 */
export async function resumeGroup(id: GroupId, options: ResumeOptions): Promise<ResumedGroup> {
  const { database, temporal, by } = options;
  const rows = await readGroupState(database, id);
  if (rows === undefined) {
    throw new NotFound({
      code: 'GROUP_UNKNOWN',
      given: `There is no group ${id} in the database`,
      fix: 'run `screentest reconcile`: if its history is there, its rows can be written again',
    });
  }
  const { status, brief } = rows;
  if (status === 'completed' || status === 'archived') {
    throw new PreconditionFailed({
      code: 'GROUP_OVER',
      given: `The group is ${status}: there is nothing to go on with`,
    });
  }
  const workflowId = workflowIdOf(id);
  const workflow = await workflowStateOf(temporal, workflowId);
  if (workflow === 'running') throw alreadyRunning(workflowId);
  if (workflow === 'completed') {
    throw new PreconditionFailed({
      code: 'GROUP_ENDED_IN_ITS_HISTORY',
      given: `The group's workflow was completed, and its row is ${status}: the database was put back to an earlier state`,
      fix: 'run `screentest reconcile`, and again with --yes',
    });
  }
  const history = await readGroupHistory(temporal, id);
  const started = z.object({ providerAccount: z.string() }).safeParse(history?.start.input).data;
  const input: VariantGroupInput = {
    groupId: id,
    brief,
    ventureId: rows.ventureId,
    startedBy: rows.startedBy,
    startKey: rows.startKey,
    providerAccount: rows.providerAccount ?? started?.providerAccount ?? options.providerAccount,
    estimatedMicroUsd: rows.estimatedMicroUsd,
    generation: rows.generation,
    // In planning there is nothing to go on with: planning again finds its rows, as people have changed or approved them.
    ...(status !== 'planning' && { resumed: stateOf(rows, history) }),
  };
  try {
    const handle = await answered(
      temporal.workflow.start(VARIANT_GROUP_WORKFLOW, {
        workflowId,
        taskQueue: MAIN_QUEUE,
        args: [input],
        // The one that ended may still be there under this id; one that runs is never joined by a second.
        workflowIdReusePolicy: WorkflowIdReusePolicy.ALLOW_DUPLICATE,
        workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
        staticSummary: `${brief.name} (${brief.venture})`,
        typedSearchAttributes: [
          { key: SEARCH_ATTRIBUTES.venture, value: brief.venture },
          { key: SEARCH_ATTRIBUTES.template, value: brief.template },
          { key: SEARCH_ATTRIBUTES.status, value: status },
        ],
      }),
    );
    const runId = handle.firstExecutionRunId;
    await recordResumption(database, id, { by, runId, how: workflow });
    return { groupId: id, name: brief.name, status, workflow, workflowId, runId };
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) throw alreadyRunning(workflowId);
    throw error;
  }
}

function alreadyRunning(workflowId: string): PreconditionFailed {
  return new PreconditionFailed({
    code: 'GROUP_RUNNING',
    given: `The workflow ${workflowId} is running: there is nothing to go on with`,
    fix: 'see `screentest status`',
  });
}

/** What the workflow that ended would have known. */
function stateOf(rows: GroupRows, history: GroupHistory | undefined): GroupState {
  const { status, brief, entered, analysis } = rows;
  const generatingUntil = deadlineOf(entered.get('generating'), brief.deadlines.generating);
  const reviewingUntil = deadlineOf(rows.newestVideoAt, brief.deadlines.reviewing);
  const testingUntil = deadlineOf(entered.get('testing'), brief.deadlines.testing);
  const ended = entered.get('analyzing');
  const decidingUntil = deadlineOf(ended, brief.deadlines.deciding);
  const isEndAnalyzed = ended !== undefined && analysis !== undefined && analysis.takenAt >= ended;
  return {
    status,
    variants: rows.variants.map(({ reason, renditions, review, ...variant }) => ({
      ...variant,
      ...reviewOf(review),
      ...(reason !== undefined && { reason }),
      ...(renditions !== undefined && { renditions: [...renditions] }),
    })),
    ...(generatingUntil !== undefined && { generatingUntil }),
    ...(brief.gates.videos && reviewingUntil !== undefined && { reviewingUntil }),
    ...(testingUntil !== undefined && { testingUntil }),
    // The first analysis after the test is made again unless it is there.
    ...(decidingUntil !== undefined && isEndAnalyzed && { decidingUntil }),
    ...(analysis !== undefined && { analysis: toldOf(analysis) }),
    ...decisionOf(rows, history),
    refusedMessages: [],
    refusedCount: 0,
  };
}

function reviewOf(review: VariantRows['review']): Pick<VariantState, 'review' | 'reviews' | 'reviewed'> {
  if (review === undefined) return {};
  const { number, verdict, by, reason } = review;
  return {
    reviews: number,
    ...(verdict !== undefined && { review: verdict }),
    ...(by !== undefined && { reviewed: { by, ...(reason !== undefined && { reason }) } }),
  };
}

function toldOf({
  kind,
  sentence,
  call,
}: NonNullable<GroupRows['analysis']>): NonNullable<GroupState['analysis']> {
  return { kind, sentence, supports: call.supports };
}

/** A decision that was taken, and not carried out before the workflow ended: only its history has it. */
function decisionOf(
  { status, variants }: GroupRows,
  history: GroupHistory | undefined,
): Pick<GroupState, 'declaration' | 'closing'> {
  if (status !== 'analyzing') return {};
  for (const { name, message } of history?.messages.toReversed() ?? []) {
    const declaration = declarationSchema.safeParse(message).data;
    if (name === 'declareWinner' && declaration !== undefined) {
      const variant = variants.find((known) =>
        [known.name, known.id].some((one) => one === declaration.variant),
      );
      // One that was refused is in the history too.
      if (variant !== undefined && takesPart({ status: variant.status, review: variant.review?.verdict }))
        return { declaration: { ...declaration, variant: variant.name } };
    }
    const closing = closingSchema.safeParse(message).data;
    if (name === 'closeTest' && closing !== undefined) return { closing };
  }
  return {};
}
