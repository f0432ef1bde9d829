import { resolve } from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';

/** Made by `npm run build`, which `npm test` runs first: the very bundle that a worker runs. */
export const WORKFLOW_BUNDLE = resolve('dist/workflows/bundle.js');

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;
export type HistoryEvent = NonNullable<History['events']>[number];

/** Every run of a workflow, the newest first: continued as new, or reset, each names the one before it. */
export async function everyRun(temporal: Client, workflowId: string): Promise<readonly History[]> {
  const newest = await temporal.workflow.getHandle(workflowId).describe();
  const runs = new Map<string, History>();
  const found = [newest.runId];
  for (let runId = found.shift(); runId !== undefined; runId = found.shift()) {
    if (runs.has(runId)) continue;
    const history = await temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    runs.set(runId, history);
    found.push(...eventsOf(history).flatMap(earlierRuns));
  }
  return [...runs.values()];
}

function earlierRuns(event: HistoryEvent): string[] {
  const continued = event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  const reset = event.workflowTaskFailedEventAttributes?.baseRunId;
  return [continued, reset].flatMap((runId) => (runId == null || runId === '' ? [] : [runId]));
}

/** The histories of what just ran must give the same commands again, every run of them. @throws when one does not. */
export async function replayEveryRun(temporal: Client, workflowIds: readonly string[]): Promise<void> {
  const histories = await Promise.all(
    workflowIds.map(async (workflowId) =>
      (await everyRun(temporal, workflowId)).map((history) => ({ workflowId, history })),
    ),
  );
  const replays = Worker.runReplayHistories(
    { workflowBundle: { codePath: WORKFLOW_BUNDLE } },
    histories.flat(),
  );
  for await (const { workflowId, error } of replays) {
    if (error !== undefined)
      throw new Error(`${workflowId} does not replay: ${error.message}`, { cause: error });
  }
}

export function eventsOf(history: History): readonly HistoryEvent[] {
  return history.events ?? [];
}

/** Everything a history holds that can be read as text, payloads included. */
export function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1');
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return Object.values(value).map(textOf).join('\n');
}
