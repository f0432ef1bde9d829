import type { Arm } from './cells.ts';
import { type PairEvidence, pairEvidence } from './pair-evidence.ts';
import type { AnalysisRules } from './rules.ts';
import { columnOf, type StratumTable } from './stratum-table.ts';

/** Every arm against every other, over the same strata. */
export interface Contest {
  readonly arms: readonly Arm[];
  /** The arm that is better than each other within the false-call limit; undefined while there is none. */
  readonly winner: Arm | undefined;
  /** Those of which one is the best, within the limit. */
  readonly bestSet: readonly Arm[];
  /** log of the least e-value that an arm is better than another; null for planned looks, or an arm alone. */
  logEBest(arm: Arm): number | null;
  /** log of the mean e-value that others are better than it; null likewise. */
  logENotBest(arm: Arm): number | null;
  /** The first arm against the second. */
  between(first: Arm, second: Arm): PairEvidence | undefined;
}

/**
 * Of `ways` arms in all, each may be called a false winner with limit / ways, so that any is with the limit at most.
 * An arm leaves the best set when the mean of the e-values against it reaches 1 / limit: a mean of e-values is one, whatever
 * their dependence, so that the best arm is lost with the limit at most, however many there are.
 */
export function contestOf(
  table: StratumTable,
  among: readonly number[],
  arms: readonly Arm[],
  isMean: boolean,
  rules: AnalysisRules,
  ways: number,
): Contest {
  const pairs = new Map<Arm, Map<Arm, PairEvidence>>(arms.map((arm) => [arm, new Map()]));
  arms.forEach((first, i) => {
    for (const second of arms.slice(i + 1)) {
      const pair = pairEvidence(
        table,
        among,
        columnOf(table, first.id),
        columnOf(table, second.id),
        isMean,
        rules,
      );
      pairs.get(first)?.set(second, pair);
      pairs.get(second)?.set(first, reversed(pair));
    }
  });
  const against = (arm: Arm): readonly PairEvidence[] => [...(pairs.get(arm)?.values() ?? [])];
  const logENotBest = (arm: Arm): number | null => {
    const logs = known(against(arm).map(({ logEWorse }) => logEWorse));
    return logs === undefined ? null : logMeanExp(logs);
  };
  const isOut = (arm: Arm): boolean => {
    const logE = logENotBest(arm);
    if (logE !== null) return logE >= -Math.log(rules.falseCallLimit);
    return against(arm).some((pair) => pair.isWorse(arms.length - 1));
  };
  return {
    arms,
    winner: arms.find((arm) => arms.length > 1 && against(arm).every((pair) => pair.isBetter(ways))),
    bestSet: arms.filter((arm) => !isOut(arm)),
    logEBest(arm) {
      const logs = known(against(arm).map(({ logEBetter }) => logEBetter));
      return logs === undefined ? null : Math.min(...logs);
    },
    logENotBest,
    between: (first, second) => pairs.get(first)?.get(second),
  };
}

/** log of the mean of exp(values). */
export function logMeanExp(values: readonly number[]): number {
  const largest = Math.max(...values);
  return (
    largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0) / values.length)
  );
}

function known(logs: readonly (number | null)[]): readonly number[] | undefined {
  const there = logs.filter((log) => log !== null);
  return there.length === logs.length && there.length > 0 ? there : undefined;
}

function reversed(pair: PairEvidence): PairEvidence {
  return {
    logEBetter: pair.logEWorse,
    logEWorse: pair.logEBetter,
    get likeliest() {
      return -pair.likeliest;
    },
    information: pair.information,
    isBetter: pair.isWorse,
    isWorse: pair.isBetter,
    interval(ways) {
      const { low, high } = pair.interval(ways);
      return { low: -high, high: -low };
    },
  };
}
