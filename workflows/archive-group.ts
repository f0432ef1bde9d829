import type { GroupId } from '../domain/ids.ts';
import { archiveGroupRow, named } from './activities.ts';

/** Moves a completed group's row to `archived`; its own workflow ended long ago. */
export async function archiveGroup(input: {
  readonly groupId: GroupId;
  readonly by: string;
  readonly reason?: string | undefined;
}): Promise<void> {
  await named(archiveGroupRow, 'completed → archived')(input);
}
