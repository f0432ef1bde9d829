import { type Spend, spendOf } from '../database/budget.ts';
import type { Queries } from '../database/client.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';

/** What all the orders of a variant cost, as its workflow keeps it. */
export interface VariantSpend {
  readonly spentMicroUsd: number;
  readonly reservedMicroUsd: number;
  /** Of two answers the one with more lines is the newer: the book only grows. */
  readonly bookLines: number;
}

export async function spendOfVariant(
  queries: Queries,
  group: GroupId,
  variant: VariantId,
): Promise<VariantSpend> {
  return variantSpend(await spendOf(queries, group, variant));
}

export function variantSpend({ spent, reserved, bookLines }: Spend): VariantSpend {
  return { spentMicroUsd: spent, reservedMicroUsd: reserved, bookLines };
}
