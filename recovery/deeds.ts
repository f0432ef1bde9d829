import { z } from 'zod';
import { readSentJob } from '../activities/sent-job.ts';
import { restoreSnapshot } from '../database/analysis-snapshots.ts';
import type { Queries } from '../database/client.ts';
import { recordEvent } from '../database/events.ts';
import { recordArchival, recordCompletion, recordMove, recordPlan } from '../database/group-records.ts';
import { acceptPossibleCharges } from '../database/intent-endings.ts';
import { intentById } from '../database/intents.ts';
import { asJson } from '../database/json.ts';
import { idempotencyKeyOf, orderIdOf, restoreOrder } from '../database/order-records.ts';
import { changePlan, readPlanGate, recordPlanApproval } from '../database/plan-gate.ts';
import { readGroupRows, restoreFailure, restoreVenture } from '../database/rebuilding.ts';
import { leaveOutUnreviewed, recordReview } from '../database/reviews.ts';
import { recordGeneratedVideo, recordManualVideo } from '../database/stored-videos.ts';
import { recordVerdictHeard } from '../database/verdicts-heard.ts';
import { parseBrief } from '../domain/brief.ts';
import { readMode } from '../domain/generation-mode.ts';
import { isGroupId, isJobId, isVariantId } from '../domain/ids.ts';
import { GROUP_STATUSES, OUTCOMES } from '../domain/lifecycle.ts';
import { fromUsd, microUsd } from '../domain/money.ts';
import { writingSchema } from '../domain/writer.ts';
import { planVariants } from '../planning/plan.ts';
import type { Deed, PendingDeed } from './histories.ts';

/**
 * What each activity wrote, written again from what its group's history has of it. Every write may be repeated, and a
 * row that knows more is left alone: applied in their order, a history's deeds bring rows to where they were.
 */

/** The texts come from our own activities; a history can hold anything all the same. */
const group = z.string().refine(isGroupId);
const variant = z.string().refine(isVariantId);
const job = z.string().refine(isJobId);
const text = z.string();
const count = z.number().int();

const orderSchema = z.object({
  id: job,
  variantId: variant,
  rendition: text,
  ordinal: count,
  idempotencyKey: text,
  provider: text.optional(),
  providerAccount: text.optional(),
  state: text,
  jobStatus: text,
  providerJobId: text.optional(),
  orderedAt: text,
  claimedAt: text.optional(),
  submittedAt: text.optional(),
  jobDeadline: text.optional(),
  completedAt: text.optional(),
  reservedMicroUsd: count,
  jobCostUsd: text.optional(),
  spentMicroUsd: count.optional(),
  note: text.optional(),
  createdBy: text.optional(),
});
const stored = z.object({ key: text, url: text });
const fileSchema = stored.extend({
  sha256: text,
  sizeBytes: count,
  contentType: text,
  width: count,
  height: count,
  durationSeconds: z.number(),
  thumbnail: stored.optional(),
});
const planInput = z.object({
  groupId: group,
  brief: z.unknown(),
  ventureId: text,
  startedBy: text,
  startKey: text,
  generation: z.unknown(),
  estimatedMicroUsd: z.number(),
  writing: writingSchema.optional(),
});
const submitInput = z.object({
  groupId: group,
  variantId: variant,
  rendition: text,
  ordinal: count,
  by: text,
  acceptPossibleCharge: z.boolean(),
  afterStuckJob: text.optional(),
});
const archivalInput = z.object({ groupId: group, by: text, reason: text.optional() });
const aboutOrder = z.object({ order: orderSchema.optional() });

type Redo = (tx: Queries, deed: Deed) => Promise<void>;

/** Takes the parts that it needs as they should be. @throws for a deed of another shape */
function redoing<Input extends z.ZodType, Result extends z.ZodType>(
  input: Input,
  result: Result,
  write: (tx: Queries, input: z.output<Input>, result: z.output<Result>, at: Date) => Promise<void>,
): Redo {
  return (tx, deed) => write(tx, input.parse(deed.input), result.parse(deed.result ?? {}), deed.at);
}

const DEEDS: Readonly<Record<string, Redo>> = {
  planGroup: redoing(
    planInput,
    z.object({ variants: z.array(z.object({ id: variant, name: text })) }),
    async (tx, input, { variants }, at) => {
      const rows = await readGroupRows(tx, input.groupId);
      if (rows !== undefined && rows.variants.length > 0) return;
      const brief = parseBrief(input.brief);
      const ventureId = await restoreVenture(tx, {
        id: input.ventureId,
        name: brief.venture,
        by: input.startedBy,
        at,
      });
      const plan = planVariants(brief, new Map(input.writing?.wording));
      const unplanned = variants.filter(({ name }) => !plan.some((planned) => planned.name === name));
      if (unplanned.length > 0 || plan.length !== variants.length) {
        throw new TypeError(
          `this version plans other variants of its brief than were planned then (${variants.map(({ name }) => name).join(', ')})`,
        );
      }
      await recordPlan(tx, {
        groupId: input.groupId,
        brief,
        ventureId,
        startedBy: input.startedBy,
        startKey: input.startKey,
        generation: readMode(input.generation),
        estimatedMicroUsd: input.estimatedMicroUsd,
        plan,
        costMicroUsd: undefined,
        writing: input.writing,
        rebuilt: { at, variants },
      });
    },
  ),

  changeGroupPlan: redoing(
    z.object({
      groupId: group,
      variantId: variant,
      version: count,
      by: text,
      reason: text.optional(),
      prompt: text.optional(),
    }),
    z.unknown(),
    async (tx, { reason, prompt, ...change }, _, at) => {
      if ((await readGroupRows(tx, change.groupId))?.status !== 'planning') return;
      if ((await readPlanGate(tx, change.groupId)).version > change.version) return;
      await changePlan(tx, { ...change, reason, prompt, at }, () => undefined);
    },
  ),

  approveGroupPlan: redoing(
    z.object({ groupId: group, version: count, by: text, reason: text.optional() }),
    z.object({ isApproved: z.boolean(), costMicroUsd: count }),
    async (tx, { reason, ...approval }, { isApproved, costMicroUsd }, at) => {
      if (!isApproved || (await readGroupRows(tx, approval.groupId))?.status !== 'planning') return;
      await recordPlanApproval(tx, { ...approval, reason, costMicroUsd, at });
    },
  ),

  reviewVideo: redoing(
    z.object({
      groupId: group,
      variantId: variant,
      number: count,
      verdict: z.enum(['approved', 'rejected']),
      by: text,
      reason: text.optional(),
      isMadeAnew: z.boolean(),
    }),
    z.object({ number: count }),
    async (tx, { reason, ...review }, { number }, at) => {
      // Another one had its number: nothing was written.
      if (number === review.number) await recordReview(tx, { ...review, reason, files: undefined, at });
    },
  ),

  leaveOutVideos: redoing(
    z.object({ groupId: group, reason: text }),
    z.unknown(),
    async (tx, { groupId: id, reason }, _, at) => {
      if ((await readGroupRows(tx, id))?.status === 'generating')
        await leaveOutUnreviewed(tx, id, reason, at);
    },
  ),

  moveGroup: redoing(
    z.object({
      groupId: group,
      from: z.enum(GROUP_STATUSES),
      to: z.enum(GROUP_STATUSES),
      by: text,
      reason: text.optional(),
    }),
    z.unknown(),
    async (tx, { groupId: id, from, to, by, reason }, _, at) => {
      if ((await readGroupRows(tx, id))?.status !== from) return;
      await recordMove(tx, id, from, to, { by, reason, at });
    },
  ),

  submitVideo: redoing(submitInput, aboutOrder, async (tx, input, { order }) => {
    if (input.acceptPossibleCharge) await acceptPossibleCharges(tx, input);
    if (order !== undefined) await restoreOrder(tx, input.groupId, order, ordererOf(input));
  }),

  collectVideo: redoing(
    z.object({ groupId: group }),
    aboutOrder.extend({ file: fileSchema.optional() }),
    async (tx, input, { order, file }, at) => {
      if (order === undefined) return;
      await restoreOrder(tx, input.groupId, order);
      if (order.jobStatus !== 'completed' || file === undefined) return;
      const cost =
        order.spentMicroUsd === undefined
          ? fromUsd(Number(order.jobCostUsd ?? 0))
          : microUsd(order.spentMicroUsd);
      const arrivedAt = order.completedAt === undefined ? at : new Date(order.completedAt);
      await recordGeneratedVideo(tx, await intentById(tx, order.id), file, cost, arrivedAt);
    },
  ),

  recordVariantFailed: redoing(
    z.object({ groupId: group, variantId: variant, ordinal: count, code: text, reason: text }),
    z.unknown(),
    async (tx, { code, ordinal, ...failed }, _, at) => {
      await restoreFailure(tx, { ...failed, event: { code, ordinal, at } });
    },
  ),

  stopGeneration: redoing(
    z.object({ groupId: group }),
    z.array(
      z.object({ variantId: variant, status: text, reason: text, orders: z.array(orderSchema).default([]) }),
    ),
    async (tx, input, stopped) => {
      for (const { variantId, status, reason, orders } of stopped) {
        for (const order of orders) await restoreOrder(tx, input.groupId, order);
        if (status === 'failed') await restoreFailure(tx, { groupId: input.groupId, variantId, reason });
      }
    },
  ),

  adoptJob: redoing(
    z.object({ groupId: group, by: text, providerJobId: text }),
    aboutOrder,
    async (tx, input, { order }, at) => {
      if (order === undefined) return;
      await restoreOrder(tx, input.groupId, order);
      const { variantId, rendition } = order;
      await recordEvent(tx, {
        groupId: input.groupId,
        event: 'job adopted',
        actor: input.by,
        details: { variantId, rendition, providerJobId: input.providerJobId },
        key: `adopted/${order.id}`,
        at,
      });
    },
  ),

  settleHeldOrder: redoing(
    z.object({ groupId: group, by: text, wasCharged: z.boolean() }),
    aboutOrder,
    async (tx, input, { order }, at) => {
      if (order === undefined) return;
      await restoreOrder(tx, input.groupId, order);
      const { variantId, rendition } = order;
      await recordEvent(tx, {
        groupId: input.groupId,
        event: 'held order settled',
        actor: input.by,
        details: { variantId, rendition, wasCharged: input.wasCharged },
        key: `settled/${order.id}`,
        at,
      });
    },
  ),

  recordProvidedVideo: redoing(
    z.object({
      groupId: group,
      variantId: variant,
      rendition: text,
      by: text,
      file: fileSchema,
      from: z.object({ groupId: text, variant: text }).optional(),
    }),
    z.unknown(),
    async (tx, { file, ...video }, _, at) => {
      await recordManualVideo(tx, { ...video, file, at });
    },
  ),

  analyzeGroup: redoing(
    z.object({ groupId: group, trigger: text }),
    z.object({ snapshotId: text, look: count, kind: text, sentence: text }),
    async (tx, input, { snapshotId: id, ...said }, at) => {
      await restoreSnapshot(tx, { ...input, ...said, id, takenAt: at });
    },
  ),

  completeGroup: redoing(
    z.object({
      groupId: group,
      outcome: z.enum(OUTCOMES),
      winner: text.optional(),
      by: text,
      reason: text.optional(),
      snapshotId: text.optional(),
    }),
    z.object({
      evidence: text,
      look: count.optional(),
      imports: z.array(z.object({ id: text, sha256: text.optional() })).optional(),
    }),
    async (tx, { groupId: id, winner, by, ...ended }, { evidence, ...basis }, at) => {
      const rows = await readGroupRows(tx, id);
      if (rows === undefined || rows.status === 'completed' || rows.status === 'archived') return;
      const snapshot =
        ended.snapshotId === undefined
          ? null
          : await tx.analysisSnapshot.findUnique({ where: { id: ended.snapshotId } });
      const verdict = z.object({ kind: text, sentence: text }).safeParse(snapshot?.verdict);
      await recordCompletion(tx, {
        groupId: id,
        outcome: ended.outcome,
        winnerVariantId: winner === undefined ? undefined : await variantNamed(tx, id, winner),
        actor: by,
        at,
        decision: asJson({
          ...ended,
          winner,
          by,
          at: at.toISOString(),
          verdict: verdict.success ? verdict.data : { kind: 'unknown', sentence: evidence },
          ...basis,
        }),
      });
    },
  ),

  recordVerdict: redoing(
    z.object({
      groupId: group,
      snapshotId: text,
      look: count,
      said: text,
      sentence: text,
      runId: text,
    }),
    z.unknown(),
    async (tx, heard, _, at) => {
      await recordVerdictHeard(tx, { ...heard, at });
    },
  ),

  archiveGroupRow: redoing(archivalInput, z.unknown(), async (tx, input, _, at) => {
    if ((await readGroupRows(tx, input.groupId))?.status !== 'completed') return;
    await recordArchival(tx, input.groupId, input.by, input.reason, at);
  }),

  recordRefusedMessage: redoing(
    z.object({ groupId: group, message: text, reason: text, payload: text, number: count }),
    z.unknown(),
    async (tx, { groupId: id, message, reason, payload, number }, _, at) => {
      await recordEvent(tx, {
        groupId: id,
        event: `refused ${message}`,
        actor: 'unknown',
        details: { reason, payload },
        key: `refused/${number}`,
        at,
      });
    },
  ),
};

/** Writes what one activity wrote. One that failed wrote only what became of its order. */
export async function redo(tx: Queries, deed: Deed): Promise<void> {
  if (deed.failure === undefined) return DEEDS[deed.activity]?.(tx, deed);
  const told = aboutOrder.safeParse(deed.failure.details);
  const asked = z.object({ groupId: group }).safeParse(deed.input);
  if (!told.success || told.data.order === undefined || !asked.success) return;
  await restoreOrder(tx, asked.data.groupId, told.data.order);
}

/** An order that is being sent, or has been, and whose activity has not answered yet: its heartbeat knows. */
export async function redoPending(
  tx: Queries,
  pending: PendingDeed,
  jobTimeoutMinutes: number,
): Promise<void> {
  const sent = readSentJob(pending.heartbeat);
  const asked = submitInput.safeParse(pending.input);
  if (pending.activity !== 'submitVideo' || sent === undefined || !asked.success) return;
  const { variantId, rendition } = asked.data;
  const { claimedAt, ordinal, providerJobId } = sent;
  const idempotencyKey = idempotencyKeyOf({ variantId, rendition, ordinal });
  if (orderIdOf(idempotencyKey) !== sent.intentId) return;
  const deadline = new Date(Date.parse(claimedAt) + jobTimeoutMinutes * 60_000).toISOString();
  const isAccepted = providerJobId !== undefined;
  await restoreOrder(
    tx,
    asked.data.groupId,
    {
      id: sent.intentId,
      variantId,
      rendition,
      ordinal,
      idempotencyKey,
      provider: sent.provider,
      providerAccount: sent.providerAccount,
      state: isAccepted ? 'accepted' : 'claimed',
      jobStatus: isAccepted ? 'submitted' : 'pending',
      providerJobId,
      orderedAt: claimedAt,
      claimedAt,
      submittedAt: isAccepted ? claimedAt : undefined,
      jobDeadline: isAccepted ? deadline : undefined,
      reservedMicroUsd: sent.reservedMicroUsd,
    },
    ordererOf(asked.data),
  );
}

/** A stuck job is replaced by nobody's wish. */
function ordererOf({ by, afterStuckJob }: z.output<typeof submitInput>): string {
  return afterStuckJob === undefined ? by : 'screentest';
}

async function variantNamed(tx: Queries, id: string, name: string) {
  const row = await tx.videoVariant.findUniqueOrThrow({
    where: { variantGroupId_variantName: { variantGroupId: id, variantName: name } },
    select: { id: true },
  });
  return variant.parse(row.id);
}
