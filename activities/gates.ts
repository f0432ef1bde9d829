import { requireRoom } from '../database/budget.ts';
import type { Database, Queries } from '../database/client.ts';
import { briefOf } from '../database/group-queries.ts';
import {
  changePlan,
  levelsToMake,
  type PlanApproval,
  type PlanChange,
  readPlan,
  readPlanGate,
  recordPlanApproval,
} from '../database/plan-gate.ts';
import {
  leaveOutUnreviewed,
  type NewReview,
  type ReviewRecord,
  recordReview,
  reviewsOf,
} from '../database/reviews.ts';
import type { Brief } from '../domain/brief.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import { type MicroUsd, sumUsd } from '../domain/money.ts';
import { type Mutations, readMutations } from '../domain/mutations.ts';
import { MANUAL_PRICING, type Pricing } from '../domain/prices.ts';
import { checkEdit } from '../planning/check-edit.ts';
import { videosOfVariant } from '../planning/estimate.ts';

export interface ChangePlanInput extends Omit<PlanChange, 'at'> {
  /** People bring the videos. */
  readonly isManual: boolean;
}

export interface ChangedPlan {
  readonly version: number;
  readonly costMicroUsd: number;
  /** What the checks find in the plan as it is now. */
  readonly warnings: readonly string[];
}

export interface ApprovePlanInput extends Omit<PlanApproval, 'at'> {
  readonly isManual: boolean;
}

export interface ApprovedPlan {
  /** False when it costs more than whoever approves it was shown: then nothing is approved. */
  readonly isApproved: boolean;
  readonly costMicroUsd: number;
}

export interface ReviewVideoInput extends Omit<NewReview, 'at'> {
  readonly isManual: boolean;
}

export type { ReviewRecord };

export interface GateDependencies {
  readonly database: Database;
  readonly pricing: Pricing;
  /** Of ventures that have set none of their own. */
  readonly defaultMonthlyCap: MicroUsd | undefined;
}

export type GateActivities = ReturnType<typeof createGateActivities>;

/** What a person decides about a plan, and about a video before it is used. */
export function createGateActivities({ database, pricing, defaultMonthlyCap }: GateDependencies) {
  /** @throws PreconditionFailed for another version; BadInput where the plan may not be changed so */
  async function changeGroupPlan({ isManual, ...change }: ChangePlanInput): Promise<ChangedPlan> {
    const brief = await briefOf(database, change.groupId);
    await changePlan(database, change, (variants) => void checkEdit(brief, variants));
    return {
      version: (await readPlanGate(database, change.groupId)).version,
      costMicroUsd: await costOf(change.groupId, brief, isManual),
      warnings: checkEdit(brief, await readPlan(database, change.groupId)),
    };
  }

  /** At this worker's prices, which are those that orders are made at. */
  async function approveGroupPlan({ isManual, ...approval }: ApprovePlanInput): Promise<ApprovedPlan> {
    const brief = await briefOf(database, approval.groupId);
    const costMicroUsd = await costOf(approval.groupId, brief, isManual);
    if (costMicroUsd > approval.costMicroUsd) return { isApproved: false, costMicroUsd };
    await recordPlanApproval(database, { ...approval, costMicroUsd });
    return { isApproved: true, costMicroUsd };
  }

  /**
   * A video that is rejected to be made anew must have money for that: where it has not, nothing is rejected.
   * @throws PreconditionFailed (BUDGET_EXCEEDED), or where there is another video than the one that was looked at
   */
  async function reviewVideo({ isManual, ...review }: ReviewVideoInput): Promise<ReviewRecord> {
    const known = (await reviewsOf(database, review.groupId)).get(review.variantId);
    const isNew = known === undefined || known.number < review.number;
    if (isNew && review.isMadeAnew && !isManual) await requireMoney(review);
    return recordReview(database, review);
  }

  /** Of a video that has just been made; undefined where there is nothing on record. */
  async function readReview(input: {
    readonly groupId: GroupId;
    readonly variantId: VariantId;
  }): Promise<ReviewRecord | undefined> {
    return (await reviewsOf(database, input.groupId)).get(input.variantId);
  }

  async function requireMoney({
    groupId,
    variantId,
  }: Pick<ReviewVideoInput, 'groupId' | 'variantId'>): Promise<void> {
    const { promptMutations } = await database.videoVariant.findUniqueOrThrow({
      where: { id: variantId },
      select: { promptMutations: true },
    });
    const asked = costOfVariant(await briefOf(database, groupId), readMutations(promptMutations), pricing);
    try {
      await database.$transaction((tx) => requireRoom(tx, groupId, asked, { defaultMonthlyCap }));
    } catch (error) {
      if (!(error instanceof PreconditionFailed)) throw error;
      const { code, given } = error;
      throw new PreconditionFailed({
        code,
        given: `${given}, and nothing was rejected`,
        fix: 'raise the budget with `screentest budget`, or reject the video without having it made anew',
      });
    }
  }

  /** @returns which variants */
  async function leaveOutVideos(input: {
    readonly groupId: GroupId;
    readonly reason: string;
  }): Promise<readonly VariantId[]> {
    return leaveOutUnreviewed(database, input.groupId, input.reason);
  }

  function costOf(groupId: GroupId, brief: Brief, isManual: boolean): Promise<number> {
    return costOfPlan(database, groupId, brief, isManual ? MANUAL_PRICING : pricing);
  }

  return { changeGroupPlan, approveGroupPlan, reviewVideo, readReview, leaveOutVideos };
}

/**
 * What is to be paid once a plan is approved, in micro-dollars: for every variant that nobody has given a video yet.
 * @throws BadInput when a video in it has no price
 */
export async function costOfPlan(
  queries: Queries,
  groupId: GroupId,
  brief: Brief,
  pricing: Pricing,
): Promise<number> {
  const variants = await levelsToMake(queries, groupId);
  return sumUsd(variants.map((mutations) => costOfVariant(brief, mutations, pricing)));
}

/** With all its files. */
function costOfVariant(brief: Brief, mutations: Mutations, pricing: Pricing): MicroUsd {
  return sumUsd(videosOfVariant(brief, mutations, pricing).map(({ cost }) => cost));
}
