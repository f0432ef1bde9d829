import { type Arm, type Cell, checkCells } from './cells.ts';
import { logMeanExp } from './contest.ts';
import { mantelHaenszel, type PairTable } from './mantel-haenszel.ts';
import { estimatedLift, pairEvidence, relativeLift } from './pair-evidence.ts';
import type { AnalysisRules } from './rules.ts';
import {
  columnOf,
  type StratumGroup,
  type StratumTable,
  strataOf,
  sumOver,
  tabulate,
} from './stratum-table.ts';
import type { AcrossPlatforms, AnalysedMetric, Flag, GuardrailEvidence } from './verdict.ts';

/** What must not get worse, whoever wins: compared with the first arm, the control. */
export interface Guardrail {
  readonly metric: AnalysedMetric;
  readonly cells: readonly Cell[];
  readonly isWorseWhen: 'higher' | 'lower';
  /** So much worse, relative to the control, is still allowed; nothing where it is left out. */
  readonly tolerated?: number;
}

/** Where there are two platforms or one: the leader against the next arm on each, and against all for harm. */
export function acrossPlatforms(
  table: StratumTable,
  groups: readonly StratumGroup[],
  leader: Arm,
  rivals: readonly Arm[],
  next: Arm,
  isMean: boolean,
  isProportion: boolean,
  rules: AnalysisRules,
): AcrossPlatforms {
  const platforms = [...new Set(groups.map(({ platform }) => platform))];
  const column = ({ id }: Arm) => columnOf(table, id);
  const perPlatform = platforms.map((platform) => {
    const strata = strataOf(groups.filter((group) => group.platform === platform));
    const pairs = rivals.map((rival) => ({
      rival,
      pair: pairEvidence(table, strata, column(leader), column(rival), isMean, rules),
    }));
    const logs = pairs.map(({ pair }) => pair.logEWorse).filter((log) => log !== null);
    const logEHarm = logs.length === pairs.length && logs.length > 0 ? logMeanExp(logs) : null;
    const isHarmful =
      logEHarm === null
        ? pairs.some(({ pair }) => pair.isWorse(pairs.length))
        : logEHarm >= -Math.log(rules.falseCallLimit);
    const beside = pairs.find(({ rival }) => rival === next)?.pair;
    return { platform, ...relativeLift(beside, 2), logEHarm, isHarmful };
  });
  const odds = isProportion
    ? mantelHaenszel(
        platforms.map((platform): PairTable => {
          const strata = strataOf(groups.filter((group) => group.platform === platform));
          const one = sumOver(column(leader), strata);
          const other = sumOver(column(next), strata);
          return {
            converted: [one.conversions, other.conversions],
            others: [one.exposures - one.conversions, other.exposures - other.conversions],
          };
        }),
      )
    : undefined;
  const { ratio = null, logError = null } = odds ?? {};
  return {
    rivalId: next.id,
    perPlatform,
    oddsRatio: ratio,
    oddsRatio95:
      ratio === null || logError === null
        ? null
        : [ratio * Math.exp(-1.959964 * logError), ratio * Math.exp(1.959964 * logError)],
    heterogeneityPValue: odds?.heterogeneity?.pValue ?? null,
  };
}

/** A lift this recent is looked at by itself. */
const RECENT_DAYS = 7;
/** One in forty: so unlikely a drop is taken for one. */
const DROP_Z = 1.96;

/** Says so when the leader's lead over the next arm is gone, or much smaller, in the last 7 days. */
export function reversal(
  table: StratumTable,
  strata: readonly number[],
  leader: Arm,
  next: Arm,
  isMean: boolean,
): Flag | undefined {
  const days = [...new Set(strata.map((s) => table.strata[s]?.day ?? ''))].sort();
  if (days.length <= RECENT_DAYS) return undefined;
  const from = days.at(-RECENT_DAYS) ?? '';
  const isRecent = (s: number) => (table.strata[s]?.day ?? '') >= from;
  const liftOver = (some: readonly number[]) =>
    estimatedLift(some, columnOf(table, leader.id), columnOf(table, next.id), isMean);
  const recent = liftOver(strata.filter(isRecent));
  const earlier = liftOver(strata.filter((s) => !isRecent(s)));
  if (recent === undefined || earlier === undefined) return undefined;
  const now = recent.lift;
  const drop = (earlier.lift - now) / Math.sqrt(recent.variance + earlier.variance);
  if (now > 0 && drop < DROP_Z) return undefined;
  const found =
    now <= 0
      ? `in the last ${RECENT_DAYS} days ${leader.name} was not ahead of ${next.name}`
      : `in the last ${RECENT_DAYS} days ${leader.name}'s lead over ${next.name} was much smaller than before`;
  return { code: 'reversal', found };
}

/** How the leader does against the control on each guardrail; nothing where it is the control. */
export function guardrailEvidence(
  guardrails: readonly Guardrail[],
  arms: readonly Arm[],
  leader: Arm,
  isComparedPlatform: (platform: string) => boolean,
  rules: AnalysisRules,
): readonly GuardrailEvidence[] {
  const [control] = arms;
  if (control === undefined || control === leader) return [];
  return guardrails.map(({ metric, cells, isWorseWhen, tolerated = 0 }) => {
    const kind = metric.kind ?? 'proportion';
    const { sound } = checkCells(cells, arms, kind);
    const table = tabulate(
      sound.filter(({ platform }) => isComparedPlatform(platform)),
      arms,
    );
    const pair = pairEvidence(
      table,
      table.strata.map((_, s) => s),
      columnOf(table, leader.id),
      columnOf(table, control.id),
      kind === 'mean',
      rules,
    );
    const { low, high } = pair.interval(1);
    return {
      metric: metric.name,
      isWorseWhen,
      tolerated,
      change: relativeLift(pair, 1),
      isBroken: isWorseWhen === 'higher' ? low > Math.log1p(tolerated) : high < Math.log1p(-tolerated),
    };
  });
}

export function brokenInWords(
  { metric, isWorseWhen, tolerated }: GuardrailEvidence,
  leader: Arm,
  control: Arm | undefined,
): string {
  const by = tolerated > 0 ? ` by more than ${Number((100 * tolerated).toPrecision(3))}%` : '';
  return `${leader.name}'s ${metric.replaceAll('_', ' ')} is ${isWorseWhen} than ${control?.name}'s${by}`;
}

/** Counts that vary between days this much more than by chance are told of. */
const NOTABLE_DISPERSION = 1.5;

/** Variance of the daily differences over what chance alone gives; about 1 where conversions come independently. Undefined under 5 days. */
export function dayDispersion(
  table: StratumTable,
  strata: readonly number[],
  first: Arm,
  second: Arm,
  isMean: boolean,
): number | undefined {
  const byDay = new Map<string, number[]>();
  for (const s of strata) {
    const day = table.strata[s]?.day ?? '';
    byDay.set(day, [...(byDay.get(day) ?? []), s]);
  }
  const liftOver = (some: readonly number[]) =>
    estimatedLift(some, columnOf(table, first.id), columnOf(table, second.id), isMean);
  const days = [...byDay.values()].map(liftOver).filter((day) => day !== undefined);
  const whole = liftOver(strata);
  if (days.length < 5 || whole === undefined) return undefined;
  const squares = days.reduce((sum, day) => sum + (day.lift - whole.lift) ** 2 / day.variance, 0);
  return squares / (days.length - 1);
}

export function isNotableDispersion(dispersion: number | undefined): boolean {
  return dispersion !== undefined && dispersion > NOTABLE_DISPERSION;
}
