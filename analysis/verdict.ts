/** A rate as a test is decided on: so many of the numerator for each of the denominator. */
export interface AnalysedMetric {
  readonly name: string;
  readonly numerator: string;
  readonly denominator: string;
}

/** What every arm must have before anything is said about who leads. */
export interface MinimumData {
  /** Days on which the arm was shown. */
  readonly days: number;
  /** Conversions in the strata that are compared. */
  readonly conversions: number;
}

/** A week, so that every weekday is in it, and conversions enough for a rate to be within about 40%. */
export const DEFAULT_MINIMUM: MinimumData = { days: 7, conversions: 25 };

/** An arm on one platform. */
export interface PlatformEvidence {
  readonly platform: string;
  /** All that was reported there, compared or not. */
  readonly exposures: number;
  readonly conversions: number;
  /** Conversions per exposure under the mix of cells that the arms share; null where nothing is compared. */
  readonly rate: number | null;
  readonly interval95: readonly [number, number] | null;
}

export interface ArmEvidence {
  readonly variantId: string;
  readonly name: string;
  /** All that was reported for the arm, compared or not. */
  readonly exposures: number;
  readonly conversions: number;
  /** Of these, what lies in the strata that are compared. */
  readonly compared: { readonly exposures: number; readonly conversions: number };
  /** Days on which the arm was shown in those strata. */
  readonly days: number;
  /** Observed conversions per exposure, standardised to the strata's shares; in [0, 1]; null if the arm is not compared. */
  readonly rate: number | null;
  /** Equal-tailed 95% credible interval of the standardised rate. It is not corrected for looking daily. */
  readonly interval95: readonly [number, number] | null;
  /** Posterior probability that this arm's rate is the highest; null if the arm is not compared. */
  readonly probabilityBest: number | null;
  /** In units of the rate: what stopping now with this arm would lose on average; null if the arm is not compared. */
  readonly expectedLoss: number | null;
  readonly perPlatform: readonly PlatformEvidence[];
}

/** A platform and comparison cell (ad set, market): rates are compared inside it and never pooled raw across. */
export interface StratumEvidence {
  readonly platform: string;
  readonly cell: string;
  readonly exposures: number;
  readonly conversions: number;
}

export interface UsedStratum extends StratumEvidence {
  /** Its share of all exposures in the comparison; the shares sum to 1. */
  readonly weight: number;
}

export interface LeftOutStratum extends StratumEvidence {
  /**
   * `not_shared`: some compared arm was never shown there. `too_thin`: so few exposures of some arm that under
   * one conversion was to be expected, where the prior's half conversion would outweigh the data.
   */
  readonly reason: 'not_shared' | 'too_thin';
  /** Names of the arms that are missing or thin there. */
  readonly arms: readonly string[];
}

export interface Evidence {
  readonly metric: AnalysedMetric;
  /** In the order they were given. */
  readonly arms: readonly ArmEvidence[];
  /** Days with exposures of any arm in the strata used (in all, if none is), and the first and the last (YYYY-MM-DD). */
  readonly days: number;
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  readonly minimum: MinimumData;
  readonly strata: { readonly used: readonly UsedStratum[]; readonly leftOut: readonly LeftOutStratum[] };
}

export type DataProblemCode =
  | 'unknown_arm'
  | 'bad_day'
  | 'bad_count'
  | 'duplicate_day'
  | 'conversions_exceed_exposures'
  | 'one_arm_with_data'
  | 'no_shared_stratum';

/** What is wrong with the data, and where; whatever of the place applies. */
export interface DataProblem {
  readonly code: DataProblemCode;
  /** A clause for people: what was found. */
  readonly found: string;
  readonly variantId?: string;
  readonly platform?: string;
  readonly cell?: string;
  readonly day?: string;
}

/** How far one arm is from the minimum; numbers still needed, 0 where there is enough. */
export interface ArmShortfall {
  readonly variantId: string;
  readonly name: string;
  readonly days: number;
  readonly conversions: number;
}

/** Someone must look at the data before anything can be said. Its evidence has counts only. */
export interface DataProblemVerdict {
  readonly kind: 'data_problem';
  /** At least one. */
  readonly problems: readonly DataProblem[];
  readonly evidence: Evidence;
}

/** The minimum is not reached; the arms that miss something, at least one. */
export interface NotEnoughEvidence {
  readonly kind: 'not_enough_evidence';
  readonly missing: readonly ArmShortfall[];
  readonly evidence: Evidence;
}

/** There is enough to say who leads, and nothing that a machine may call. */
export interface KeepRunning {
  readonly kind: 'keep_running';
  /** The arm with the least expected loss, which is the one with the highest expected rate. */
  readonly leader: {
    readonly variantId: string;
    readonly name: string;
    readonly probabilityBest: number;
    readonly expectedLoss: number;
  };
  /** The next by expected loss. */
  readonly runnerUp: { readonly variantId: string; readonly name: string };
  readonly evidence: Evidence;
}

/**
 * What the analysis says: plain data that survives JSON, without NaN. A machine names no winner from P(best):
 * as a stopping rule it calls one in 36% of tests without any difference. `winner`, `best_set`,
 * `practically_equivalent` and `blocked` become members with a method that may be looked at daily.
 */
export type Verdict = DataProblemVerdict | NotEnoughEvidence | KeepRunning;
