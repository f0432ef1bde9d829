import { type GroupId, groupId, type JobId, jobId, type VariantId, variantId } from '../domain/ids.ts';
import { fromUsd, type MicroUsd, microUsd, usdDecimal } from '../domain/money.ts';
import { formatSize, type VideoSpec } from '../domain/video.ts';
import type { Database, Queries } from './client.ts';
import { recordEvent } from './events.ts';
import type { Prisma } from './generated/client.ts';
import { storable } from './json.ts';
import { findOrCreateUser } from './people.ts';

/**
 * What keeps a video from being paid for twice. An intent is written, and its cost reserved, before anything
 * is sent; whoever claims the intent may send the order, once; whoever comes later finds out what became of it.
 *
 * reserved -> claimed -> accepted | refused | held;   reserved -> expired | cancelled;   accepted -> cancelled
 */
const SUBMISSION_STATES = [
  'reserved',
  /** Somebody may have sent the order: from here on it is never sent a second time without being sure. */
  'claimed',
  'accepted',
  'refused',
  /** Nobody knows whether the provider made the job; a person settles it. */
  'held',
  'expired',
  'cancelled',
] as const;

export type SubmissionState = (typeof SUBMISSION_STATES)[number];

/** The seed's words for where a job stands at the provider. */
const JOB_STATUSES = ['pending', 'submitted', 'processing', 'completed', 'failed', 'timeout'] as const;

type JobStatus = (typeof JOB_STATUSES)[number];

export interface Intent {
  readonly id: JobId;
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  readonly rendition: string;
  /** 1 for the first order of this rendition, then 2 for the one a person asked for, and so on. */
  readonly ordinal: number;
  readonly idempotencyKey: string;
  readonly state: SubmissionState;
  readonly claimedAt: Date | undefined;
  readonly submitDeadline: Date;
  readonly jobDeadline: Date;
  readonly providerJobId: string | undefined;
  readonly heldReason: string | undefined;
  readonly jobStatus: JobStatus;
  readonly jobError: string | undefined;
  readonly reserved: MicroUsd;
}

export interface NewIntent {
  readonly groupId: GroupId;
  readonly variantId: VariantId;
  readonly rendition: string;
  readonly ordinal: number;
  readonly video: VideoSpec;
  readonly price: MicroUsd;
  readonly provider: string;
  readonly providerAccount: string;
  readonly submitDeadline: Date;
  readonly jobDeadline: Date;
  readonly by: string;
}

/**
 * Made of what is ordered and of nothing else: a run or an activity id would change with a workflow reset,
 * and the reset would pay again.
 */
function idempotencyKeyOf(order: Pick<NewIntent, 'variantId' | 'rendition' | 'ordinal'>): string {
  return `screentest/${order.variantId}/${order.rendition}/${order.ordinal}`;
}

/** The intent and the reservation of its cost, in one transaction. Written once, however often it is asked for. */
export async function openIntent(database: Database, intent: NewIntent): Promise<Intent> {
  const { video, price } = intent;
  const key = idempotencyKeyOf(intent);
  return database.$transaction(async (tx) => {
    const createdBy = await findOrCreateUser(tx, intent.by);
    const { count } = await tx.videoGenerationJob.createMany({
      data: [
        {
          videoVariantId: intent.variantId,
          rendition: intent.rendition,
          ordinal: intent.ordinal,
          idempotencyKey: key,
          provider: intent.provider,
          providerAccount: intent.providerAccount,
          model: video.model,
          width: video.width,
          height: video.height,
          seconds: video.seconds,
          submitDeadline: intent.submitDeadline,
          jobDeadline: intent.jobDeadline,
          reservedUsd: usdDecimal(price),
          createdBy,
        },
      ],
      skipDuplicates: true,
    });
    const written = await intentByKey(tx, key);
    if (count === 1) {
      await enter(tx, written, 'reserve', price);
      await tx.videoVariant.updateMany({
        where: { id: intent.variantId, generationStatus: { in: ['pending', 'failed'] } },
        data: { generationStatus: 'generating', failureReason: null },
      });
      await recordEvent(tx, {
        groupId: intent.groupId,
        event: 'video ordered',
        actor: intent.by,
        details: {
          variantId: intent.variantId,
          ordinal: intent.ordinal,
          size: formatSize(video),
          reservedMicroUsd: price,
        },
        key: `ordered/${written.id}`,
      });
    }
    return written;
  });
}

/** True for the one caller that may send the order now. */
export async function claimIntent(database: Database, id: JobId): Promise<boolean> {
  const { count } = await database.videoGenerationJob.updateMany({
    where: { id, submissionState: 'reserved' },
    data: { submissionState: 'claimed', claimedAt: new Date() },
  });
  return count === 1;
}

/** The order was certainly not taken (the connection was refused, or a rate limit said so): it may be sent later. */
export async function returnClaim(database: Database, id: JobId): Promise<void> {
  await database.videoGenerationJob.updateMany({
    where: { id, submissionState: 'claimed' },
    data: { submissionState: 'reserved', claimedAt: null },
  });
}

/** The provider's job id, the moment it is known. It settles a held intent too: the job was found after all. */
export async function acceptIntent(database: Database, id: JobId, providerJobId: string): Promise<Intent> {
  return database.$transaction(async (tx) => {
    const now = new Date();
    await tx.videoGenerationJob.updateMany({
      where: { id, submissionState: { in: ['claimed', 'held'] } },
      data: {
        submissionState: 'accepted',
        soraJobId: providerJobId,
        jobStatus: 'submitted',
        jobSubmittedAt: now,
        heldReason: null,
      },
    });
    const intent = await intentById(tx, id);
    await tx.videoVariant.updateMany({
      where: { id: intent.variantId },
      data: { generationJobId: providerJobId },
    });
    return intent;
  });
}

/** The provider said no: nothing was charged, the reservation is released. */
export async function refuseIntent(database: Database, id: JobId, reason: string): Promise<void> {
  await endUnsent(database, id, ['reserved', 'claimed'], 'refused', reason);
}

/** Whoever claimed it knows that it was never sent; a later attempt could not know, and may have held it. */
export async function expireIntent(database: Database, id: JobId, reason: string): Promise<void> {
  await endUnsent(database, id, ['held'], 'expired', reason);
}

async function endUnsent(
  database: Database,
  id: JobId,
  from: SubmissionState[],
  to: 'refused' | 'expired' | 'cancelled',
  reason: string,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const { count } = await tx.videoGenerationJob.updateMany({
      where: { id, submissionState: { in: from } },
      data: {
        submissionState: to,
        jobStatus: 'failed',
        jobError: storable(reason),
        jobCompletedAt: new Date(),
      },
    });
    if (count === 1) await release(tx, await intentById(tx, id), reason);
  });
}

/** The reservation stays: the order may have been charged. */
export async function holdIntent(database: Database, id: JobId, reason: string): Promise<void> {
  await database.$transaction(async (tx) => {
    const { count } = await tx.videoGenerationJob.updateMany({
      where: { id, submissionState: 'claimed' },
      data: { submissionState: 'held', heldReason: storable(reason) },
    });
    if (count === 0) return;
    const intent = await intentById(tx, id);
    await recordEvent(tx, {
      groupId: intent.groupId,
      event: 'submission held',
      actor: 'screentest',
      details: { variantId: intent.variantId, ordinal: intent.ordinal, reason },
      key: `held/${id}`,
    });
  });
}

/** A person pays for another order although an earlier one may have been charged: the earlier counts as charged. */
export async function acceptPossibleCharges(
  database: Database,
  variant: VariantId,
  by: string,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const held = await tx.videoGenerationJob.findMany({
      where: { videoVariantId: variant, submissionState: 'held' },
      select: { id: true },
    });
    for (const { id } of held) {
      const intent = await intentById(tx, jobId(id));
      await enter(tx, intent, 'settle', intent.reserved, `may have been charged; accepted by ${by}`);
    }
  });
}

/** The job is over at the provider without a video, and without a charge. */
export async function failJob(
  database: Database,
  id: JobId,
  status: 'failed' | 'timeout',
  reason: string,
  wasCharged: boolean,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const { count } = await tx.videoGenerationJob.updateMany({
      where: { id, submissionState: 'accepted', jobStatus: { in: ['submitted', 'processing'] } },
      data: { jobStatus: status, jobError: storable(reason), jobCompletedAt: new Date() },
    });
    if (count === 0) return;
    const intent = await intentById(tx, id);
    if (wasCharged) await enter(tx, intent, 'settle', intent.reserved, reason);
    else await release(tx, intent, reason);
  });
}

/** A group stops: an order not sent is called off; a job that the provider stopped is released, any other is charged. */
export async function cancelIntent(database: Database, id: JobId, wasStopped: boolean): Promise<void> {
  await endUnsent(database, id, ['reserved'], 'cancelled', 'cancelled before it was sent');
  await database.$transaction(async (tx) => {
    const { count } = await tx.videoGenerationJob.updateMany({
      where: { id, submissionState: 'accepted', jobStatus: { in: ['submitted', 'processing'] } },
      data: {
        submissionState: 'cancelled',
        jobStatus: 'failed',
        jobError: 'cancelled',
        jobCompletedAt: new Date(),
      },
    });
    if (count === 0) return;
    const intent = await intentById(tx, id);
    if (wasStopped) await release(tx, intent, 'cancelled at the provider');
    else await enter(tx, intent, 'settle', intent.reserved, 'cancelled; the provider could not confirm it');
  });
}

/** What the video cost, in the transaction that records it as stored. */
export async function settleJob(
  tx: Queries,
  intent: Intent,
  cost: MicroUsd,
  polls: number,
  videoUrl: string,
): Promise<boolean> {
  const { count } = await tx.videoGenerationJob.updateMany({
    where: { id: intent.id, submissionState: 'accepted', jobStatus: { in: ['submitted', 'processing'] } },
    data: {
      jobStatus: 'completed',
      jobCompletedAt: new Date(),
      lastPolledAt: new Date(),
      pollingCount: polls,
      generationCostUsd: usdDecimal(cost),
      videoUrl,
    },
  });
  if (count === 1) await enter(tx, intent, 'settle', cost);
  return count === 1;
}

export interface Spend {
  readonly spent: MicroUsd;
  /** Reserved by orders that are neither charged nor released yet. */
  readonly reserved: MicroUsd;
  /** Nobody knows whether the newest order was charged. */
  readonly isHeld: boolean;
}

/** By variant id; a variant without an order is missing. */
export async function spendByVariant(queries: Queries, group: GroupId): Promise<ReadonlyMap<string, Spend>> {
  const rows = await queries.$queryRaw<
    { variant: string; spent: bigint; reserved: bigint; is_held: boolean }[]
  >`
    SELECT variant, coalesce(sum(settled), 0)::bigint AS spent,
      coalesce(sum(opened) FILTER (WHERE settled IS NULL AND released IS NULL), 0)::bigint AS reserved,
      (array_agg(submission_state ORDER BY ordinal DESC))[1] = 'held' AS is_held
    FROM (
      SELECT j.video_variant_id AS variant, j.submission_state, j.ordinal,
        sum(l.amount_micro_usd) FILTER (WHERE l.entry = 'reserve') AS opened,
        sum(l.amount_micro_usd) FILTER (WHERE l.entry = 'settle') AS settled,
        sum(l.amount_micro_usd) FILTER (WHERE l.entry = 'release') AS released
      FROM budget_ledger l JOIN video_generation_jobs j ON j.id = l.job_id
      WHERE l.variant_group_id = ${group}::uuid
      GROUP BY j.id
    ) job
    GROUP BY variant`;
  return new Map(
    rows.map(({ variant, spent, reserved, is_held }) => [
      variant,
      { spent: microUsd(Number(spent)), reserved: microUsd(Number(reserved)), isHeld: is_held },
    ]),
  );
}

/** Orders of a group that may still cost money or hold a reservation. */
export async function openIntents(queries: Queries, group: GroupId): Promise<readonly Intent[]> {
  const rows = await queries.videoGenerationJob.findMany({
    where: {
      videoVariant: { variantGroupId: group },
      OR: [
        { submissionState: { in: ['reserved', 'claimed'] } },
        { submissionState: 'accepted', jobStatus: { in: ['submitted', 'processing'] } },
      ],
    },
    include: INTENT_PARTS,
  });
  return rows.map(asIntent);
}

/** Which of these provider job ids belong to an intent already. */
export async function takenJobIds(queries: Queries, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await queries.videoGenerationJob.findMany({
    where: { soraJobId: { in: [...ids] } },
    select: { soraJobId: true },
  });
  return new Set(rows.flatMap(({ soraJobId }) => (soraJobId === null ? [] : [soraJobId])));
}

/** How many other orders with this very prompt were sent and have no job id: any of them could own a job found. */
export async function unsettledTwins(queries: Queries, intent: Intent, prompt: string): Promise<number> {
  return queries.videoGenerationJob.count({
    where: {
      id: { not: intent.id },
      submissionState: { in: ['claimed', 'held'] },
      videoVariant: { promptText: prompt },
    },
  });
}

export async function intentById(queries: Queries, id: JobId): Promise<Intent> {
  return asIntent(
    await queries.videoGenerationJob.findUniqueOrThrow({ where: { id }, include: INTENT_PARTS }),
  );
}

async function intentByKey(queries: Queries, idempotencyKey: string): Promise<Intent> {
  return asIntent(
    await queries.videoGenerationJob.findUniqueOrThrow({ where: { idempotencyKey }, include: INTENT_PARTS }),
  );
}

const INTENT_PARTS = { videoVariant: { select: { variantGroupId: true } } } as const;
type IntentRow = Prisma.VideoGenerationJobGetPayload<{ include: typeof INTENT_PARTS }>;

function asIntent(row: IntentRow): Intent {
  return {
    id: jobId(row.id),
    groupId: groupId(row.videoVariant.variantGroupId),
    variantId: variantId(row.videoVariantId),
    rendition: row.rendition,
    ordinal: row.ordinal,
    idempotencyKey: row.idempotencyKey,
    state: submissionState(row.submissionState),
    claimedAt: row.claimedAt ?? undefined,
    submitDeadline: row.submitDeadline ?? row.createdAt,
    jobDeadline: row.jobDeadline ?? row.createdAt,
    providerJobId: row.soraJobId ?? undefined,
    heldReason: row.heldReason ?? undefined,
    jobStatus: jobStatus(row.jobStatus),
    jobError: row.jobError ?? undefined,
    reserved: fromUsd(Number(row.reservedUsd ?? 0)),
  };
}

function submissionState(text: string): SubmissionState {
  const state = SUBMISSION_STATES.find((known) => known === text);
  if (state === undefined) throw new TypeError(`unknown submission state ${text}`);
  return state;
}

function jobStatus(text: string): JobStatus {
  const status = JOB_STATUSES.find((known) => known === text);
  if (status === undefined) throw new TypeError(`unknown job status ${text}`);
  return status;
}

async function release(tx: Queries, intent: Intent, note: string): Promise<void> {
  await enter(tx, intent, 'release', intent.reserved, note);
}

/** One line of the budget's book; each kind once a job, so that a repetition changes nothing. */
async function enter(
  tx: Queries,
  intent: Pick<Intent, 'id' | 'groupId'>,
  entry: 'reserve' | 'settle' | 'release',
  amount: MicroUsd,
  note?: string,
): Promise<void> {
  const now = new Date();
  await tx.budgetLedgerEntry.createMany({
    data: [
      {
        variantGroupId: intent.groupId,
        jobId: intent.id,
        entry,
        amountMicroUsd: amount,
        month: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1)),
        note: note === undefined ? null : storable(note),
      },
    ],
    skipDuplicates: true,
  });
}
