import { fromUsd, type MicroUsd } from '../../domain/money.ts';
import type { Dialect } from './dialects.ts';

/** Dollars; more than any video costs is another unit. */
const HIGHEST_COST = 10_000;

/** What the answer to an order says that it costs. Zero stands for a model that the server has no price for. */
export function reportedCost({ costHeader }: Dialect, headers: Headers): MicroUsd | undefined {
  if (costHeader === undefined) return undefined;
  const cost = Number(headers.get(costHeader) ?? '');
  return cost > 0 && cost <= HIGHEST_COST ? fromUsd(cost) : undefined;
}
