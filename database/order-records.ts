import { createHash } from 'node:crypto';
import { type GroupId, type JobId, jobId, type VariantId, variantId } from '../domain/ids.ts';
import { type MicroUsd, microUsd, usdDecimal } from '../domain/money.ts';
import { release, settle } from './budget.ts';
import type { Queries } from './client.ts';
import { recordEvent } from './events.ts';
import { hasJobTable } from './job-table.ts';
import { storable } from './json.ts';
import { orderOf } from './video-orders.ts';

/**
 * An order and its account, as plain values that a history can hold: what an activity tells of the order it dealt with,
 * so that the row can be written again should the database lose it. Instants are ISO 8601, amounts micro-dollars.
 */
export interface OrderRecord {
  readonly id: JobId;
  readonly variantId: VariantId;
  readonly rendition: string;
  readonly ordinal: number;
  readonly idempotencyKey: string;
  readonly provider?: string | undefined;
  readonly providerAccount?: string | undefined;
  readonly state: string;
  readonly jobStatus: string;
  readonly providerJobId?: string | undefined;
  readonly orderedAt: string;
  readonly claimedAt?: string | undefined;
  readonly submittedAt?: string | undefined;
  readonly jobDeadline?: string | undefined;
  readonly completedAt?: string | undefined;
  readonly reservedMicroUsd: number;
  /** On the job's row: what was announced for it, or what it cost; in US dollars, with four decimals. */
  readonly jobCostUsd?: string | undefined;
  /** In the book; undefined while it is neither charged nor released. */
  readonly spentMicroUsd?: number | undefined;
  /** Why it is held, or what went wrong; shortened. */
  readonly note?: string | undefined;
  /** Who asked for it: an id, so that a history names nobody by it. */
  readonly createdBy?: string | undefined;
}

/** Of a provider's long answer a history needs no more. */
const KEPT_NOTE = 500;

/**
 * Made of what is ordered and of nothing else: a run or an activity id would change with a workflow reset,
 * and the reset would pay again.
 */
export function idempotencyKeyOf(order: Pick<OrderRecord, 'variantId' | 'rendition' | 'ordinal'>): string {
  return `screentest/${order.variantId}/${order.rendition}/${order.ordinal}`;
}

/**
 * An order's id is made of its key: of what is ordered and nothing else. One whose row was lost has the same id when it
 * is written again, and whatever knows it by its id still finds it.
 */
export function orderIdOf(idempotencyKey: string): JobId {
  const hash = createHash('sha256').update(idempotencyKey).digest('hex');
  const variant = ((Number.parseInt(hash.slice(16, 17), 16) & 0x3) | 0x8).toString(16);
  // A UUID of version 8, whose bits are for whoever makes it to choose (RFC 9562, section 5.8).
  return jobId(
    [
      hash.slice(0, 8),
      hash.slice(8, 12),
      `8${hash.slice(13, 16)}`,
      variant + hash.slice(17, 20),
      hash.slice(20, 32),
    ].join('-'),
  );
}

type JobRow = NonNullable<Awaited<ReturnType<Queries['videoGenerationJob']['findUnique']>>>;

/** @returns undefined where there is no such order */
export async function orderRecord(queries: Queries, id: JobId): Promise<OrderRecord | undefined> {
  const row = await queries.videoGenerationJob.findUnique({ where: { id } });
  return row === null ? undefined : asRecord(queries, row);
}

/** Those of a group, or of one of its variants, that brought no video, or none yet. */
export async function ordersWithoutVideo(
  queries: Queries,
  group: GroupId,
  variant?: VariantId,
): Promise<readonly OrderRecord[]> {
  if (!(await hasJobTable(queries))) return [];
  const rows = await queries.videoGenerationJob.findMany({
    where: {
      jobStatus: { not: 'completed' },
      videoVariant: { variantGroupId: group, ...(variant !== undefined && { id: variant }) },
    },
  });
  return Promise.all(rows.map((row) => asRecord(queries, row)));
}

async function asRecord(queries: Queries, row: JobRow): Promise<OrderRecord> {
  const account = await accountOf(queries, jobId(row.id));
  return {
    id: jobId(row.id),
    variantId: variantId(row.videoVariantId),
    rendition: row.rendition,
    ordinal: row.ordinal,
    idempotencyKey: row.idempotencyKey,
    provider: row.provider ?? undefined,
    providerAccount: row.providerAccount ?? undefined,
    state: row.submissionState,
    jobStatus: row.jobStatus,
    providerJobId: row.soraJobId ?? undefined,
    orderedAt: row.createdAt.toISOString(),
    claimedAt: row.claimedAt?.toISOString(),
    submittedAt: row.jobSubmittedAt?.toISOString(),
    jobDeadline: row.jobDeadline?.toISOString(),
    completedAt: row.jobCompletedAt?.toISOString(),
    reservedMicroUsd: Math.round(Number(row.reservedUsd ?? 0) * 1e6),
    jobCostUsd: row.generationCostUsd?.toString(),
    spentMicroUsd: account.spent,
    note: (row.heldReason ?? row.jobError)?.slice(0, KEPT_NOTE),
    createdBy: row.createdBy ?? undefined,
  };
}

interface Account {
  readonly hasReserved: boolean;
  /** Undefined while it is open. */
  readonly spent: MicroUsd | undefined;
}

async function accountOf(queries: Queries, id: JobId): Promise<Account> {
  const [row] = await queries.$queryRaw<{ reserved: boolean; closed: boolean; spent: bigint }[]>`
    SELECT coalesce(bool_or(entry = 'reserve'), false) AS reserved,
      coalesce(bool_or(entry <> 'reserve'), false) AS closed,
      coalesce(sum(amount_micro_usd) FILTER (WHERE entry IN ('settle', 'correct')), 0)::bigint AS spent
    FROM budget_ledger WHERE job_id = ${id}::uuid`;
  return {
    hasReserved: row?.reserved === true,
    spent: row?.closed === true ? microUsd(Number(row.spent)) : undefined,
  };
}

/**
 * Writes an order, and its lines of the book, as they are known to have been. A row that knows as much or more is left
 * as it is. That the money is there is not asked: it is spent.
 * @param by whose order it was, for the event that tells of it
 */
export async function restoreOrder(
  tx: Queries,
  groupId: GroupId,
  record: OrderRecord,
  by = 'screentest',
): Promise<void> {
  const known = await tx.videoGenerationJob.findUnique({ where: { id: record.id } });
  if (known === null) await insertOrder(tx, record);
  else if (stageOf(known.submissionState, known.jobStatus) < stageOf(record.state, record.jobStatus)) {
    await tx.videoGenerationJob.update({ where: { id: record.id }, data: standingOf(record) });
  }
  await restoreAccount(tx, groupId, record);
  if (record.providerJobId !== undefined) {
    await tx.videoVariant.updateMany({
      where: { id: record.variantId, generationJobId: null },
      data: { generationJobId: record.providerJobId },
    });
  }
  await tx.videoVariant.updateMany({
    where: { id: record.variantId, generationStatus: 'pending' },
    data: { generationStatus: 'generating' },
  });
  const { variantId, rendition, ordinal, reservedMicroUsd, state, note = '' } = record;
  await recordEvent(tx, {
    groupId,
    event: 'video ordered',
    actor: by,
    details: { variantId, rendition, ordinal, reservedMicroUsd },
    key: `ordered/${record.id}`,
    at: new Date(record.orderedAt),
  });
  if (state !== 'held') return;
  await recordEvent(tx, {
    groupId,
    event: 'submission held',
    actor: 'screentest',
    details: { variantId, ordinal, reason: note },
    key: `held/${record.id}`,
  });
}

async function insertOrder(tx: Queries, record: OrderRecord): Promise<void> {
  const { model, width, height, seconds } = await orderOf(tx, record.variantId, record.rendition);
  const isKnownPerson =
    record.createdBy !== undefined && (await tx.user.count({ where: { id: record.createdBy } })) > 0;
  await tx.videoGenerationJob.create({
    data: {
      id: record.id,
      videoVariantId: record.variantId,
      rendition: record.rendition,
      ordinal: record.ordinal,
      idempotencyKey: record.idempotencyKey,
      provider: record.provider ?? null,
      providerAccount: record.providerAccount ?? null,
      model,
      width,
      height,
      seconds,
      reservedUsd: usdDecimal(microUsd(record.reservedMicroUsd)),
      createdBy: isKnownPerson ? (record.createdBy ?? null) : null,
      createdAt: new Date(record.orderedAt),
      ...standingOf(record),
    },
  });
}

/** How far it came. A job that is done is written as under way: what records its file ends it. */
function standingOf(record: OrderRecord) {
  const isDone = record.jobStatus === 'completed';
  return {
    submissionState: record.state,
    jobStatus: isDone ? 'submitted' : record.jobStatus,
    soraJobId: record.providerJobId ?? null,
    claimedAt: dateOf(record.claimedAt),
    submitDeadline: dateOf(record.claimedAt),
    jobSubmittedAt: dateOf(record.submittedAt),
    jobDeadline: dateOf(record.jobDeadline),
    jobCompletedAt: isDone ? null : dateOf(record.completedAt),
    heldReason: record.state === 'held' ? storable(record.note ?? 'not recorded') : null,
    jobError: record.state === 'held' ? null : (record.note ?? null),
    generationCostUsd: record.jobCostUsd ?? null,
  };
}

function dateOf(text: string | undefined): Date | null {
  return text === undefined ? null : new Date(text);
}

/** Reserved in the month in which it was ordered; closed with what it cost, unless its video does that. */
async function restoreAccount(tx: Queries, groupId: GroupId, record: OrderRecord): Promise<void> {
  const orderedAt = new Date(record.orderedAt);
  const reserved = microUsd(record.reservedMicroUsd);
  if (!(await accountOf(tx, record.id)).hasReserved) {
    await tx.budgetLedgerEntry.create({
      data: {
        variantGroupId: groupId,
        jobId: record.id,
        entry: 'reserve',
        amountMicroUsd: reserved,
        month: new Date(Date.UTC(orderedAt.getUTCFullYear(), orderedAt.getUTCMonth(), 1)),
        createdAt: orderedAt,
      },
    });
  }
  const { spentMicroUsd: spent, jobStatus, id, note } = record;
  const known = (await accountOf(tx, id)).spent;
  if (spent === undefined || jobStatus === 'completed' || known !== undefined) return;
  const order = { id, groupId, reserved };
  if (spent === 0) await release(tx, order, note ?? 'as its history says');
  else await settle(tx, order, microUsd(spent), note);
}

/** The later an order's state, the higher; those of one height exclude each other. */
function stageOf(state: string, jobStatus: string): number {
  if (['completed', 'failed', 'timeout'].includes(jobStatus)) return 4;
  switch (state) {
    case 'accepted':
      return jobStatus === 'pending' ? 2 : 3;
    case 'held':
      return 2;
    case 'claimed':
      return 1;
    case 'reserved':
      return 0;
    default:
      return 4;
  }
}
