import type { Verdict } from '../../analysis/verdict.ts';
import type { Round } from './learned.ts';

/** Which variant the next round is held against, and why that one. */
export interface NextControl {
  readonly variant: string;
  /** `declared`: it is the winner. `leads_best_set`: something is better than the old control, and this is the likeliest. `kept`: nothing took its place. */
  readonly because: 'declared' | 'leads_best_set' | 'kept';
  /** A clause for people. */
  readonly said: string;
}

/**
 * What was declared; else what there was. Only where the evidence has put the old control out does the leader of those that
 * are left take its place: to go on with what is known to be worse would be no caution.
 */
export function controlOf({ variants, verdict, winner }: Round): NextControl {
  const old = variants[0]?.name ?? '';
  if (winner !== undefined) {
    const isShown = verdict?.kind === 'winner' && verdict.winner.name === winner;
    const said = isShown
      ? `${winner} is the winner`
      : `${winner} was declared the winner, which the numbers alone do not call`;
    return { variant: winner, because: 'declared', said };
  }
  if (verdict?.kind === 'best_set' && verdict.survivors.every(({ name }) => name !== old)) {
    const { leader, survivors } = verdict;
    const said = `no winner was called, but ${old} is out: of the ${survivors.length} that may be the best, ${leader.name} leads`;
    return { variant: leader.name, because: 'leads_best_set', said };
  }
  return { variant: old, because: 'kept', said: `${NO_WINNER[verdict?.kind ?? 'none']}, so ${old} stays` };
}

const NO_WINNER: Readonly<Record<Verdict['kind'] | 'none', string>> = {
  none: 'there are no numbers',
  data_problem: 'the numbers have a fault',
  not_enough_evidence: 'the evidence was not enough for a winner',
  winner: 'nobody declared the winner that the numbers call',
  best_set: 'several may be the best, and the control is one of them',
  practically_equivalent: 'the variants make no practical difference',
  keep_running: 'the numbers called no winner',
  blocked: 'what was ahead may not be called',
};
