import { type Client, WorkflowNotFoundError } from '@temporalio/client';

/** How a workflow ended, in words; `not there` for one that the namespace does not know, or not any more. */
export type WorkflowState =
  | 'running'
  | 'failed'
  | 'terminated'
  | 'timed out'
  | 'canceled'
  | 'completed'
  | 'not there';

/** Of its newest run. */
export async function workflowStateOf(temporal: Client, workflowId: string): Promise<WorkflowState> {
  try {
    const { status } = await temporal.workflow.getHandle(workflowId).describe();
    return STATES[status.name] ?? 'running';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'not there';
    throw error;
  }
}

/** Every other status has a run that goes on. */
const STATES: Readonly<Partial<Record<string, WorkflowState>>> = {
  FAILED: 'failed',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed out',
  CANCELLED: 'canceled',
  COMPLETED: 'completed',
};
