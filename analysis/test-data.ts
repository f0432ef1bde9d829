import type { Assignment } from '../domain/assignment.ts';
import type { Arm, Cell } from './cells.ts';
import type { AnalysisRules } from './rules.ts';
import type { Guardrail } from './safeguards.ts';
import type { SampleUnits } from './sample-ratio.ts';
import type { AnalysedMetric, DataBasis, DataProblem, Evidence } from './verdict.ts';

/** What a test has brought in so far, and the rules it is decided by. */
export interface TestData {
  readonly metric: AnalysedMetric;
  /** The control first. */
  readonly arms: readonly Arm[];
  /** Settled, and at most one for each arm, platform, cell and day. */
  readonly cells: readonly Cell[];
  /** What was found wrong before there were cells. */
  readonly problems?: readonly DataProblem[];
  /** How many cells were left out before. */
  readonly leftOutCells?: Evidence['leftOutCells'];
  readonly rules?: Partial<AnalysisRules>;
  /** By platform; those left out are observational. */
  readonly assignment?: Readonly<Record<string, Assignment>>;
  /** Platforms that date conversions by themselves, not by the exposure they came from. */
  readonly datedByConversion?: readonly string[];
  /** What the cells were made from, for the evidence. */
  readonly basis?: DataBasis;
  readonly guardrails?: readonly Guardrail[];
  /** Randomised units, where a platform tells them: whether they came in the shares that were meant. */
  readonly units?: readonly SampleUnits[];
}
