import { analyzeTest } from '../analysis/analyze.ts';
import type { TestData } from '../analysis/test-data.ts';
import type { Verdict } from '../analysis/verdict.ts';
import { readAnalysisData } from '../database/analysis-data.ts';
import { type RoundRecord, readRound } from '../database/campaign-rounds.ts';
import type { Queries } from '../database/client.ts';

/** A round that is on record, with what its numbers say now. */
export interface AnalysedRound extends RoundRecord {
  readonly data: TestData;
  /** Undefined where there are no numbers. */
  readonly verdict: Verdict | undefined;
}

/** @returns undefined for a group that is not there (any more) */
export async function readAnalysedRound(queries: Queries, id: string): Promise<AnalysedRound | undefined> {
  const round = await readRound(queries, id);
  if (round === undefined) return undefined;
  const read = await readAnalysisData(queries, round.id);
  const isFinal = round.status === 'completed' || round.status === 'archived';
  const data = { ...read, rules: { ...read.rules, isFinal } };
  return { ...round, data, verdict: data.cells.length === 0 ? undefined : analyzeTest(data) };
}

/** No campaign is as long; a chain that bites its own tail is cut here. */
export const MOST_ROUNDS = 200;
