import { randomUUID } from 'node:crypto';
import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowHandle,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import type { UpdateDefinition } from '@temporalio/common';
import type { Database } from '../database/client.ts';
import { type HistoryEntry, readGroupHistory, recordCancelRequest } from '../database/group-history.ts';
import { findGroupId, type GroupFilter, type GroupSummary, listGroups } from '../database/group-queries.ts';
import { type JobFilter, type JobRecord, listJobs } from '../database/job-queries.ts';
import {
  type MetricFilter,
  type MetricTotal,
  type MetricValue,
  readMetricTotals,
  readMetricValues,
} from '../database/metric-queries.ts';
import { refuseDropped } from '../database/old-campaigns.ts';
import { findVenture } from '../database/people.ts';
import { fromDatabase } from '../database/refusals.ts';
import type { Brief } from '../domain/brief.ts';
import { refuseBrief } from '../domain/check-brief.ts';
import { NotFound, PreconditionFailed } from '../domain/errors.ts';
import type { ChosenMode } from '../domain/generation-mode.ts';
import { type GroupId, groupId } from '../domain/ids.ts';
import { MANUAL_PRICING, type Pricing } from '../domain/prices.ts';
import { checkPlan, refusalOfPlan } from '../planning/checks/check-plan.ts';
import { estimate } from '../planning/estimate.ts';
import type { NextOptions, NextRound } from '../planning/next/next-round.ts';
import { planVariants } from '../planning/plan.ts';
import {
  approvePlan,
  approveVideo,
  type ChangedPlanReceipt,
  editPlan,
  type PlanApprovalMessage,
  type PlanEdit,
  type PlanReceipt,
  type PlanRejection,
  rejectPlan,
  rejectVideo,
  removeVariant,
  type VariantRemoval,
  type VideoApproval,
  type VideoReceipt,
  type VideoRejection,
} from '../workflows/gate-messages.ts';
import {
  ARCHIVE_GROUP_WORKFLOW,
  type Closing,
  type ClosingReceipt,
  closeTest,
  type DecisionReceipt,
  type Declaration,
  declareWinner,
  declareWinnerSignal,
  type GroupResult,
  type HeldOrder,
  MAIN_QUEUE,
  type ProvidedVideo,
  type ProvidedVideoReceipt,
  provideVideo,
  type Retry,
  retryVariant,
  settleHeldOrder,
  VARIANT_GROUP_WORKFLOW,
  type VariantGroupInput,
  type VariantReceipt,
  workflowIdOf,
} from '../workflows/messages.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { refuseAgainstEvidence } from './against-evidence.ts';
import { answered, translated, updateAnswered } from './answers.ts';
import { modeOfNewGroups } from './generation-mode.ts';
import { type GroupStatusReport, readGroupStatus } from './group-status.ts';
import { settleAfterTheEnd } from './held-orders.ts';
import { type ImportReport, type ImportRequest, importMetrics } from './import-metrics.ts';
import { type Lineage, readLineage } from './lineage.ts';
import { proposeNextRound } from './next-round.ts';
import { withParent } from './parent.ts';

export interface StartOptions {
  /** E-mail address of who starts it. */
  readonly by: string;
  readonly createVenture: boolean;
  /** The account that is charged. */
  readonly providerAccount: string;
  /** What it is said to cost is worked out at these; a worker with higher ones orders nothing. */
  readonly pricing: Pricing;
  /** There is no video API, by configuration; left out where there is one. */
  readonly isManualByChoice?: boolean;
}

export interface StartedGroup {
  readonly groupId: GroupId;
  readonly workflowId: string;
  /** False when a group with this id exists: nothing was started, this is that group. */
  readonly isNew: boolean;
  /** Where its videos come from, and why. Undefined for a group that existed. */
  readonly generation: ChosenMode | undefined;
}

/** Everything one can do with groups, for the command line and for other programs. */
export class ScreentestClient {
  private readonly temporal: Client;
  private readonly database: Database;

  constructor(parts: { temporal: Client; database: Database }) {
    this.temporal = parts.temporal;
    this.database = parts.database;
  }

  /**
   * @throws NotFound for an unknown venture; BadInput for a brief that contradicts itself, whose rights have run out, that
   * can't be planned or priced, or whose plan has errors.
   */
  async start(asked: Brief, options: StartOptions): Promise<StartedGroup> {
    const { providerAccount, isManualByChoice = false } = options;
    const generation = await fromDatabase(
      modeOfNewGroups(this.database, { providerAccount, isManualByChoice }),
    );
    const id = asked.id ?? groupId(randomUUID());
    const known = { groupId: id, workflowId: workflowIdOf(id), isNew: false, generation: undefined };
    if (await this.exists(id)) return known;
    const brief = await fromDatabase(withParent(this.database, asked));
    refuseBrief(brief, new Date());
    // Nothing is ordered whose price isn't known; what people provide needs none.
    const pricing = generation.mode === 'manual' ? MANUAL_PRICING : options.pricing;
    const plan = planVariants(brief);
    const { cost: estimatedMicroUsd } = estimate(brief, pricing, plan);
    const refusal = refusalOfPlan(checkPlan(brief, plan));
    if (refusal !== undefined) throw refusal;
    await refuseDropped(this.database, id);
    const ventureId = await fromDatabase(
      findVenture(this.database, brief.venture, { missing: options.createVenture, by: options.by }),
    );
    const input: VariantGroupInput = {
      groupId: id,
      brief,
      ventureId,
      startedBy: options.by,
      startKey: randomUUID(),
      providerAccount,
      estimatedMicroUsd,
      generation,
    };
    try {
      await answered(
        this.temporal.workflow.start(VARIANT_GROUP_WORKFLOW, {
          workflowId: known.workflowId,
          taskQueue: MAIN_QUEUE,
          args: [input],
          // An id becomes free again when the namespace forgets the closed workflow; the row does not.
          workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
          staticSummary: `${brief.name} (${brief.venture})`,
          staticDetails: staticDetails(brief),
          typedSearchAttributes: [
            { key: SEARCH_ATTRIBUTES.venture, value: brief.venture },
            { key: SEARCH_ATTRIBUTES.template, value: brief.template },
            { key: SEARCH_ATTRIBUTES.status, value: 'planning' },
          ],
        }),
      );
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return known;
      throw error;
    }
    return { ...known, isNew: true, generation };
  }

  /** True once a worker has planned it. */
  async exists(id: GroupId): Promise<boolean> {
    return (await fromDatabase(this.database.variantGroup.count({ where: { id } }))) > 0;
  }

  /** A group by its id, the beginning of its id, or its name. */
  find(reference: string): Promise<GroupId> {
    return fromDatabase(findGroupId(this.database, reference));
  }

  list(filter: GroupFilter): Promise<readonly GroupSummary[]> {
    return fromDatabase(listGroups(this.database, filter));
  }

  status(id: GroupId): Promise<GroupStatusReport> {
    return fromDatabase(readGroupStatus(this.database, this.temporal, id));
  }

  /** Who did what when and why, the oldest first; also of a group that is gone, by its id. */
  history(reference: string): Promise<readonly HistoryEntry[]> {
    return fromDatabase(readGroupHistory(this.database, reference));
  }

  /** A brief for the round after this group; nothing is started. @throws PreconditionFailed for one that is not over */
  next(id: GroupId, options: NextOptions = {}): Promise<NextRound> {
    return fromDatabase(proposeNextRound(this.database, id, options));
  }

  /** The campaign that a group is part of, round by round. */
  lineage(id: GroupId): Promise<Lineage> {
    return fromDatabase(readLineage(this.database, id));
  }

  importMetrics(request: ImportRequest): Promise<ImportReport> {
    return fromDatabase(importMetrics(this.database, request));
  }

  /** What was reported in all. @throws NotFound for an unknown variant */
  metricTotals(filter: MetricFilter): Promise<readonly MetricTotal[]> {
    return readMetricTotals(this.database, filter);
  }

  /** What was reported, value by value. @throws NotFound for an unknown variant */
  metricValues(filter: MetricFilter): Promise<readonly MetricValue[]> {
    return readMetricValues(this.database, filter);
  }

  /** @throws PreconditionFailed with the reason when the group refuses it, or when it goes against the evidence and has no reason. */
  async declareWinner(id: GroupId, declaration: Declaration): Promise<DecisionReceipt> {
    await fromDatabase(refuseAgainstEvidence(this.database, id, declaration));
    return updateAnswered(
      this.handle(id).startUpdate(declareWinner, { args: [declaration], waitForStage: 'ACCEPTED' }),
    );
  }

  /** The same act without an answer; a group that refuses it records why. */
  signalWinner(id: GroupId, declaration: Declaration): Promise<void> {
    return answered(this.handle(id).signal(declareWinnerSignal, declaration));
  }

  closeTest(id: GroupId, closing: Closing): Promise<ClosingReceipt> {
    return updateAnswered(
      this.handle(id).startUpdate(closeTest, { args: [closing], waitForStage: 'ACCEPTED' }),
    );
  }

  retryVariant(id: GroupId, retry: Retry): Promise<VariantReceipt> {
    return updateAnswered(
      this.handle(id).startUpdate(retryVariant, { args: [retry], waitForStage: 'ACCEPTED' }),
    );
  }

  /** Orders for videos, the newest first. */
  jobs(filter: JobFilter): Promise<readonly JobRecord[]> {
    return fromDatabase(listJobs(this.database, filter));
  }

  /** @throws PreconditionFailed with the reason when the group refuses it; NotFound once the group has ended. */
  adoptJob(id: GroupId, found: Omit<HeldOrder, 'wasCharged'> & { jobId: string }): Promise<VariantReceipt> {
    return this.settleHeldOrder(id, found);
  }

  /** Books a held order as charged or not; also in a group that has ended. */
  async settleHeld(
    id: GroupId,
    settled: Omit<HeldOrder, 'jobId'> & { wasCharged: boolean },
  ): Promise<VariantReceipt> {
    try {
      return await this.settleHeldOrder(id, settled);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      return fromDatabase(settleAfterTheEnd(this.database, id, settled));
    }
  }

  private settleHeldOrder(id: GroupId, order: HeldOrder): Promise<VariantReceipt> {
    return updateAnswered(
      this.handle(id).startUpdate(settleHeldOrder, { args: [order], waitForStage: 'ACCEPTED' }),
    );
  }

  provideVideo(id: GroupId, provided: ProvidedVideo): Promise<ProvidedVideoReceipt> {
    return updateAnswered(
      this.handle(id).startUpdate(provideVideo, { args: [provided], waitForStage: 'ACCEPTED' }),
    );
  }

  /** @throws PreconditionFailed when it is another version by now, or costs more, or is decided already */
  approvePlan(id: GroupId, approval: PlanApprovalMessage): Promise<PlanReceipt> {
    return this.told(id, approvePlan, approval);
  }

  editPlan(id: GroupId, edit: PlanEdit): Promise<ChangedPlanReceipt> {
    return this.told(id, editPlan, edit);
  }

  removeVariant(id: GroupId, removal: VariantRemoval): Promise<ChangedPlanReceipt> {
    return this.told(id, removeVariant, removal);
  }

  /** Nothing is ordered: the group ends as cancelled. */
  rejectPlan(id: GroupId, rejection: PlanRejection): Promise<{ readonly reason: string }> {
    return this.told(id, rejectPlan, rejection);
  }

  approveVideo(id: GroupId, approval: VideoApproval): Promise<VideoReceipt> {
    return this.told(id, approveVideo, approval);
  }

  /** With `regenerate` another one is ordered in its place, and paid for. */
  rejectVideo(id: GroupId, rejection: VideoRejection): Promise<VideoReceipt> {
    return this.told(id, rejectVideo, rejection);
  }

  private told<Answer, Message>(
    id: GroupId,
    update: UpdateDefinition<Answer, [Message]>,
    message: Message,
  ): Promise<Answer> {
    return updateAnswered(this.handle(id).startUpdate(update, { args: [message], waitForStage: 'ACCEPTED' }));
  }

  /** Asks the group to stop; `result` tells when it has. Who asked is recorded. */
  async cancel(id: GroupId, by: string, reason?: string): Promise<void> {
    await fromDatabase(recordCancelRequest(this.database, id, { by, reason }));
    await answered(this.handle(id).cancel());
  }

  /** How the group ended, once it has. */
  result(id: GroupId): Promise<GroupResult> {
    return translated(this.handle(id).result());
  }

  /** @throws PreconditionFailed when the group isn't completed. */
  async archive(id: GroupId, by: string, reason?: string): Promise<void> {
    const group = await fromDatabase(
      this.database.variantGroup.findUniqueOrThrow({ where: { id }, select: { testStatus: true } }),
    );
    if (group.testStatus === 'archived') return;
    if (group.testStatus !== 'completed') {
      throw new PreconditionFailed({
        code: 'GROUP_NOT_COMPLETED',
        given: `The group is ${group.testStatus}`,
        allowed: 'only a completed group is archived',
        fix: 'declare a winner, close the test, or cancel it first',
      });
    }
    await answered(
      this.temporal.workflow.execute(ARCHIVE_GROUP_WORKFLOW, {
        workflowId: `archive-group/${id}`,
        taskQueue: MAIN_QUEUE,
        args: [{ groupId: id, by, reason }],
        staticSummary: 'archive a completed group',
      }),
    );
  }

  private handle(id: GroupId): WorkflowHandle<(input: VariantGroupInput) => Promise<GroupResult>> {
    return this.temporal.workflow.getHandle(workflowIdOf(id));
  }
}

function staticDetails(brief: Brief): string {
  const { model, seconds, size } = brief.video;
  return [
    `**${brief.product}** for ${brief.audience}`,
    '',
    `- template: ${brief.template}`,
    `- platforms: ${brief.platforms.join(', ')}`,
    `- video: ${model}, ${seconds} s, ${size}`,
    `- decided on: ${brief.primaryMetric.name} (${brief.primaryMetric.numerator} / ${brief.primaryMetric.denominator})`,
  ].join('\n');
}
