import { readMoneySettings } from '../config/environment.ts';
import { defaultMonthlyCap, readPricing } from '../config/prices.ts';
import type { BudgetRules } from '../database/budget.ts';
import { findGroupId } from '../database/group-queries.ts';
import { findVenture, ventureByName } from '../database/people.ts';
import {
  type GroupSpend,
  type MonthSpend,
  type SpendFilter,
  spendByGroup,
  spendByMonth,
} from '../database/spend-queries.ts';
import {
  type BudgetReport,
  type MonthlyBudget,
  readGroupBudget,
  readMonthlyBudget,
  setGroupCap,
  setMonthlyCap,
} from '../database/venture-budgets.ts';
import type { Brief } from '../domain/brief.ts';
import { type Budget, formatMonth, monthOf } from '../domain/budget.ts';
import type { GroupId } from '../domain/ids.ts';
import { fromUsd, type MicroUsd, microUsd } from '../domain/money.ts';
import { type Estimate, estimate, variantsThatFit } from '../planning/estimate.ts';
import { withDatabase } from './open.ts';

/** What things cost, what may be spent, and what is. None of it needs Temporal. */

type Environment = NodeJS.ProcessEnv;

export interface EstimateReport extends Estimate {
  /** The group's own budget, as its brief says; undefined where it says nothing. */
  readonly groupBudget: BudgetReport | undefined;
  /** What its venture may spend this month; undefined without a database to ask. */
  readonly monthlyBudget: (MonthlyBudget & { readonly month: string }) | undefined;
  /** How many of its variants, with all their files, the budgets leave room for now. */
  readonly fitting: number;
  readonly fits: boolean;
}

/**
 * What a brief would make, what it costs, and whether the budgets leave room for it.
 * @throws BadInput when it can't be planned or priced, NotFound for a price file that can't be read
 */
export async function estimateStart(brief: Brief, environment: Environment): Promise<EstimateReport> {
  const estimated = estimate(brief, await readPricing(environment));
  const groupBudget = budgetOfBrief(brief);
  const monthlyBudget = await budgetOfVenture(brief, environment);
  const fitting = variantsThatFit(estimated, [groupBudget, monthlyBudget].flatMap(limited));
  return {
    ...estimated,
    groupBudget,
    monthlyBudget,
    fitting,
    fits: fitting === estimated.variants.length,
  };
}

function budgetOfBrief({ budget }: Brief): BudgetReport | undefined {
  if (budget === undefined) return undefined;
  const cap = fromUsd(budget.generationUsd);
  return { cap, left: cap, ...NOTHING_YET };
}

const NOTHING_YET = { spent: microUsd(0), reserved: microUsd(0) };

async function budgetOfVenture(
  brief: Brief,
  environment: Environment,
): Promise<EstimateReport['monthlyBudget']> {
  if (!environment.DATABASE_URL) return undefined;
  const rules = rulesOf(environment);
  const month = monthOf(new Date());
  return withDatabase(environment, async (database) => {
    const id = await ventureByName(database, brief.venture);
    const cap = rules.defaultMonthlyCap;
    const budget =
      id === undefined
        ? {
            cap,
            left: cap,
            ...NOTHING_YET,
            isDefault: true,
            setAt: undefined,
            setBy: undefined,
            reason: undefined,
          }
        : await readMonthlyBudget(database, id, month, rules);
    return { ...budget, month: formatMonth(month) };
  });
}

function limited(budget: BudgetReport | undefined): readonly Budget[] {
  if (budget?.cap === undefined) return [];
  return [{ cap: budget.cap, spent: budget.spent, reserved: budget.reserved }];
}

export function readSpendByMonth(
  environment: Environment,
  filter: SpendFilter,
): Promise<readonly MonthSpend[]> {
  const rules = rulesOf(environment);
  return withDatabase(environment, (database) => spendByMonth(database, filter, rules));
}

export function readSpendByGroup(
  environment: Environment,
  filter: SpendFilter,
): Promise<readonly GroupSpend[]> {
  return withDatabase(environment, (database) => spendByGroup(database, filter));
}

export interface BudgetChange {
  /** Undefined for no limit. */
  readonly cap: MicroUsd | undefined;
  /** E-mail address of who sets it. */
  readonly by: string;
  readonly reason?: string | undefined;
  readonly createVenture: boolean;
}

export interface VentureBudgetReport extends MonthlyBudget {
  readonly venture: string;
  /** `2026-11`, UTC */
  readonly month: string;
}

/** What a venture may spend this month, after the change where there is one. @throws NotFound for an unknown venture */
export async function ventureBudget(
  environment: Environment,
  venture: string,
  change: BudgetChange | undefined,
): Promise<VentureBudgetReport> {
  const rules = rulesOf(environment);
  const month = monthOf(new Date());
  return withDatabase(environment, async (database) => {
    const make = { missing: change?.createVenture ?? false, by: change?.by ?? '' };
    const id = await findVenture(database, venture, make);
    if (change !== undefined) {
      await setMonthlyCap(database, id, change.cap, change.by, change.reason);
    }
    return {
      venture,
      month: formatMonth(month),
      ...(await readMonthlyBudget(database, id, month, rules)),
    };
  });
}

export interface GroupBudgetReport extends BudgetReport {
  readonly groupId: GroupId;
}

/** What a group may spend, after the change where there is one. @throws NotFound for an unknown group */
export async function groupBudget(
  environment: Environment,
  reference: string,
  change: Omit<BudgetChange, 'createVenture'> | undefined,
): Promise<GroupBudgetReport> {
  return withDatabase(environment, async (database) => {
    const groupId = await findGroupId(database, reference);
    if (change !== undefined) {
      await setGroupCap(database, groupId, change.cap, change.by, change.reason);
    }
    return { groupId, ...(await readGroupBudget(database, groupId)) };
  });
}

function rulesOf(environment: Environment): BudgetRules {
  return { defaultMonthlyCap: defaultMonthlyCap(readMoneySettings(environment)) };
}
