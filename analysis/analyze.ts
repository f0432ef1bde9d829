import { type Arm, type Cell, type Stratum, totalCells } from './cells.ts';
import { compareArms, type Standing } from './comparison.ts';
import { credibleInterval, standardisedPosterior, type WeightedCounts } from './posterior.ts';
import {
  type AnalysedMetric,
  type ArmEvidence,
  type ArmShortfall,
  type DataProblem,
  DEFAULT_MINIMUM,
  type Evidence,
  type LeftOutStratum,
  type MinimumData,
  type PlatformEvidence,
  type Verdict,
} from './verdict.ts';

export interface TestData {
  readonly metric: AnalysedMetric;
  readonly arms: readonly Arm[];
  /** At most one for each arm, platform, cell and day. */
  readonly cells: readonly Cell[];
  readonly minimum?: MinimumData;
}

/** Under one expected conversion, the half conversion of the prior would speak louder than the data. */
const LEAST_EXPECTED_CONVERSIONS = 1;

/**
 * What the data of a test say today, about a rate that is a proportion. Arms are compared under the mix of
 * strata (platform and cell) that they share, never pooled raw; strata where a compared arm was not shown are
 * named and left out, and an arm that was never shown is not compared. Never throws and never gives NaN.
 */
export function analyzeTest(data: TestData): Verdict {
  const { arms } = data;
  const { strata, problems: found } = totalCells(data.cells, arms);
  const shown = arms.filter(({ id }) => strata.some((stratum) => exposuresOf(stratum, id) > 0));
  const problems = [...found];
  const { used, leftOut } = comparableStrata(strata, shown);

  if (problems.length === 0 && arms.length > 0) {
    const [only] = shown;
    if (only !== undefined && shown.length === 1) problems.push(oneArmWithData(only));
    if (shown.length > 1 && used.length === 0) problems.push(noSharedStratum(strata, shown));
  }
  if (problems.length > 0) {
    return { kind: 'data_problem', problems, evidence: evidenceOf(data, strata, [], [], []) };
  }

  const evidence = evidenceOf(data, strata, shown, used, leftOut);
  const missing = evidence.arms.flatMap((arm) => shortfall(arm, evidence.minimum));
  const [leader, runnerUp] = evidence.arms
    .flatMap(standingOf)
    .sort((one, other) => one.expectedLoss - other.expectedLoss);
  if (missing.length > 0 || leader === undefined || runnerUp === undefined) {
    return { kind: 'not_enough_evidence', missing, evidence };
  }
  return {
    kind: 'keep_running',
    leader,
    runnerUp: { variantId: runnerUp.variantId, name: runnerUp.name },
    evidence,
  };
}

/** The strata in which every compared arm has something to say, and why the others are left out. */
function comparableStrata(
  strata: readonly Stratum[],
  shown: readonly Arm[],
): { used: readonly Stratum[]; leftOut: readonly LeftOutStratum[] } {
  const notShared = new Map(
    strata.map((stratum) => [stratum, shown.filter(({ id }) => exposuresOf(stratum, id) === 0)]),
  );
  const shared = strata.filter((stratum) => notShared.get(stratum)?.length === 0);
  const thin = new Map(
    shared.map((stratum) => {
      const { exposures, conversions } = totalOf(stratum);
      const isThin = ({ id }: Arm) =>
        (exposuresOf(stratum, id) * conversions) / exposures < LEAST_EXPECTED_CONVERSIONS;
      return [stratum, shown.filter(isThin)];
    }),
  );
  // Where all are thin there is no better one to prefer, and the minimum of conversions says what is missing.
  const full = shared.filter((stratum) => thin.get(stratum)?.length === 0);
  const used = full.length > 0 ? full : shared;
  const leftOut = strata.flatMap((stratum): LeftOutStratum[] => {
    if (used.includes(stratum)) return [];
    const { platform, cell } = stratum;
    const absent = notShared.get(stratum) ?? [];
    const reason = absent.length > 0 ? 'not_shared' : 'too_thin';
    const concerned = absent.length > 0 ? absent : (thin.get(stratum) ?? []);
    return [{ platform, cell, ...totalOf(stratum), reason, arms: concerned.map(({ name }) => name) }];
  });
  return { used, leftOut };
}

function evidenceOf(
  { metric, arms, minimum = DEFAULT_MINIMUM }: TestData,
  strata: readonly Stratum[],
  shown: readonly Arm[],
  used: readonly Stratum[],
  leftOut: readonly LeftOutStratum[],
): Evidence {
  const posteriors =
    used.length === 0 ? [] : shown.map(({ id }) => standardisedPosterior(weighted(used, id)));
  const standings = new Map<string, Standing>();
  compareArms(posteriors).forEach((standing, i) => {
    const arm = shown[i];
    if (arm !== undefined) standings.set(arm.id, standing);
  });
  const days = [...daysOf(used.length > 0 ? used : strata)].sort();
  const total = sum(used, (stratum) => totalOf(stratum).exposures);
  return {
    metric,
    arms: arms.map((arm) => armEvidence(arm, strata, used, standings.get(arm.id))),
    days: days.length,
    firstDay: days[0] ?? null,
    lastDay: days.at(-1) ?? null,
    minimum,
    strata: {
      used: used.map((stratum) => {
        const counts = totalOf(stratum);
        return {
          platform: stratum.platform,
          cell: stratum.cell,
          ...counts,
          weight: counts.exposures / total,
        };
      }),
      leftOut,
    },
  };
}

function armEvidence(
  { id, name }: Arm,
  strata: readonly Stratum[],
  used: readonly Stratum[],
  standing: Standing | undefined,
): ArmEvidence {
  const platforms = [
    ...new Set(strata.filter(({ tallies }) => tallies.has(id)).map(({ platform }) => platform)),
  ];
  return {
    variantId: id,
    name,
    ...countsOf(strata, id),
    compared: countsOf(used, id),
    days: daysOf(used, id).size,
    ...rateOf(standing === undefined ? [] : used, id),
    probabilityBest: standing?.probabilityBest ?? null,
    expectedLoss: standing?.expectedLoss ?? null,
    perPlatform: platforms.map((platform): PlatformEvidence => {
      const isHere = (stratum: Stratum) => stratum.platform === platform;
      return {
        platform,
        ...countsOf(strata.filter(isHere), id),
        ...rateOf(standing === undefined ? [] : used.filter(isHere), id),
      };
    }),
  };
}

function rateOf(used: readonly Stratum[], armId: string): Pick<PlatformEvidence, 'rate' | 'interval95'> {
  if (used.length === 0) return { rate: null, interval95: null };
  const counts = weighted(used, armId);
  return {
    rate: sum(counts, ({ weight, exposures, conversions }) => (weight * conversions) / exposures),
    interval95: credibleInterval(standardisedPosterior(counts), 0.95),
  };
}

/** An arm's counts in these strata, each with the stratum's share of all arms' exposures in them. */
function weighted(strata: readonly Stratum[], armId: string): WeightedCounts[] {
  const total = sum(strata, (stratum) => totalOf(stratum).exposures);
  return strata.map((stratum) => ({
    ...countsOf([stratum], armId),
    weight: totalOf(stratum).exposures / total,
  }));
}

function shortfall({ variantId, name, days, compared }: ArmEvidence, minimum: MinimumData): ArmShortfall[] {
  const short = {
    variantId,
    name,
    days: Math.max(0, minimum.days - days),
    conversions: Math.max(0, minimum.conversions - compared.conversions),
  };
  return short.days > 0 || short.conversions > 0 ? [short] : [];
}

function standingOf({ variantId, name, probabilityBest, expectedLoss }: ArmEvidence) {
  return probabilityBest === null || expectedLoss === null
    ? []
    : [{ variantId, name, probabilityBest, expectedLoss }];
}

function oneArmWithData({ id, name }: Arm): DataProblem {
  return { code: 'one_arm_with_data', found: `only ${name} has exposures`, variantId: id };
}

function noSharedStratum(strata: readonly Stratum[], shown: readonly Arm[]): DataProblem {
  const places = shown.map(({ id, name }) => {
    const own = strata.filter((stratum) => exposuresOf(stratum, id) > 0);
    return `${name} on ${own.map(({ platform, cell }) => (cell === '' ? platform : `${platform} (${cell})`)).join(', ')}`;
  });
  return {
    code: 'no_shared_stratum',
    found: `no platform and cell showed all variants: ${places.join('; ')}`,
  };
}

function exposuresOf({ tallies }: Stratum, armId: string): number {
  return tallies.get(armId)?.exposures ?? 0;
}

function countsOf(strata: readonly Stratum[], armId: string) {
  return {
    exposures: sum(strata, (stratum) => exposuresOf(stratum, armId)),
    conversions: sum(strata, ({ tallies }) => tallies.get(armId)?.conversions ?? 0),
  };
}

function totalOf({ tallies }: Stratum) {
  return {
    exposures: sum([...tallies.values()], ({ exposures }) => exposures),
    conversions: sum([...tallies.values()], ({ conversions }) => conversions),
  };
}

/** Days with exposures: of one arm, or of any. */
function daysOf(strata: readonly Stratum[], armId?: string): Set<string> {
  const days = new Set<string>();
  for (const { tallies } of strata) {
    for (const [id, tally] of tallies) {
      if (armId === undefined || id === armId) for (const day of tally.days) days.add(day);
    }
  }
  return days;
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
