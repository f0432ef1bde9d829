import type { Verdict } from '../../analysis/verdict.ts';
import { type Brief, type BriefInput, MAX_VARIANTS, MIN_VARIANTS, variantCount } from '../../domain/brief.ts';
import { FACTORS, type Factor, type Mutations } from '../../domain/mutations.ts';
import { hopesOf } from './beliefs.ts';
import { type Effect, effectsOver, filmsWith, levelsOf, measuredVideos, type Round } from './learned.ts';
import { firstOf, type LevelsToTry } from './levels-to-try.ts';

/** Which variant the next round is held against, and why that one. */
export interface NextControl {
  readonly variant: string;
  /** `declared`: it is the winner. `leads_best_set`: something is better than the old control, and this is the likeliest. `kept`: nothing took its place. */
  readonly because: 'declared' | 'leads_best_set' | 'kept';
  /** A clause for people. */
  readonly said: string;
}

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

export interface NextRound {
  /** As a person would write it. */
  readonly brief: BriefInput;
  readonly control: NextControl;
  /** Every level that was tried, and every one that will be. */
  readonly levels: readonly LevelChoice[];
  /** What else to know, a sentence each. */
  readonly remarks: readonly string[];
}

export interface NextOptions {
  /** How many; as many as before when left out. */
  readonly variants?: number | undefined;
  /** Share of the levels on trial that are new; the brief's when left out. */
  readonly exploration?: number | undefined;
  /** `factorial` where there are videos enough for it, when left out. */
  readonly design?: 'isolate' | 'factorial' | undefined;
}

/** A level with less chance than this of being better than the control's gives its place to one that was never tried. */
const WORTH_TRYING = 0.3;

/**
 * A brief for the round after these: what won is its control, and beside the control's level of each factor stand the levels
 * that promise most. Pure: the same rounds give the same brief.
 * @param rounds the oldest first, at least one
 * @param toTry what there is to try
 */
export function nextRound(
  rounds: readonly Round[],
  toTry: LevelsToTry,
  options: NextOptions = {},
): NextRound {
  const last = rounds.at(-1);
  if (last === undefined) throw new TypeError('a round after none');
  const control = controlOf(last);
  const variants = options.variants ?? Math.max(MIN_VARIANTS, variantCount(last.brief));
  const exploration = options.exploration ?? last.brief.exploration;
  const design = options.design ?? (variants < LEAST_FOR_FACTORIAL ? 'isolate' : 'isolate');
  const own = { ...firstOf(toTry), ...levelsOf(last, control.variant, toTry) };
  const videos = measuredVideos(rounds, toTry);
  const hope = hopesOf(videos);
  const effects = effectsOver(videos, own);

  const candidates = FACTORS.flatMap((factor) => {
    const against = own[factor];
    if (against === undefined) return [];
    const tried = videos.flatMap(({ levels }) => (levels[factor] === undefined ? [] : [levels[factor]]));
    return [...new Set([...(toTry[factor] ?? []), ...tried])]
      .filter((level) => level !== against)
      .map((level): Candidate => {
        const { chance, gain } = hope(factor, level, against);
        const effect = effects.find((one) => one.factor === factor && one.level === level);
        const films = filmsWith(videos, factor, level);
        const lift = effect === undefined ? null : { lift: effect.lift, low: effect.low, high: effect.high };
        return { factor, level, films, chance, gain, lift };
      });
  });
  const chosen = choose(candidates, slotsOf(design, variants), exploration);
  const factors: Partial<Record<Factor, string[]>> = Object.fromEntries(
    FACTORS.flatMap((factor) => {
      const against = own[factor];
      const levels = chosen.filter((one) => one.factor === factor).map(({ level }) => level);
      return against === undefined || levels.length === 0 ? [] : [[factor, [against, ...levels]] as const];
    }),
  );
  return {
    brief: briefAfter(last, control.variant, own, factors, design, variants, exploration),
    control,
    levels: [...controlChoices(own, factors, videos), ...candidates.flatMap((one) => choiceOf(one, chosen))],
    remarks: remarksOn(last, chosen.length),
  };
}

interface Candidate extends Judged {
  readonly gain: number;
}

/** How many levels are on trial. In a factorial fewer than videos: each is in two of them at least, and some are left to judge by. */
function slotsOf(design: 'isolate' | 'factorial', variants: number): number {
  return design === 'isolate' ? variants - 1 : Math.floor((variants * 5) / 8);
}

/** Fewer videos can't carry two levels twice each and leave something to judge by. */
const LEAST_FOR_FACTORIAL = 4;

/** The share that explores goes to levels never tried, the rest to those that may be better; where one kind runs out, to the other. */
function choose(candidates: readonly Candidate[], slots: number, exploration: number): readonly Candidate[] {
  const promising = candidates
    .filter((one) => fateOf(one) === undefined)
    .toSorted((one, other) => other.gain - one.gain);
  const tried = promising.filter(({ films }) => films > 0);
  const untried = promising.filter(({ films }) => films === 0);
  const chosen: Candidate[] = [];
  const take = (from: readonly Candidate[], upTo: number, isFree: (one: Candidate) => boolean) => {
    for (const one of from) {
      if (chosen.length >= upTo) return;
      if (!chosen.includes(one) && isFree(one)) chosen.push(one);
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

function choiceOf(candidate: Candidate, chosen: readonly Candidate[]): LevelChoice[] {
  const { gain: _, ...judged } = candidate;
  if (chosen.includes(candidate)) {
    if (judged.films === 0) return [{ ...judged, choice: 'new' }];
    const because = judged.lift === null ? 'not_separated' : 'may_be_better';
    return [{ ...judged, choice: 'kept', because }];
  }
  if (judged.films === 0) return [];
  return [{ ...judged, choice: 'dropped', because: fateOf(judged) ?? 'no_room' }];
}

/** The control's own level, of the factors that are on trial or were. */
function controlChoices(
  own: Mutations,
  factors: Readonly<Partial<Record<Factor, readonly string[]>>>,
  videos: Parameters<typeof filmsWith>[0],
): readonly LevelChoice[] {
  return FACTORS.flatMap((factor): LevelChoice[] => {
    const level = own[factor];
    const tried = new Set(videos.map(({ levels }) => levels[factor]));
    if (level === undefined || (factors[factor] === undefined && tried.size < 2)) return [];
    const films = filmsWith(videos, factor, level);
    return [{ factor, level, films, chance: 0.5, lift: null, choice: 'control' }];
  });
}

function controlOf({ variants, verdict, winner }: Round): NextControl {
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

function briefAfter(
  { groupId, brief }: Round,
  variant: string,
  levels: Mutations,
  factors: Partial<Record<Factor, string[]>>,
  design: 'isolate' | 'factorial',
  variants: number,
  exploration: number,
): BriefInput {
  const { id: _, parent: __, factors: ___, variants: ____, ...same } = brief;
  const counts = Object.values(factors).map((levels) => levels?.length ?? 1);
  const room =
    design === 'isolate'
      ? counts.reduce((sum, count) => sum + count - 1, 1)
      : counts.reduce((product, count) => product * count, 1);
  return {
    ...same,
    name: nameAfter(brief.name),
    parent: { group: groupId, variant, levels },
    variants: Math.min(variants, room, MAX_VARIANTS),
    minVariants: Math.min(brief.minVariants, variants, room),
    factors,
    exploration,
  };
}

/** `Espresso launch`, `Espresso launch, round 2`, `Espresso launch, round 3`. */
function nameAfter(name: Brief['name']): string {
  const [, base = name, number = '1'] = /^(.*), round (\d{1,4})$/.exec(name) ?? [];
  const suffix = `, round ${Number(number) + 1}`;
  return `${base.slice(0, 255 - suffix.length)}${suffix}`;
}

function remarksOn({ brief, verdict }: Round, onTrial: number): readonly string[] {
  return [
    ...(typeof brief.variants === 'number'
      ? []
      : ['Its prompts were written by hand and name no levels: nothing is known of levels by them.']),
    ...(verdict === undefined || verdict.kind === 'data_problem'
      ? ['Nothing was learned of levels by this round.']
      : []),
    ...(onTrial === 0 ? ['There is no level left that is worth trying.'] : []),
  ];
}
