import { type Client, type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { type GroupId, groupId, isUuid } from '../domain/ids.ts';
import { decodePayloads } from '../temporal/decode.ts';
import { type WorkflowState, workflowStateOf } from '../temporal/workflow-state.ts';
import { VARIANT_GROUP_WORKFLOW, WATCH_GROUPS_WORKFLOW, workflowIdOf } from '../workflows/messages.ts';

/** What an activity was asked, and what it answered: all of a group's rows were written by one. */
export interface Deed {
  readonly activity: string;
  readonly input: unknown;
  /** Undefined for one that failed, as for one that answers with nothing. */
  readonly result: unknown;
  /** What a failure told besides; undefined for one that did not fail. */
  readonly failure: { readonly type: string; readonly details: unknown } | undefined;
  readonly at: Date;
}

/** An activity that is under way. */
export interface PendingDeed {
  readonly activity: string;
  readonly input: unknown;
  readonly heartbeat: unknown;
}

/** What Temporal knows of one group. */
export interface GroupHistory {
  readonly groupId: GroupId;
  readonly workflow: WorkflowState;
  /** What its first run that is still there was started with, and when. */
  readonly start: { readonly input: unknown; readonly at: Date };
  /** The oldest first. */
  readonly deeds: readonly Deed[];
  readonly pending: readonly PendingDeed[];
  /** Signals, and updates that were taken, the oldest first. */
  readonly messages: readonly { readonly name: string; readonly message: unknown }[];
}

type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
type HistoryEvent = NonNullable<History['events']>[number];

/** The groups that the namespace has workflows of, closed ones too as long as it keeps them. */
export async function groupsInTemporal(temporal: Client): Promise<readonly GroupId[]> {
  const found = new Set<GroupId>();
  const query = `WorkflowType = '${VARIANT_GROUP_WORKFLOW}'`;
  for await (const { workflowId } of temporal.workflow.list({ query })) {
    const id = workflowId.slice(workflowId.indexOf('/') + 1);
    if (isUuid(id) && workflowIdOf(groupId(id)) === workflowId) found.add(groupId(id));
  }
  return [...found];
}

/** @returns undefined for a group that the namespace does not know, or not any more */
export async function readGroupHistory(temporal: Client, group: GroupId): Promise<GroupHistory | undefined> {
  const workflowId = workflowIdOf(group);
  const runs = await runsOf(temporal, workflowId);
  const [first] = runs;
  const start = first?.events?.[0]?.workflowExecutionStartedEventAttributes;
  if (first === undefined || start == null) return undefined;
  const archived = await runsOf(temporal, `${ARCHIVAL_PREFIX}${group}`);
  const [input] = await decodePayloads(temporal, start.input?.payloads);
  const read = await Promise.all([...runs, ...archived].map((run) => readRun(temporal, run.events ?? [])));
  return {
    groupId: group,
    workflow: await workflowStateOf(temporal, workflowId),
    start: { input, at: dateOf(first.events?.[0]) },
    deeds: read.flatMap(({ deeds }) => deeds),
    messages: read.flatMap(({ messages }) => messages),
    pending: await pendingDeeds(temporal, workflowId, runs.at(-1)?.events ?? []),
  };
}

const ARCHIVAL_PREFIX = 'archive-group/';

/**
 * Every run, the oldest first: those that the namespace lists, and those that their runs name, should the list be late.
 * A run that it has forgotten is missing.
 */
async function runsOf(temporal: Client, workflowId: string): Promise<readonly History[]> {
  const runs = new Map<string, History>();
  const asked = new Set<string>();
  const names = [...(await newestRun(temporal, workflowId))];
  const query = `WorkflowId = '${workflowId}'`;
  for await (const { runId } of temporal.workflow.list({ query })) names.push(runId);
  for (let runId = names.shift(); runId !== undefined; runId = names.shift()) {
    if (asked.has(runId)) continue;
    asked.add(runId);
    const history = await historyOf(temporal, workflowId, runId);
    if (history === undefined) continue;
    runs.set(runId, history);
    names.push(...(history.events ?? []).flatMap(earlierRuns));
  }
  return [...runs.values()].toSorted(
    (a, b) => dateOf(a.events?.[0]).getTime() - dateOf(b.events?.[0]).getTime(),
  );
}

async function newestRun(temporal: Client, workflowId: string): Promise<readonly string[]> {
  try {
    return [(await temporal.workflow.getHandle(workflowId).describe()).runId];
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return [];
    throw error;
  }
}

async function historyOf(temporal: Client, workflowId: string, runId: string): Promise<History | undefined> {
  try {
    return await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

/** The one that it continues, or that it was reset from. */
function earlierRuns(event: HistoryEvent): string[] {
  const continued = event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  const reset = event.workflowTaskFailedEventAttributes?.baseRunId;
  return [continued, reset].flatMap((runId) => (runId == null || runId === '' ? [] : [runId]));
}

async function readRun(
  temporal: Client,
  events: readonly HistoryEvent[],
): Promise<Pick<GroupHistory, 'deeds' | 'messages'>> {
  const asked = new Map<string, { activity: string; input: unknown }>();
  const deeds: Deed[] = [];
  const messages: { name: string; message: unknown }[] = [];
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled != null) {
      const [input] = await decodePayloads(temporal, scheduled.input?.payloads);
      asked.set(String(event.eventId), { activity: scheduled.activityType?.name ?? '', input });
    }
    const completed = event.activityTaskCompletedEventAttributes;
    const deed = asked.get(String(completed?.scheduledEventId));
    if (completed != null && deed !== undefined) {
      const [result] = await decodePayloads(temporal, completed.result?.payloads);
      deeds.push({ ...deed, result, failure: undefined, at: dateOf(event) });
    }
    const failed = event.activityTaskFailedEventAttributes;
    const attempt = asked.get(String(failed?.scheduledEventId));
    if (failed != null && attempt !== undefined) {
      const told = failed.failure?.applicationFailureInfo;
      const [details] = await decodePayloads(temporal, told?.details?.payloads);
      const failure = { type: told?.type ?? 'UNKNOWN', details };
      deeds.push({ ...attempt, result: undefined, failure, at: dateOf(event) });
    }
    const signalled = event.workflowExecutionSignaledEventAttributes;
    if (signalled != null) {
      const [message] = await decodePayloads(temporal, signalled.input?.payloads);
      messages.push({ name: signalled.signalName ?? '', message });
    }
    const update = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input;
    if (update != null) {
      const [message] = await decodePayloads(temporal, update.args?.payloads);
      messages.push({ name: update.name ?? '', message });
    }
  }
  return { deeds, messages };
}

/** With what their last heartbeat said. */
async function pendingDeeds(
  temporal: Client,
  workflowId: string,
  events: readonly HistoryEvent[],
): Promise<readonly PendingDeed[]> {
  const { raw } = await temporal.workflow.getHandle(workflowId).describe();
  return Promise.all(
    (raw.pendingActivities ?? []).map(async ({ activityId, activityType, heartbeatDetails }) => {
      const scheduled = events.find(
        (event) => event.activityTaskScheduledEventAttributes?.activityId === activityId,
      )?.activityTaskScheduledEventAttributes;
      const [input] = await decodePayloads(temporal, scheduled?.input?.payloads);
      const [heartbeat] = await decodePayloads(temporal, heartbeatDetails?.payloads);
      return { activity: activityType?.name ?? '', input, heartbeat };
    }),
  );
}

/** What the looks at all groups have answered, as long as the namespace keeps them. */
export async function resultsOfWatches(temporal: Client): Promise<readonly unknown[]> {
  const results: unknown[] = [];
  const query = `WorkflowType = '${WATCH_GROUPS_WORKFLOW}' AND ExecutionStatus = 'Completed'`;
  for await (const { workflowId, runId } of temporal.workflow.list({ query })) {
    const history = await historyOf(temporal, workflowId, runId);
    const ended = history?.events?.at(-1)?.workflowExecutionCompletedEventAttributes;
    const [result] = await decodePayloads(temporal, ended?.result?.payloads);
    results.push(result);
  }
  return results;
}

/** protobuf's seconds may be a Long. */
function dateOf(event: HistoryEvent | undefined): Date {
  const { seconds, nanos } = event?.eventTime ?? {};
  return new Date(Number(String(seconds ?? 0)) * 1000 + Math.floor((nanos ?? 0) / 1e6));
}
