import type { Database } from '../database/client.ts';
import { type PlannedVariant, recordPlan } from '../database/group-records.ts';
import type { Brief } from '../domain/brief.ts';
import type { GroupId } from '../domain/ids.ts';
import { planVariants } from '../domain/plan.ts';

export interface PlanGroupInput {
  readonly groupId: GroupId;
  readonly brief: Brief;
  readonly ventureId: string;
  readonly startedBy: string;
  readonly startKey: string;
}

export type PlanningActivities = ReturnType<typeof createPlanningActivities>;

export function createPlanningActivities({ database }: { database: Database }) {
  /** The group's row and its variants', in one transaction. The same brief gives the same plan. */
  async function planGroup(input: PlanGroupInput): Promise<readonly PlannedVariant[]> {
    return recordPlan(database, { ...input, plan: planVariants(input.brief) });
  }

  return { planGroup };
}
