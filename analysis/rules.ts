/** What every leader and survivor must have before anything is called. */
export interface MinimumData {
  /** Days on which the arm was shown. */
  readonly days: number;
  /** Conversions in the strata that are compared. */
  readonly conversions: number;
}

/** Looks at which something may be declared, set before the data. */
export interface PlannedLooks {
  /** YYYY-MM-DD, ascending: the last settled day that each look sees. */
  readonly days: readonly string[];
  /** All of these days are over and settled; else a look has come when something was shown on its day or later. */
  readonly haveCome?: boolean;
  /** Conversions of two arms together at which the test is full. */
  readonly pairConversions: number;
}

/**
 * How arms are compared; set before the data, never by what they look like.
 * `anytime_counts`: conversions by chance alone. `anytime_days`: where an arm has good and bad days of its own.
 * `planned_looks`: half the conversions of the first, and nothing is declared between looks.
 */
export type Method = 'anytime_counts' | 'anytime_days' | 'planned_looks';

/** The rules a test is decided by. */
export interface AnalysisRules {
  /** Most chance of calling a winner that is none, over all looks and arms; in (0, 0.5]. */
  readonly falseCallLimit: number;
  /** The smallest relative lift worth finding; sets what the evidence is sharpest for. */
  readonly smallestLift: number;
  /** Relative lifts within this to both sides make no practical difference; null where the brief says nothing. */
  readonly equivalenceMargin: number | null;
  readonly method: Method;
  /** For `planned_looks`, and only for it. */
  readonly looks: PlannedLooks | null;
  readonly minimum: MinimumData;
  /** The test has ended: nothing more will come. */
  readonly isFinal: boolean;
  /** US dollars of media for one exposure; null where it is not known. */
  readonly mediaUsdPerExposure: number | null;
}

/** A week, so that every weekday is in it, and conversions enough for a rate to be within about 40%. */
export const DEFAULT_MINIMUM: MinimumData = { days: 7, conversions: 25 };

export const DEFAULT_RULES: AnalysisRules = {
  falseCallLimit: 0.05,
  smallestLift: 0.1,
  equivalenceMargin: null,
  method: 'anytime_counts',
  looks: null,
  minimum: DEFAULT_MINIMUM,
  isFinal: false,
  mediaUsdPerExposure: null,
};
