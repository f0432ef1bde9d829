import type { Database } from '../database/client.ts';
import { type ImportRecord, importsSince } from '../database/metric-imports.ts';
import {
  recordRunningWorkflow,
  recordStopped,
  type StoppedHow,
  unfinishedGroups,
} from '../database/stopped-groups.ts';
import type { GroupId } from '../domain/ids.ts';
import { forEachAtMost } from '../providers/shared/for-each-at-most.ts';

/** What a look at all groups has found. */
export interface GroupWatch {
  /** ISO 8601 */
  readonly lookedAt: string;
  /** Not over, and nobody works on them. */
  readonly stopped: readonly { readonly groupId: GroupId; readonly how: StoppedHow }[];
  /** Files of numbers that came in since the look before. */
  readonly imports: readonly ImportRecord[];
}

export interface GroupWatchDependencies {
  readonly database: Database;
  /** How a group's workflow stands. */
  readonly workflowOf: (group: GroupId) => Promise<StoppedHow | 'running'>;
}

const ASKED_AT_ONCE = 20;
/** Milliseconds. An import that was being written during the look before has an earlier time. */
const OVERLAP = 10 * 60_000;

export type GroupWatchActivities = ReturnType<typeof createGroupWatchActivities>;

export function createGroupWatchActivities({ database, workflowOf }: GroupWatchDependencies) {
  /** Looks at every group that is not over, records those whose workflow has ended, and forgets those that go on. */
  async function findStoppedGroups({ since }: { readonly since: string | undefined }): Promise<GroupWatch> {
    const lookedAt = new Date();
    const stopped: { groupId: GroupId; how: StoppedHow }[] = [];
    await forEachAtMost(ASKED_AT_ONCE, await unfinishedGroups(database), async (groupId) => {
      const how = await workflowOf(groupId);
      if (how === 'running') await recordRunningWorkflow(database, groupId);
      else if (await recordStopped(database, groupId, how)) stopped.push({ groupId, how });
    });
    const from = since === undefined ? new Date(0) : new Date(Date.parse(since) - OVERLAP);
    return { lookedAt: lookedAt.toISOString(), stopped, imports: await importsSince(database, from) };
  }

  return { findStoppedGroups };
}
