import { type Brief, type BriefInput, MAX_VARIANTS, MIN_VARIANTS, variantCount } from '../../domain/brief.ts';
import { FACTORS, type Mutations } from '../../domain/mutations.ts';
import { factorialRange } from '../designs/factorial.ts';
import { isolateSize } from '../designs/isolate.ts';
import type { DesignFactor } from '../designs/runs.ts';
import { hopesOf } from './beliefs.ts';
import { type Candidate, choiceOf, chooseLevels, type LevelChoice } from './choose-levels.ts';
import {
  beyond,
  effectsOver,
  filmsWith,
  levelsOf,
  type MeasuredVideo,
  measuredVideos,
  type Round,
} from './learned.ts';
import type { Repertoire } from './levels-to-try.ts';
import { controlOf, type NextControl } from './next-control.ts';

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

/**
 * A brief for the round after these: what won is its control, and beside the control's level of each factor stand the levels
 * that promise most. Pure: the same rounds give the same brief.
 * @param rounds the oldest first, at least one
 */
export function nextRound(
  rounds: readonly Round[],
  { levels: toTry, unsaid, areCompatible }: Repertoire,
  options: NextOptions = {},
): NextRound {
  const last = rounds.at(-1);
  if (last === undefined) throw new TypeError('a round after none');
  const control = controlOf(last);
  const variants = options.variants ?? Math.max(MIN_VARIANTS, variantCount(last.brief));
  const exploration = options.exploration ?? last.brief.exploration ?? DEFAULT_EXPLORATION;
  const own = { ...unsaid, ...levelsOf(last, control.variant, unsaid) };
  const videos = measuredVideos(rounds, unsaid);
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
  const mayJoin = (one: Candidate, chosen: readonly Candidate[]) =>
    areCompatible({ ...own, [one.factor]: one.level }) &&
    chosen.every((other) => areCompatible({ ...own, [other.factor]: other.level, [one.factor]: one.level }));
  const choose = (slots: number) => chooseLevels(candidates, slots, exploration, mayJoin);
  const trial = trialOf(choose, own, variants, options.design);
  return {
    brief: briefAfter(last, control.variant, beyond(unsaid, own), trial, exploration),
    control,
    levels: [
      ...controlChoices(own, trial, videos),
      ...candidates.flatMap((one) => choiceOf(one, trial.chosen)),
    ],
    remarks: remarksOn(last, trial.chosen.length),
  };
}

/** Measured: a third finds less, and more than a half no more (docs/planning.md). */
const DEFAULT_EXPLORATION = 0.5;

/** What is put against the control, and how it is laid out. */
interface Trial {
  readonly design: 'isolate' | 'factorial';
  readonly variants: number;
  readonly chosen: readonly Candidate[];
  /** The control's level first in each. */
  readonly factors: readonly DesignFactor[];
}

/** Fewer videos can't carry two levels of two factors twice each and leave something to judge by. */
const LEAST_FOR_FACTORIAL = 4;

/**
 * In a factorial there are fewer levels on trial than videos: each is in two of them at least, and some are left to judge by.
 * One factor alone is not crossed with anything.
 */
function trialOf(
  choose: (slots: number) => readonly Candidate[],
  own: Mutations,
  variants: number,
  wanted: Trial['design'] | undefined,
): Trial {
  if (wanted !== 'isolate' && variants >= LEAST_FOR_FACTORIAL) {
    const promising = choose(Math.floor((variants * 5) / 8));
    for (let count = promising.length; count >= 2; count--) {
      const chosen = promising.slice(0, count);
      const factors = factorsOn(chosen, own);
      const range = factorialRange(factors);
      if (range === undefined || range.least > Math.min(variants, range.most)) continue;
      return { design: 'factorial', variants: Math.min(variants, range.most), chosen, factors };
    }
  }
  const chosen = choose(variants - 1);
  const factors = factorsOn(chosen, own);
  return { design: 'isolate', variants: Math.min(variants, isolateSize(factors)), chosen, factors };
}

function factorsOn(chosen: readonly Candidate[], own: Mutations): readonly DesignFactor[] {
  return FACTORS.flatMap((factor) => {
    const against = own[factor];
    const levels = chosen.filter((one) => one.factor === factor).map(({ level }) => level);
    return against === undefined || levels.length === 0 ? [] : [{ factor, levels: [against, ...levels] }];
  });
}

/** The control's own level, of the factors that are on trial or were. */
function controlChoices(
  own: Mutations,
  { factors }: Trial,
  videos: readonly MeasuredVideo[],
): readonly LevelChoice[] {
  return FACTORS.flatMap((factor): LevelChoice[] => {
    const level = own[factor];
    const tried = new Set(videos.map(({ levels }) => levels[factor]));
    if (level === undefined || (!factors.some((one) => one.factor === factor) && tried.size < 2)) return [];
    const films = filmsWith(videos, factor, level);
    return [{ factor, level, films, chance: 0.5, lift: null, choice: 'control' }];
  });
}

function briefAfter(
  { groupId, brief }: Round,
  variant: string,
  levels: Mutations,
  { design, variants, factors }: Trial,
  exploration: number,
): BriefInput {
  const { id: _, ...same } = brief;
  return {
    ...same,
    name: nameAfter(brief.name),
    parent: { group: groupId, variant, levels },
    design,
    variants: Math.min(variants, MAX_VARIANTS),
    minVariants: Math.max(MIN_VARIANTS, Math.min(brief.minVariants, variants)),
    factors: Object.fromEntries(factors.map(({ factor, levels: on }) => [factor, [...on]])),
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
