import { type Arm, checkCells, named } from './cells.ts';
import { assignmentOf, type Compared, comparison, stoppedArms, type Work } from './compared.ts';
import { type Contest, contestOf } from './contest.ts';
import { armEvidence, bareEvidence, comparisonsOf, flagsOf, withAdvice } from './evidence.ts';
import { factorEffects, type MeasuredArm } from './factor-effects.ts';
import { furtherOf } from './further.ts';
import { armProblems, exceeding, ruleProblems } from './problems.ts';
import { type AnalysisRules, DEFAULT_RULES } from './rules.ts';
import { acrossPlatforms, brokenInWords, guardrailEvidence, reversal } from './safeguards.ts';
import { sampleRatioProblems } from './sample-ratio.ts';
import { type Standing, standings } from './standings.ts';
import { columnOf, groupsOf, shownIn, strataOf, sumOver, tabulate } from './stratum-table.ts';
import type { TestData } from './test-data.ts';
import type {
  ArmEvidence,
  ArmShortfall,
  BlockCode,
  Comparison,
  Evidence,
  Flag,
  Leader,
  Verdict,
} from './verdict.ts';

/**
 * What the data of a test say today. Arms are compared inside a platform, comparison cell and day, never pooled raw;
 * platforms whose people were assigned in different ways are never pooled at all. Never throws and never gives NaN.
 */
export function analyzeTest(data: TestData): Verdict {
  const rules = { ...DEFAULT_RULES, ...data.rules };
  const kind = data.metric.kind ?? 'proportion';
  const { sound, problems: inCells } = checkCells(data.cells, data.arms, kind);
  const table = tabulate(sound, data.arms);
  const groups = groupsOf(table);
  const strata = table.strata.map((_, s) => s);
  const shown = data.arms.filter(({ id }) => shownIn(columnOf(table, id), strata).length > 0);
  const stopped = stoppedArms(table, shown);
  const running = shown.filter(({ id }) => !stopped.has(id));
  const platforms = [...new Set(groups.map(({ platform }) => platform))];
  const byPlatform = new Map(
    platforms.map((platform) => [platform, strataOf(groups.filter((group) => group.platform === platform))]),
  );
  const work: Work = { data, rules, kind, table, groups, strata, byPlatform, stopped, shown, running };

  const compared = comparison(work);
  const found = [
    ...(data.problems ?? []),
    ...ruleProblems(rules),
    ...inCells,
    ...(kind === 'proportion' ? exceeding(work) : []),
    ...sampleRatioProblems(data.units ?? [], data.arms, (platform) => assignmentOf(data, platform)),
  ];
  // What arms seem to lack may be in cells that have a fault.
  const problems = found.length > 0 ? found : armProblems(work, compared);
  if (problems.length > 0) return { kind: 'data_problem', problems, evidence: bareEvidence(work, compared) };
  return verdictOf(work, compared);
}

function verdictOf(work: Work, compared: Compared): Verdict {
  const { data, rules, kind, table, running } = work;
  const among = compared.strata;
  const isMean = kind === 'mean';
  // Nothing is compared while fewer than two run; the rules' share of each arm stays that of all arms there were.
  const contest = contestOf(
    table,
    among,
    compared.used.length > 0 ? running : [],
    isMean,
    rules,
    data.arms.length,
  );
  const standing = standings(table, contest.arms, compared.used, kind, rules.falseCallLimit);
  const ranked = [...contest.arms].sort(
    (one, other) => (standing.get(one.id)?.expectedLoss ?? 0) - (standing.get(other.id)?.expectedLoss ?? 0),
  );
  const first = contest.winner ?? ranked[0];
  const next = ranked.find((arm) => arm !== first);
  if (first === undefined || next === undefined) {
    const evidence = bareEvidence(work, compared);
    return {
      kind: 'not_enough_evidence',
      missing: shortfalls(evidence.arms, rules),
      further: null,
      evidence,
    };
  }

  const rivals = contest.arms.filter((arm) => arm !== first);
  const platforms = acrossPlatforms(
    table,
    compared.whole,
    first,
    rivals,
    next,
    isMean,
    kind === 'proportion',
    rules,
  );
  const usedPlatforms = new Set(compared.used.map(({ platform }) => platform));
  const guardrails = guardrailEvidence(
    data.guardrails ?? [],
    data.arms,
    first,
    (name) => usedPlatforms.has(name),
    rules,
  );
  const turned = reversal(table, among, first, next, isMean);
  const harm = platforms.perPlatform.filter(({ isHarmful }) => isHarmful);
  const dated = (data.datedByConversion ?? []).filter((platform) => usedPlatforms.has(platform));
  const warnings: (Flag & { code: BlockCode })[] = [
    ...guardrails
      .filter(({ isBroken }) => isBroken)
      .map((one) => ({ code: 'guardrail' as const, found: brokenInWords(one, first, data.arms[0]) })),
    ...harm.map(({ platform }) => ({
      code: 'harm' as const,
      found: `on ${platform} a rival does better than ${first.name}`,
    })),
    ...(turned === undefined ? [] : [{ code: 'reversal' as const, found: turned.found }]),
    ...dated.map((platform) => ({
      code: 'dated_by_conversion' as const,
      found: `${platform} dates conversions by the day they came in, which can make a winner of a change of shares`,
    })),
  ];
  const flags = [...warnings, ...flagsOf(work, compared, first, next, platforms.heterogeneityPValue)];
  const arms = data.arms.map((arm) => armEvidence(work, compared, arm, contest, standing));
  const evidence: Evidence = {
    ...bareEvidence(work, compared),
    arms: withAdvice(arms),
    comparisons: comparisonsOf(contest, first, rivals, data.arms.length),
    platforms,
    guardrails,
    flags,
    factors: factorEffects(measuredArms(work, compared, contest.arms, standing)),
  };

  const leader = leaderOf(first, standing);
  const further = furtherOf(work, compared, contest, first, rivals);
  const survivors = contest.bestSet.map(named);
  const isNeeded = ({ variantId }: ArmEvidence) =>
    variantId === first.id || contest.bestSet.some(({ id }) => id === variantId);
  const missing = shortfalls(evidence.arms.filter(isNeeded), rules);
  if (missing.length > 0) return { kind: 'not_enough_evidence', missing, further: null, evidence };
  if (contest.winner !== undefined) {
    if (warnings.length > 0) return { kind: 'blocked', ahead: leader, because: warnings, evidence };
    return {
      kind: 'winner',
      winner: leader,
      lift: liftOverAll(evidence.comparisons),
      mayBeDeclaredByMachine: compared.assignment !== 'observational_delivery',
      evidence,
    };
  }
  if (survivors.length > 1 && survivors.length < contest.arms.length) {
    const out = contest.arms.filter((arm) => !contest.bestSet.includes(arm)).map(named);
    return { kind: 'best_set', leader, survivors, out, further, evidence };
  }
  const margin = rules.equivalenceMargin;
  const largest = margin === null ? undefined : largestDifference(contest, data.arms.length);
  if (margin !== null && largest !== undefined && largest <= margin) {
    return { kind: 'practically_equivalent', arms: survivors, margin, largestDifference: largest, evidence };
  }
  if (rules.isFinal) return { kind: 'not_enough_evidence', missing: [], further, evidence };
  return { kind: 'keep_running', leader, runnerUp: named(next), further, evidence };
}

function shortfalls(arms: readonly ArmEvidence[], { minimum }: AnalysisRules): ArmShortfall[] {
  return arms.flatMap(({ variantId, name, days, compared }) => {
    const short = {
      variantId,
      name,
      days: Math.max(0, minimum.days - days),
      conversions: Math.max(0, minimum.conversions - compared.conversions),
    };
    return short.days > 0 || short.conversions > 0 ? [short] : [];
  });
}

function measuredArms(
  { table, data }: Work,
  { usedStrata }: Compared,
  arms: readonly Arm[],
  standing: ReadonlyMap<string, Standing>,
): readonly MeasuredArm[] {
  if (!data.arms.some(({ factors }) => factors !== undefined)) return [];
  return arms.flatMap((arm) => {
    const own = standing.get(arm.id);
    // One that does not say what it was made with, as once its prompt was changed by hand, tells nothing of any level.
    if (own === undefined || arm.factors === undefined) return [];
    const { exposures, conversions } = sumOver(columnOf(table, arm.id), usedStrata);
    return [{ arm, rate: own.posterior.mean, variance: own.posterior.variance, exposures, conversions }];
  });
}

function leaderOf(arm: Arm, standing: ReadonlyMap<string, Standing>): Leader {
  const { probabilityBest = 0, expectedLoss = 0 } = standing.get(arm.id) ?? {};
  return { ...named(arm), probabilityBest, expectedLoss };
}

function liftOverAll(comparisons: readonly Comparison[]): { low: number; high: number | null } {
  const highs = comparisons.map(({ lift }) => lift.high);
  return {
    low: Math.min(...comparisons.map(({ lift }) => lift.low)),
    high: highs.reduce((largest, high) =>
      largest === null || high === null ? null : Math.max(largest, high),
    ),
  };
}

/** The largest relative difference between two of the arms that are left that can't be excluded; infinite where nothing bounds it. */
function largestDifference({ bestSet, between }: Contest, ways: number): number {
  if (bestSet.length < 2) return Number.POSITIVE_INFINITY;
  const ends = bestSet.flatMap((first) =>
    bestSet.flatMap((second) => {
      const pair = first === second ? undefined : between(first, second);
      return pair === undefined ? [] : [Math.expm1(pair.interval(ways).high)];
    }),
  );
  return Math.max(...ends);
}
