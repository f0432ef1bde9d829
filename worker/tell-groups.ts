import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { InterimAnalysisDependencies } from '../activities/interim-analysis.ts';
import { KEPT_SENTENCE, verdictReached, workflowIdOf } from '../workflows/messages.ts';

/** Tells groups of their verdicts by signal; one whose workflow is away can't be told. */
export function tellingGroups(temporal: Client): InterimAnalysisDependencies['tell'] {
  return async (group, { id, look, kind, sentence, call }) => {
    const verdict = {
      snapshotId: id,
      look,
      kind,
      sentence: sentence.slice(0, KEPT_SENTENCE),
      said: call.said.slice(0, KEPT_SENTENCE),
      supports: call.supports === null ? null : [...call.supports],
      mayDeclare: call.mayDeclare,
    };
    try {
      await temporal.workflow.getHandle(workflowIdOf(group)).signal(verdictReached, verdict);
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  };
}
