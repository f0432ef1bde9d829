import { monthOf } from '../domain/budget.ts';
import { PreconditionFailed } from '../domain/errors.ts';
import type { GroupId } from '../domain/ids.ts';
import { formatUsd, type MicroUsd, microUsd } from '../domain/money.ts';
import type { TokenCount } from '../domain/text-price.ts';
import { type BudgetRules, lockMonth } from './budget.ts';
import type { Database, Queries } from './client.ts';
import { asJson, storable } from './json.ts';
import { findOrCreateUser } from './people.ts';
import { readMonthlyBudget } from './venture-budgets.ts';

/**
 * What language models were asked for, and what they cost. Not lines of the budget's book: an account there is an
 * order's, of a group that has its row, and words are bought before there is either. They count against a budget of the
 * group's own and, with its videos, against the venture's month.
 */

/** A request that may be sent: of which group, and the exact question by its hash. */
export interface WordingRequest {
  readonly groupId: GroupId;
  readonly ventureId: string;
  /** E-mail address of who started the group. */
  readonly startedBy: string;
  readonly factor: string;
  readonly model: string;
  readonly promptSha256: string;
}

export interface KeptAnswer {
  readonly id: string;
  readonly answer: unknown;
}

/** The group's own answer to the very same question, or one that served another group of the venture, copied. */
export async function findAnswer(
  database: Database,
  request: WordingRequest,
): Promise<KeptAnswer | undefined> {
  const { groupId, ventureId, promptSha256 } = request;
  const [found] = await database.$queryRaw<
    { id: string; answer: unknown; wordings: unknown; is_own: boolean }[]
  >`
    SELECT id, answer, wordings, variant_group_id = ${groupId}::uuid AS is_own FROM level_wordings
    WHERE prompt_sha256 = ${promptSha256} AND venture_id = ${ventureId}::uuid AND state = 'answered'
      AND (variant_group_id = ${groupId}::uuid OR wordings IS NOT NULL)
    ORDER BY is_own DESC, created_at LIMIT 1`;
  if (found === undefined) return undefined;
  if (found.is_own) return { id: found.id, answer: found.answer };
  return database.$transaction(async (tx) => {
    const copy = await tx.levelWording.create({
      data: {
        ...(await newRow(tx, request)),
        state: 'answered',
        answer: asJson(Object(found.answer)),
        wordings: asJson(Object(found.wordings)),
        reservedMicroUsd: 0n,
        costMicroUsd: 0n,
      },
      select: { id: true },
    });
    return { id: copy.id, answer: found.answer };
  });
}

/**
 * Sets aside the most that a request can cost, before it is sent. One of the same question that a worker left behind when
 * it died is lost: it may have been charged, and counts as if it was.
 * @returns the request's id
 * @throws PreconditionFailed (WRITING_BUDGET_EXCEEDED) when the group's budget for words or the venture's month has less
 */
export async function reserveWording(
  database: Database,
  request: WordingRequest,
  most: MicroUsd,
  budget: { readonly group: MicroUsd; readonly rules: BudgetRules },
): Promise<string> {
  const { groupId, ventureId, promptSha256 } = request;
  return database.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${`screentest/writing/${groupId}`}, 0))`;
    await tx.$executeRaw`
      UPDATE level_wordings SET state = 'lost', cost_micro_usd = reserved_micro_usd
      WHERE variant_group_id = ${groupId}::uuid AND prompt_sha256 = ${promptSha256} AND state = 'asked'`;
    const committed = await writingCost(tx, groupId);
    refuseAbove(budget.group, committed, most, 'its budget for words');
    const data = await newRow(tx, request);
    await lockMonth(tx, ventureId, data.month);
    const { cap, spent, reserved } = await readMonthlyBudget(tx, ventureId, data.month, budget.rules);
    if (cap !== undefined)
      refuseAbove(cap, microUsd(spent + reserved), most, "the venture's budget for the month");
    const row = await tx.levelWording.create({
      data: { ...data, reservedMicroUsd: BigInt(most) },
      select: { id: true },
    });
    return row.id;
  });
}

async function newRow(tx: Queries, request: WordingRequest) {
  const { groupId, ventureId, startedBy, factor, model, promptSha256 } = request;
  const createdBy = await findOrCreateUser(tx, startedBy);
  const month = monthOf(new Date());
  return { variantGroupId: groupId, ventureId, factor, model, promptSha256, month, createdBy };
}

function refuseAbove(cap: MicroUsd, committed: MicroUsd, asked: MicroUsd, name: string): void {
  if (committed + asked <= cap) return;
  throw new PreconditionFailed({
    code: 'WRITING_BUDGET_EXCEEDED',
    given: `Asking may cost up to ${formatUsd(asked)}, and of ${formatUsd(cap)} in ${name} ${formatUsd(committed)} is taken`,
  });
}

/** What a group's words cost, what is reserved for them included. */
export async function writingCost(queries: Queries, group: GroupId): Promise<MicroUsd> {
  const [row] = await queries.$queryRaw<{ cost: bigint }[]>`
    SELECT coalesce(sum(coalesce(cost_micro_usd, reserved_micro_usd)), 0)::bigint AS cost
    FROM level_wordings WHERE variant_group_id = ${group}::uuid`;
  return microUsd(Number(row?.cost ?? 0));
}

/** Whatever it says, it was paid for, and isn't asked for again. */
export async function keepAnswer(
  queries: Queries,
  id: string,
  answered: {
    readonly answer: object;
    /** Undefined where the server doesn't count. */
    readonly usage: TokenCount | undefined;
    readonly cost: MicroUsd;
  },
): Promise<void> {
  const { answer, usage, cost } = answered;
  await queries.levelWording.update({
    where: { id },
    data: {
      state: 'answered',
      answer: asJson(answer),
      inputTokens: usage?.inputTokens ?? null,
      outputTokens: usage?.outputTokens ?? null,
      costMicroUsd: BigInt(cost),
    },
  });
}

/** No answer will come: it counts as charged where nobody knows, and was never asked where it surely was not. */
export async function giveUpWording(queries: Queries, id: string, mayBeCharged: boolean): Promise<void> {
  if (mayBeCharged) {
    await queries.$executeRaw`
      UPDATE level_wordings SET state = 'lost', cost_micro_usd = reserved_micro_usd
      WHERE id = ${id}::uuid AND state = 'asked'`;
  } else {
    // Nothing was spent, and nothing of it is to be kept in the venture's months.
    await queries.$executeRaw`UPDATE level_wordings SET reserved_micro_usd = 0 WHERE id = ${id}::uuid AND state = 'asked'`;
    await queries.$executeRaw`DELETE FROM level_wordings WHERE id = ${id}::uuid AND state = 'asked'`;
  }
}

/** What became of an answer. */
export async function judgeAnswer(
  queries: Queries,
  id: string,
  use: { readonly wordings: Readonly<Record<string, string>> } | { readonly problem: string },
): Promise<void> {
  const data = 'wordings' in use ? { wordings: asJson(use.wordings) } : { problem: storable(use.problem) };
  await queries.levelWording.updateMany({ where: { id }, data });
}

/** Of groups that were never planned: nothing else removes them. @returns how many went */
export async function dropStrayWordings(queries: Queries, askedBefore: Date): Promise<number> {
  return queries.$executeRaw`
    DELETE FROM level_wordings w WHERE w.created_at <= ${askedBefore.toISOString()}::timestamptz
      AND NOT EXISTS (SELECT FROM variant_groups g WHERE g.id = w.variant_group_id)`;
}
