import { type GroupId, groupId, type JobId, jobId, type VariantId, variantId } from '../domain/ids.ts';
import { fromUsd, type MicroUsd, usdDecimal } from '../domain/money.ts';
import { formatSize, type VideoSpec } from '../domain/video.ts';
import { type BudgetRules, reserve } from './budget.ts';
import type { Database, Queries } from './client.ts';
import { recordEvent } from './events.ts';
import type { Prisma } from './generated/client.ts';
import { storable } from './json.ts';
import { idempotencyKeyOf, orderIdOf } from './order-records.ts';
import { findOrCreateUser } from './people.ts';

/**
 * What keeps a video from being paid for twice. An intent is written, and its cost reserved, before anything
 * is sent; whoever claims the intent may send the order, once; whoever comes later finds out what became of it.
 *
 * reserved -> claimed -> accepted | refused | held;   claimed -> reserved (certainly not taken)
 * held -> accepted | expired | refused (known after all, or settled by a person);   reserved -> cancelled;   accepted -> cancelled
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
  /** 1 for the first order of this rendition, and one more for each that a person asked for, or a stuck job brought. */
  readonly ordinal: number;
  readonly idempotencyKey: string;
  readonly state: SubmissionState;
  readonly claimedAt: Date | undefined;
  /** Nobody sends the order after this; set by whoever claims it. */
  readonly submitDeadline: Date | undefined;
  /** When the provider took the order. */
  readonly submittedAt: Date | undefined;
  /** When the job counts as stuck; set once the provider has accepted the order. */
  readonly jobDeadline: Date | undefined;
  readonly providerJobId: string | undefined;
  readonly heldReason: string | undefined;
  readonly jobStatus: JobStatus;
  readonly jobError: string | undefined;
  /** How often the provider was asked about the job, as far as it is on record. */
  readonly polls: number;
  readonly reserved: MicroUsd;
  /** What the provider said, when it took the order, that it will cost; not every provider does. */
  readonly announced: MicroUsd | undefined;
  /** As it was ordered. */
  readonly size: string | undefined;
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
  readonly by: string;
  /** What is said of the job that got stuck, for an order that replaces it by itself. */
  readonly afterStuckJob?: string | undefined;
}

/** One intent. @throws PreconditionFailed (BUDGET_EXCEEDED) like `writeIntents` */
export async function openIntent(
  database: Database,
  intent: NewIntent,
  rules?: BudgetRules,
  now?: Date,
): Promise<Intent> {
  const [written] = await writeIntents(database, [intent], rules, now);
  if (written === undefined)
    throw new TypeError(`no intent for ${idempotencyKeyOf(intent)} after it was written`);
  return written;
}

/**
 * The intents of one group's orders and the reservation of what they cost, in one transaction: all of them or none.
 * Each is written once, however often it is asked for, and in the order given; what was written before costs nothing.
 * @throws PreconditionFailed (BUDGET_EXCEEDED) when a budget has less left than they cost; then there is none
 */
export async function writeIntents(
  database: Database,
  intents: readonly NewIntent[],
  rules: BudgetRules = { defaultMonthlyCap: undefined },
  now = new Date(),
): Promise<readonly Intent[]> {
  const [first] = intents;
  if (first === undefined) return [];
  return database.$transaction(async (tx) => {
    const createdBy = await findOrCreateUser(tx, first.by);
    const rows = await tx.videoGenerationJob.createManyAndReturn({
      data: intents.map((intent) => newRow(intent, createdBy)),
      skipDuplicates: true,
      select: { idempotencyKey: true },
    });
    const isNew = new Set(rows.map(({ idempotencyKey }) => idempotencyKey));
    const written: Intent[] = [];
    for (const intent of intents) written.push(await intentByKey(tx, idempotencyKeyOf(intent)));
    const opened = written.filter(({ idempotencyKey }) => isNew.has(idempotencyKey));
    if (opened.length === 0) return written;
    await reserve(tx, first.groupId, opened, rules, now);
    await resumeIntent(tx, first);
    for (const intent of opened) await recordOrder(tx, intent, first);
    return written;
  }, WAITS_IN_LINE);
}

/** Milliseconds. Orders under one budget wait for each other, and many may come at once. */
const WAITS_IN_LINE = { maxWait: 20_000, timeout: 20_000 };

function newRow(intent: NewIntent, createdBy: string) {
  const { video, price } = intent;
  const idempotencyKey = idempotencyKeyOf(intent);
  return {
    id: orderIdOf(idempotencyKey),
    videoVariantId: intent.variantId,
    rendition: intent.rendition,
    ordinal: intent.ordinal,
    idempotencyKey,
    provider: intent.provider,
    providerAccount: intent.providerAccount,
    model: video.model,
    width: video.width,
    height: video.height,
    seconds: video.seconds,
    reservedUsd: usdDecimal(price),
    createdBy,
  };
}

async function recordOrder(
  tx: Queries,
  intent: Intent,
  { by, afterStuckJob }: Pick<NewIntent, 'by' | 'afterStuckJob'>,
): Promise<void> {
  const { id, groupId, variantId, rendition, ordinal, size, reserved } = intent;
  await recordEvent(tx, {
    groupId,
    event: 'video ordered',
    actor: afterStuckJob === undefined ? by : 'screentest',
    details: {
      variantId,
      rendition,
      ordinal,
      ...(size && { size }),
      reservedMicroUsd: reserved,
      ...(afterStuckJob !== undefined && { reason: afterStuckJob }),
    },
    key: `ordered/${id}`,
  });
}

/** True for the one caller that may send the order now, until `submitDeadline`. */
export async function claimIntent(
  database: Database,
  id: JobId,
  submitDeadline: Date,
  claimedAt = new Date(),
): Promise<boolean> {
  const { count } = await database.videoGenerationJob.updateMany({
    where: { id, submissionState: 'reserved' },
    data: { submissionState: 'claimed', claimedAt, submitDeadline },
  });
  return count === 1;
}

/**
 * An order that is known to have been claimed then, and whose row knows nothing of it, since the database was put back:
 * it counts as claimed, and is not sent again.
 */
export async function rememberClaim(queries: Queries, id: JobId, claimedAt: Date): Promise<void> {
  await queries.videoGenerationJob.updateMany({
    where: { id, submissionState: 'reserved', OR: [{ claimedAt: null }, { claimedAt: { lt: claimedAt } }] },
    data: { submissionState: 'claimed', claimedAt, submitDeadline: claimedAt },
  });
}

/**
 * The order was certainly not taken (the connection was refused, or a rate limit said so): it may be sent later. When it
 * was claimed stays on record: whoever remembers that claim sees that it was given back.
 */
export async function returnClaim(database: Database, id: JobId): Promise<void> {
  await database.videoGenerationJob.updateMany({
    where: { id, submissionState: 'claimed' },
    data: { submissionState: 'reserved', submitDeadline: null },
  });
}

/**
 * The provider's job id, the moment it is known. It settles a held intent too: the job was found after all.
 * The job's time begins here: an order may have waited long for the provider to be there.
 * @param announced what the provider says at once that the job will cost
 */
export async function acceptIntent(
  database: Queries,
  id: JobId,
  providerJobId: string,
  jobTimeoutMinutes: number,
  announced?: MicroUsd,
): Promise<Intent> {
  return database.$transaction(async (tx) => {
    const now = new Date();
    await tx.videoGenerationJob.updateMany({
      where: { id, submissionState: { in: ['claimed', 'held'] } },
      data: {
        submissionState: 'accepted',
        soraJobId: providerJobId,
        jobStatus: 'submitted',
        jobSubmittedAt: now,
        jobDeadline: new Date(now.getTime() + jobTimeoutMinutes * 60_000),
        heldReason: null,
        ...(announced !== undefined && { generationCostUsd: usdDecimal(announced) }),
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

/** A person found the job of a held order. */
export async function adoptIntent(
  database: Queries,
  id: JobId,
  found: { readonly providerJobId: string; readonly jobTimeoutMinutes: number; readonly by: string },
): Promise<void> {
  const intent = await acceptIntent(database, id, found.providerJobId, found.jobTimeoutMinutes);
  await recordEvent(database, {
    groupId: intent.groupId,
    event: 'job adopted',
    actor: found.by,
    details: { variantId: intent.variantId, rendition: intent.rendition, providerJobId: found.providerJobId },
    key: `adopted/${id}`,
  });
}

/** The provider has begun to work on the job. */
export async function recordRunning(database: Database, id: JobId): Promise<void> {
  await database.videoGenerationJob.updateMany({
    where: { id, submissionState: 'accepted', jobStatus: 'submitted' },
    data: { jobStatus: 'processing' },
  });
}

/** How often the job was asked about in all, and when last. The count only grows: repeating it changes nothing. */
export async function recordPolls(database: Database, id: JobId, polls: number, lastAt: Date): Promise<void> {
  await database.videoGenerationJob.updateMany({
    where: { id, pollingCount: { lt: polls } },
    data: { pollingCount: polls, lastPolledAt: lastAt },
  });
}

/** The variant waits for this job again, instead of being ordered anew. */
export async function resumeIntent(queries: Queries, intent: Pick<Intent, 'variantId'>): Promise<void> {
  await queries.videoVariant.updateMany({
    where: { id: intent.variantId, generationStatus: { in: ['pending', 'failed'] } },
    data: { generationStatus: 'generating', failureReason: null },
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

export const INTENT_PARTS = { videoVariant: { select: { variantGroupId: true } } } as const;
type IntentRow = Prisma.VideoGenerationJobGetPayload<{ include: typeof INTENT_PARTS }>;

export function asIntent(row: IntentRow): Intent {
  return {
    id: jobId(row.id),
    groupId: groupId(row.videoVariant.variantGroupId),
    variantId: variantId(row.videoVariantId),
    rendition: row.rendition,
    ordinal: row.ordinal,
    idempotencyKey: row.idempotencyKey,
    state: submissionState(row.submissionState),
    claimedAt: row.claimedAt ?? undefined,
    submitDeadline: row.submitDeadline ?? undefined,
    submittedAt: row.jobSubmittedAt ?? undefined,
    jobDeadline: row.jobDeadline ?? undefined,
    providerJobId: row.soraJobId ?? undefined,
    heldReason: row.heldReason ?? undefined,
    jobStatus: jobStatus(row.jobStatus),
    jobError: row.jobError ?? undefined,
    polls: row.pollingCount,
    reserved: fromUsd(Number(row.reservedUsd ?? 0)),
    announced: row.generationCostUsd === null ? undefined : fromUsd(Number(row.generationCostUsd)),
    size:
      row.width === null || row.height === null
        ? undefined
        : formatSize({ width: row.width, height: row.height }),
  };
}

export function submissionState(text: string): SubmissionState {
  const state = SUBMISSION_STATES.find((known) => known === text);
  if (state === undefined) throw new TypeError(`unknown submission state ${text}`);
  return state;
}

function jobStatus(text: string): JobStatus {
  const status = JOB_STATUSES.find((known) => known === text);
  if (status === undefined) throw new TypeError(`unknown job status ${text}`);
  return status;
}
