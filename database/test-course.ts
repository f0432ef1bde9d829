import type { Brief } from '../domain/brief.ts';
import type { GroupId } from '../domain/ids.ts';
import { GROUP_STATUSES, type GroupStatus } from '../domain/lifecycle.ts';
import type { Queries } from './client.ts';
import { briefIn } from './json.ts';

/** How far a group's test has come. */
export interface CourseRecord {
  readonly status: GroupStatus;
  readonly brief: Brief;
  /** When it began; undefined before that. */
  readonly began: Date | undefined;
  /** Nothing more will come. */
  readonly isOver: boolean;
}

export async function readCourse(queries: Queries, id: GroupId): Promise<CourseRecord> {
  const group = await queries.variantGroup.findUniqueOrThrow({
    where: { id },
    select: { testStatus: true, variantGroupSettings: true },
  });
  const move = await queries.groupEvent.findFirst({
    where: { variantGroupId: id, event: 'moved to testing' },
    orderBy: { id: 'asc' },
    select: { createdAt: true },
  });
  const status = GROUP_STATUSES.find((known) => known === group.testStatus);
  if (status === undefined) throw new TypeError(`unknown status ${group.testStatus}`);
  return {
    status,
    brief: briefIn(group.variantGroupSettings),
    began: move?.createdAt,
    isOver: status === 'analyzing' || status === 'completed' || status === 'archived',
  };
}
