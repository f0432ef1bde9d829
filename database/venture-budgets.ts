import { randomUUID } from 'node:crypto';
import { type Budget, leftIn } from '../domain/budget.ts';
import type { GroupId } from '../domain/ids.ts';
import { type MicroUsd, microUsd, sumUsd } from '../domain/money.ts';
import { amountOf, type BudgetRules, committedIn } from './budget.ts';
import type { Database, Queries } from './client.ts';
import { recordEvent } from './events.ts';
import { asJson } from './json.ts';
import { findOrCreateUser } from './people.ts';

/** The caps themselves: who may spend how much. What counts against them is in `budget.ts`. */

/** What may be spent and what is: `cap` and `left` are undefined where there is no limit. */
export interface BudgetReport extends Omit<Budget, 'cap'> {
  readonly cap: MicroUsd | undefined;
  readonly left: MicroUsd | undefined;
}

export interface MonthlyBudget extends BudgetReport {
  /** Nobody has set one for this venture; it is the one for all. */
  readonly isDefault: boolean;
  /** When the one that holds was set; undefined for the default. */
  readonly setAt: Date | undefined;
  readonly setBy: string | undefined;
  readonly reason: string | undefined;
}

/** What a venture may spend in a month. */
export async function readMonthlyBudget(
  queries: Queries,
  ventureId: string,
  month: Date,
  rules: BudgetRules,
): Promise<MonthlyBudget> {
  const own = await queries.ventureBudget.findFirst({
    where: { ventureId },
    orderBy: { id: 'desc' },
    include: { creator: { select: { email: true } } },
  });
  const cap = own === null ? rules.defaultMonthlyCap : amountOf(own.monthlyCapMicroUsd);
  return {
    ...report(cap, await committedIn(queries, ventureId, month)),
    isDefault: own === null,
    setAt: own?.createdAt,
    setBy: own?.creator?.email ?? undefined,
    reason: own?.reason ?? undefined,
  };
}

/** @param cap undefined for no limit */
export async function setMonthlyCap(
  database: Database,
  ventureId: string,
  cap: MicroUsd | undefined,
  by: string,
  reason?: string,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const createdBy = await findOrCreateUser(tx, by);
    await tx.ventureBudget.create({
      data: { ventureId, monthlyCapMicroUsd: cap ?? null, createdBy, reason: reason ?? null },
    });
  });
}

export async function readGroupBudget(queries: Queries, group: GroupId): Promise<BudgetReport> {
  const [row] = await queries.$queryRaw<{ cap: bigint | null; spent: bigint; reserved: bigint }[]>`
    SELECT (g.variant_group_settings ->> 'generationCapMicroUsd')::bigint AS cap,
      coalesce(sum(s.spent_micro_usd), 0)::bigint AS spent,
      coalesce(sum(s.reserved_micro_usd), 0)::bigint AS reserved
    FROM variant_groups g LEFT JOIN generation_spend s ON s.variant_group_id = g.id
    WHERE g.id = ${group}::uuid
    GROUP BY g.id`;
  return report(amountOf(row?.cap ?? null), {
    spent: microUsd(Number(row?.spent ?? 0)),
    reserved: microUsd(Number(row?.reserved ?? 0)),
  });
}

/** The same, for whoever has read what its variants cost. @param cap as its settings have it, in millionths of a dollar */
export function groupBudgetOf(
  cap: bigint | null,
  spends: readonly Pick<Budget, 'spent' | 'reserved'>[],
): BudgetReport {
  return report(amountOf(cap), {
    spent: sumUsd(spends.map(({ spent }) => spent)),
    reserved: sumUsd(spends.map(({ reserved }) => reserved)),
  });
}

/** On the group's record as well, with who did it. @param cap undefined for no limit */
export async function setGroupCap(
  database: Database,
  group: GroupId,
  cap: MicroUsd | undefined,
  by: string,
  reason?: string,
): Promise<void> {
  await database.$transaction(async (tx) => {
    const before = await readGroupBudget(tx, group);
    if (before.cap === cap) return;
    const amount = cap === undefined ? null : BigInt(cap);
    await tx.$executeRaw`
      UPDATE variant_groups
      SET variant_group_settings = (variant_group_settings - 'generationCapMicroUsd') ||
        CASE WHEN ${amount}::bigint IS NULL THEN '{}'::jsonb
          ELSE jsonb_build_object('generationCapMicroUsd', ${amount}::bigint) END
      WHERE id = ${group}::uuid`;
    await recordEvent(tx, {
      groupId: group,
      event: 'budget changed',
      actor: by,
      details: asJson({ fromMicroUsd: before.cap, toMicroUsd: cap, reason }),
      key: `budget/${randomUUID()}`,
    });
  });
}

function report(cap: MicroUsd | undefined, committed: Pick<Budget, 'spent' | 'reserved'>): BudgetReport {
  return { cap, ...committed, left: cap === undefined ? undefined : leftIn({ cap, ...committed }) };
}
