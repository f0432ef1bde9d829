import type { Assignment } from '../domain/assignment.ts';
import type { FactorEffect } from './factor-effects.ts';
import type { AnalysisRules, Method, MinimumData } from './rules.ts';

/** `proportion`: conversions are some of the exposures. `rate`: there may be more of them (results for each dollar). `mean`: n values, their sum and sum of squares. */
export type MetricKind = 'proportion' | 'rate' | 'mean';

/** What a test is decided on: so many of the numerator for each of the denominator. */
export interface AnalysedMetric {
  readonly name: string;
  readonly numerator: string;
  readonly denominator: string;
  /** A proportion where it is left out. */
  readonly kind?: MetricKind;
  /** Platforms whose own metric it is that counts there; of the same kind. */
  readonly onPlatform?: Readonly<Record<string, Omit<AnalysedMetric, 'kind' | 'onPlatform'>>>;
}

/** What the cells were made from, where they come from platforms' reports. */
export interface DataBasis {
  /** By platform: days after which it restates a day no more, and the last day (YYYY-MM-DD) that entered; null for none. */
  readonly settling: Readonly<
    Record<string, { readonly afterDays: number; readonly lastDay: string | null }>
  >;
  /** Windows within which conversions count, as platforms write them. */
  readonly attributionWindows: readonly string[];
  /** ISO 4217. */
  readonly currencies: readonly string[];
  /** Platforms that gave running totals, which were taken apart into days. */
  readonly cumulative: readonly string[];
  /** Platforms whose conversions count for the day on which they came in. */
  readonly datedByConversion: readonly string[];
}

/** The leader against the control on what must not get worse. */
export interface GuardrailEvidence {
  readonly metric: string;
  readonly isWorseWhen: 'higher' | 'lower';
  /** So much worse, relative to the control, is still allowed. */
  readonly tolerated: number;
  /** The leader's relative change against the control's; null for an end that nothing bounds. */
  readonly change: { readonly likeliest: number | null; readonly low: number; readonly high: number | null };
  /** Even the least change that can't be excluded is worse than is tolerated. */
  readonly isBroken: boolean;
}

/** An arm on one platform. */
export interface PlatformEvidence {
  readonly platform: string;
  /** All that was reported there, compared or not. */
  readonly exposures: number;
  readonly conversions: number;
  /** Conversions per exposure under the mix of cells that the arms share; null where nothing is compared. */
  readonly rate: number | null;
  /** Valid however often one looks, at the false-call limit. */
  readonly interval: readonly [number, number] | null;
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
  /** Its last day with exposures, where it is shown no more and the others are; null otherwise. */
  readonly stoppedOn: string | null;
  /** Observed conversions per exposure, standardised to the strata's shares; null if the arm is not compared. */
  readonly rate: number | null;
  /** The rates that can't be excluded at any look, at the false-call limit. */
  readonly interval: readonly [number, number] | null;
  /** Equal-tailed 95% credible interval: what the data say to someone who looks this once. */
  readonly credible95: readonly [number, number] | null;
  /** Posterior probability that this arm's rate is the highest; null if the arm is not compared. No confidence, and no reason to stop. */
  readonly probabilityBest: number | null;
  /** In units of the rate: what stopping now with this arm would lose on average; null if the arm is not compared. */
  readonly expectedLoss: number | null;
  /** Share of the further exposure that would tell the arms apart soonest: advice, nothing acts on it. */
  readonly adviceShare: number | null;
  /** log of the least e-value that it is better than a rival; the call needs log(arms / limit). Null where looks are planned. */
  readonly logEBest: number | null;
  /** log of the e-value that some arm is better than it; it leaves the best set at log(1 / limit). Null where looks are planned. */
  readonly logENotBest: number | null;
  readonly isInBestSet: boolean;
  readonly perPlatform: readonly PlatformEvidence[];
}

/** The leader against one other arm. */
export interface Comparison {
  readonly variantId: string;
  readonly name: string;
  /** Log e-values that the leader is better, and worse; null where looks are planned. */
  readonly logEBetter: number | null;
  readonly logEWorse: number | null;
  /** Relative lift of the leader over this arm: likeliest, and the range that can't be excluded at any look; null for an end that nothing bounds. */
  readonly lift: { readonly likeliest: number | null; readonly low: number; readonly high: number | null };
  /** Holm's adjusted p-value, valid at any look (1 / e); null where looks are planned. */
  readonly pValue: number | null;
}

/** The leader against the next arm, platform by platform. */
export interface AcrossPlatforms {
  readonly rivalId: string;
  readonly perPlatform: readonly {
    readonly platform: string;
    readonly likeliest: number | null;
    readonly low: number;
    readonly high: number | null;
    /** log e-value that some arm is better than the leader here; it harms at log(1 / limit). Null where looks are planned. */
    readonly logEHarm: number | null;
    readonly isHarmful: boolean;
  }[];
  /** Mantel and Haenszel's odds ratio over platforms, and Breslow and Day's test that it is the same on all; of proportions only. */
  readonly oddsRatio: number | null;
  readonly oddsRatio95: readonly [number, number] | null;
  readonly heterogeneityPValue: number | null;
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
   * `other_assignment`: people got to its arms in another way than on the platforms that are compared.
   */
  readonly reason: 'not_shared' | 'too_thin' | 'other_assignment';
  /** Names of the arms that are missing or thin there. */
  readonly arms: readonly string[];
}

/** Something to know about the data that does not forbid a verdict. */
export type FlagCode =
  | 'arms_stopped'
  | 'days_left_out'
  | 'dated_by_conversion'
  | 'simpson'
  | 'platforms_differ'
  | 'days_vary'
  | 'guardrail'
  | 'harm'
  | 'reversal'
  | 'thin_days';

export interface Flag {
  readonly code: FlagCode;
  /** A clause for people. */
  readonly found: string;
}

export interface Evidence {
  readonly metric: AnalysedMetric;
  /** How people got to the arms, on the platforms that are compared; null before there is anything to compare. */
  readonly assignment: Assignment | null;
  readonly method: Method;
  readonly rules: AnalysisRules;
  /** In the order they were given. */
  readonly arms: readonly ArmEvidence[];
  /** Of the leader with every other arm; empty where nothing is compared. */
  readonly comparisons: readonly Comparison[];
  readonly platforms: AcrossPlatforms | null;
  /** Days with exposures of any arm in the strata used (in all, if none is), and the first and the last (YYYY-MM-DD). */
  readonly days: number;
  readonly firstDay: string | null;
  readonly lastDay: string | null;
  readonly minimum: MinimumData;
  readonly strata: { readonly used: readonly UsedStratum[]; readonly leftOut: readonly LeftOutStratum[] };
  /** Cells that were not used: too young to be settled, or of a learning phase. */
  readonly leftOutCells: { readonly unsettled: number; readonly learning: number };
  /** Null where the cells came as they are. */
  readonly basis: DataBasis | null;
  /** Empty where the control leads, or the brief names none. */
  readonly guardrails: readonly GuardrailEvidence[];
  readonly flags: readonly Flag[];
  /** What levels of factors go with; empty where the arms name none, or nothing is compared. */
  readonly factors: readonly FactorEffect[];
}

export type DataProblemCode =
  | 'unknown_arm'
  | 'bad_day'
  | 'bad_count'
  | 'bad_rule'
  | 'duplicate_day'
  | 'conversions_exceed_exposures'
  | 'one_arm_with_data'
  | 'arm_without_data'
  | 'no_shared_stratum'
  | 'two_currencies'
  | 'two_windows'
  | 'cumulative_fell'
  | 'mixed_reporting'
  | 'no_spread'
  | 'late_conversions'
  | 'sample_ratio_mismatch';

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

/** An amount that is not known: at the best that is still plausible, expected, and at the worst; null for "perhaps never". */
export interface Range {
  readonly least: number;
  readonly expected: number | null;
  readonly most: number | null;
}

/** What a call of the leader may still take, if its lift is what it seems (80% range of it). */
export interface Further {
  readonly exposures: Range;
  /** At the exposures of the days so far. */
  readonly days: Range;
  /** US dollars of media; null where the price is not known. */
  readonly mediaUsd: Range | null;
}

interface Named {
  readonly variantId: string;
  readonly name: string;
}

export interface Leader extends Named {
  readonly probabilityBest: number;
  readonly expectedLoss: number;
}

/** Someone must look at the data before anything can be said. Its evidence has counts only. */
export interface DataProblemVerdict {
  readonly kind: 'data_problem';
  /** At least one. */
  readonly problems: readonly DataProblem[];
  readonly evidence: Evidence;
}

/** The minimum is not reached (the arms that miss something), or the test has ended without a call (`further`). */
export interface NotEnoughEvidence {
  readonly kind: 'not_enough_evidence';
  readonly missing: readonly ArmShortfall[];
  readonly further: Further | null;
  readonly evidence: Evidence;
}

/** Nothing can be called yet; more data may change that. */
export interface KeepRunning {
  readonly kind: 'keep_running';
  /** The arm with the least expected loss, which is the one with the highest expected rate. */
  readonly leader: Leader;
  /** The next by expected loss. */
  readonly runnerUp: Named;
  /** Null where nothing can be said of it. */
  readonly further: Further | null;
  readonly evidence: Evidence;
}

/** Better than every rival, within the false-call limit. */
export interface Winner {
  readonly kind: 'winner';
  readonly winner: Leader;
  /** Relative lift over the rivals: from the least of the lower ends to the greatest of the upper ones; null where nothing bounds it. */
  readonly lift: { readonly low: number; readonly high: number | null };
  /** False where delivery was not assigned by chance: an association, which a machine never declares. */
  readonly mayBeDeclaredByMachine: boolean;
  readonly evidence: Evidence;
}

/** Some arms are out; one of these is the best, within the false-call limit. */
export interface BestSet {
  readonly kind: 'best_set';
  readonly leader: Leader;
  readonly survivors: readonly Named[];
  readonly out: readonly Named[];
  readonly further: Further | null;
  readonly evidence: Evidence;
}

/** All that are left differ by less than the brief's margin. */
export interface PracticallyEquivalent {
  readonly kind: 'practically_equivalent';
  readonly arms: readonly Named[];
  /** Relative, as in the brief. */
  readonly margin: number;
  /** The largest relative difference to either side that can't be excluded. */
  readonly largestDifference: number;
  readonly evidence: Evidence;
}

export type BlockCode = 'guardrail' | 'harm' | 'reversal' | 'dated_by_conversion';

/** Ahead by enough to be called, and something forbids it. */
export interface Blocked {
  readonly kind: 'blocked';
  readonly ahead: Leader;
  /** At least one. */
  readonly because: readonly { readonly code: BlockCode; readonly found: string }[];
  readonly evidence: Evidence;
}

/**
 * What the analysis says: plain data that survives JSON, without NaN. P(best) and expected loss are shown and never decide:
 * as a stopping rule P(best) calls a winner in 36% of tests without any difference.
 */
export type Verdict =
  | DataProblemVerdict
  | NotEnoughEvidence
  | Winner
  | BestSet
  | PracticallyEquivalent
  | KeepRunning
  | Blocked;
