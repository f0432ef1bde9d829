import type { Database } from '../database/client.ts';
import type { GroupId } from '../domain/ids.ts';
import { takeLook } from './take-look.ts';

/** What a look at a group's test said. */
export interface AnalyzedGroup {
  readonly snapshotId: string;
  /** Counts the looks that found something new, from 1. */
  readonly look: number;
  readonly kind: string;
  readonly sentence: string;
  /** Variants whose declaration goes with the evidence; null while it speaks against nobody's. */
  readonly supports: readonly string[] | null;
  /** The winner that may be declared without a person. */
  readonly mayDeclare: string | null;
}

export type AnalysisActivities = ReturnType<typeof createAnalysisActivities>;

export function createAnalysisActivities({ database }: { database: Database }) {
  /** What the data say now; a snapshot keeps it, the newest one where that says the very same. */
  async function analyzeGroup(input: { groupId: GroupId; trigger: string }): Promise<AnalyzedGroup> {
    const { id, look, kind, sentence, call } = await takeLook(database, input.groupId, input.trigger);
    return { snapshotId: id, look, kind, sentence, supports: call.supports, mayDeclare: call.mayDeclare };
  }

  return { analyzeGroup };
}
