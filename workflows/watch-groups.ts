import { workflowInfo } from '@temporalio/workflow';
import type { GroupWatch } from '../activities/group-watch.ts';
import { findStoppedGroups, named } from './activities.ts';

/**
 * Run by a schedule: groups that are not over and whose workflow is. Its result says which files of numbers came in
 * since the look before, so that a database that lost them can be told what to import again.
 */
export async function watchGroups(): Promise<GroupWatch> {
  return named(findStoppedGroups, 'groups without a workflow')({ since: lastLook() });
}

/** ISO 8601; undefined where nobody has looked, or not in this form. */
function lastLook(): string | undefined {
  const { lastResult } = workflowInfo();
  const isLook = typeof lastResult === 'object' && lastResult !== null && 'lookedAt' in lastResult;
  return isLook && typeof lastResult.lookedAt === 'string' ? lastResult.lookedAt : undefined;
}
