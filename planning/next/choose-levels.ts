import type { Factor } from '../../domain/mutations.ts';
import type { Effect } from './learned.ts';

interface Judged {
  readonly factor: Factor;
  readonly level: string;
  /** Films that carried it so far. */
  readonly films: number;
  /** That it is better than the control's level: where to look, not what was found. */
  readonly chance: number;
  /** What it goes with against the control's level; null where nothing may be claimed of it. */
  readonly lift: Pick<Effect, 'lift' | 'low' | 'high'> | null;
}

/**
 * What becomes of a level. Kept: `may_be_better`, or `not_separated` from the films that had it. Dropped: `worse` for sure,
 * `unlikely` to be better, or `no_room`: others promise more, and it may come back.
 */
export type LevelChoice = Judged &
  (
    | { readonly choice: 'control' | 'new' }
    | { readonly choice: 'kept'; readonly because: 'may_be_better' | 'not_separated' }
    | { readonly choice: 'dropped'; readonly because: 'worse' | 'unlikely' | 'no_room' }
  );

/** A level that stands against the control's. */
export interface Candidate extends Judged {
  /** What trying it is worth, on the log rate. */
  readonly gain: number;
}

/** A level with less chance than this of being better than the control's gives its place to one that was never tried. */
const WORTH_TRYING = 0.3;

/**
 * The share that explores goes to levels never tried, the rest to those that may be better; where one kind runs out, to the
 * other.
 * @param mayJoin whether a level can be in one video with each of those that are chosen
 */
export function chooseLevels(
  candidates: readonly Candidate[],
  slots: number,
  exploration: number,
  mayJoin: (one: Candidate, chosen: readonly Candidate[]) => boolean,
): readonly Candidate[] {
  const promising = candidates
    .filter((one) => fateOf(one) === undefined)
    .toSorted((one, other) => other.gain - one.gain);
  const tried = promising.filter(({ films }) => films > 0);
  const untried = promising.filter(({ films }) => films === 0);
  const chosen: Candidate[] = [];
  const take = (from: readonly Candidate[], upTo: number, isFree: (one: Candidate) => boolean) => {
    for (const one of from) {
      if (chosen.length >= upTo) return;
      if (!chosen.includes(one) && isFree(one) && mayJoin(one, chosen)) chosen.push(one);
    }
  };
  // One level a factor, as long as there are factors: two levels are told apart by half as many films each.
  const hasOwnFactor = ({ factor }: Candidate) => chosen.every((taken) => taken.factor !== factor);
  take(tried, slots - Math.min(untried.length, Math.round(slots * exploration)), hasOwnFactor);
  take(untried, slots, hasOwnFactor);
  take(tried, slots, hasOwnFactor);
  take(promising, slots, () => true);
  // A round needs something to try: then whatever was not shown to be worse.
  if (chosen.length === 0) {
    take(
      candidates.toSorted((one, other) => other.gain - one.gain),
      slots,
      (one) => fateOf(one) !== 'worse' && hasOwnFactor(one),
    );
  }
  return chosen;
}

/** Why a level is not tried again, whatever room there is. */
function fateOf({ films, chance, lift }: Judged): 'worse' | 'unlikely' | undefined {
  if (films === 0) return undefined;
  if (lift !== null && lift.high !== null && lift.high < 0) return 'worse';
  return chance < WORTH_TRYING ? 'unlikely' : undefined;
}

/** What became of a candidate; nothing is said of a level that was never tried and is not now. */
export function choiceOf(candidate: Candidate, chosen: readonly Candidate[]): LevelChoice[] {
  const { gain: _, ...judged } = candidate;
  if (chosen.includes(candidate)) {
    if (judged.films === 0) return [{ ...judged, choice: 'new' }];
    const because = judged.lift === null ? 'not_separated' : 'may_be_better';
    return [{ ...judged, choice: 'kept', because }];
  }
  if (judged.films === 0) return [];
  return [{ ...judged, choice: 'dropped', because: fateOf(judged) ?? 'no_room' }];
}
