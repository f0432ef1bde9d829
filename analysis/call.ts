import type { Verdict } from './verdict.ts';

/** What a verdict decides, in the names of variants. */
export interface Call {
  /** In a few words; the same for every verdict that decides the same. `none` while nothing is decided. */
  readonly said: string;
  /** Whose declaration goes with the evidence; null while it speaks against nobody's. */
  readonly supports: readonly string[] | null;
  /** The winner that may be declared without a person; null for every other verdict. */
  readonly mayDeclare: string | null;
}

const NONE: Call = { said: 'none', supports: null, mayDeclare: null };

export function callOf(verdict: Verdict): Call {
  const forNobody = (said: string): Call => ({ said, supports: [], mayDeclare: null });
  switch (verdict.kind) {
    case 'winner': {
      const { winner, mayBeDeclaredByMachine } = verdict;
      const mayDeclare = mayBeDeclaredByMachine ? winner.name : null;
      return { said: `winner: ${winner.name}`, supports: [winner.name], mayDeclare };
    }
    case 'best_set': {
      const names = verdict.survivors.map(({ name }) => name);
      return { said: `best set: ${names.join(', ')}`, supports: names, mayDeclare: null };
    }
    case 'practically_equivalent':
      return forNobody('practically equivalent');
    case 'blocked':
      return forNobody(`blocked: ${verdict.ahead.name}`);
    case 'data_problem':
      return forNobody('data problem');
    case 'keep_running':
    case 'not_enough_evidence':
      return NONE;
  }
}
