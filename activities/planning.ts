import type { Database } from '../database/client.ts';
import { type PlannedVariant, recordPlan } from '../database/group-records.ts';
import { readPlanGate } from '../database/plan-gate.ts';
import type { Brief } from '../domain/brief.ts';
import { BadInput } from '../domain/errors.ts';
import type { ChosenMode } from '../domain/generation-mode.ts';
import type { GroupId } from '../domain/ids.ts';
import { formatUsd, microUsd } from '../domain/money.ts';
import { MANUAL_PRICING, type Pricing } from '../domain/prices.ts';
import type { VariantPlan } from '../domain/variant-plan.ts';
import type { Writing } from '../domain/writer.ts';
import { checkPlan, refusalOfPlan } from '../planning/checks/check-plan.ts';
import { type Estimate, estimate } from '../planning/estimate.ts';
import { planVariants } from '../planning/plan.ts';
import { costOfPlan } from './gates.ts';

export interface PlanGroupInput {
  readonly groupId: GroupId;
  readonly brief: Brief;
  readonly ventureId: string;
  readonly startedBy: string;
  readonly startKey: string;
  readonly generation: ChosenMode;
  /** What whoever started it was told that it costs. */
  readonly estimatedMicroUsd: number;
  /** What a language model wrote for it, where the brief asks for one. */
  readonly writing?: Writing | undefined;
}

export interface Plan {
  readonly variants: readonly PlannedVariant[];
  /** Why nothing of it may be ordered. */
  readonly refusal: string | undefined;
  /** How far its approval is; undefined where nobody is asked. */
  readonly gate: PlanToApprove | undefined;
}

export interface PlanToApprove {
  readonly version: number;
  readonly costMicroUsd: number;
  /** ISO 8601 */
  readonly plannedAt: string;
  readonly approvedBy: string | undefined;
}

export type PlanningActivities = ReturnType<typeof createPlanningActivities>;

export function createPlanningActivities({ database, pricing }: { database: Database; pricing: Pricing }) {
  /**
   * The group's row and its variants', in one transaction. The same brief gives the same plan. Orders are made at
   * this worker's prices: if these make it dearer than the person was told, or the checks find an error in the plan,
   * nothing is ordered.
   */
  async function planGroup(input: PlanGroupInput): Promise<Plan> {
    const { brief, estimatedMicroUsd, generation } = input;
    const plan = planVariants(brief, new Map(input.writing?.wording));
    const priced = pricedHere(brief, generation.mode === 'manual' ? MANUAL_PRICING : pricing, plan);
    const findings = checkPlan(brief, plan);
    const variants = await recordPlan(database, {
      ...input,
      plan,
      findings,
      costMicroUsd: priced instanceof BadInput ? undefined : priced.cost,
    });
    const refusal = refusalOf(refusalOfPlan(findings) ?? priced, estimatedMicroUsd);
    return {
      variants,
      refusal,
      gate: brief.gates.plan && refusal === undefined ? await gateOf(input) : undefined,
    };
  }

  /** As its rows have it: another workflow may go on with what was changed or approved. */
  async function gateOf({ groupId, brief, generation }: PlanGroupInput): Promise<PlanToApprove> {
    const { version, plannedAt, approvedBy } = await readPlanGate(database, groupId);
    const prices = generation.mode === 'manual' ? MANUAL_PRICING : pricing;
    const costMicroUsd = await costOfPlan(database, groupId, brief, prices);
    return { version, costMicroUsd, plannedAt: plannedAt.toISOString(), approvedBy };
  }

  return { planGroup };
}

function pricedHere(brief: Brief, pricing: Pricing, plan: readonly VariantPlan[]): Estimate | BadInput {
  try {
    return estimate(brief, pricing, plan);
  } catch (error) {
    if (error instanceof BadInput) return error;
    throw error;
  }
}

function refusalOf(priced: Estimate | BadInput, estimatedMicroUsd: number): string | undefined {
  if (priced instanceof BadInput) return `${priced.message}. Nothing was ordered`;
  if (priced.cost <= estimatedMicroUsd) return undefined;
  const told = formatUsd(microUsd(estimatedMicroUsd));
  return (
    `The worker's prices make it ${formatUsd(priced.cost)}, and ${told} is what was said when it was started. ` +
    'Nothing was ordered. To fix: give the worker and the command the same SCREENTEST_PRICES_FILE ' +
    '(`screentest prices` shows what holds), and start the group again'
  );
}
