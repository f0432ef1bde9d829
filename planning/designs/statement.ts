import { type Inseparable, separabilityOf } from '../../analysis/separability.ts';
import type { Design } from '../../domain/design.ts';
import type { Factor } from '../../domain/mutations.ts';
import {
  aliasesOf,
  type Distances,
  dEfficiency,
  distancesOf,
  interactionChains,
  strengthOf,
} from './properties.ts';
import { type DesignFactor, type Layout, levelCounts } from './runs.ts';

/** What a design can tell and what it can't, each figure computed from its variants. */
export interface DesignStatement {
  readonly design: Design;
  readonly construction: string;
  readonly seed: number;
  readonly variants: number;
  /** The levels that are used, the control's first, and how many videos carry each. */
  readonly factors: readonly {
    readonly factor: Factor;
    readonly levels: readonly { readonly level: string; readonly videos: number }[];
  }[];
  /** Levels of the brief or its template that no video carries. */
  readonly leftOut: readonly DesignFactor[];
  /** For each level beside the control's: why its effect can't be told from others; null where it can. */
  readonly effects: readonly {
    readonly factor: string;
    readonly level: string;
    readonly videos: number;
    readonly inseparable: Inseparable | null;
    readonly with: readonly string[];
  }[];
  /** Videos beyond as many as there are effects: what the spread between videos is judged by. */
  readonly spareVideos: number;
  /** 1 for an orthogonal array, 0 where not every effect can be estimated. */
  readonly dEfficiency: number;
  /** Of any so many factors all combinations stand equally often. */
  readonly strength: number;
  /** Of a fraction of two-level factors: 3 and more. Null for any other design. */
  readonly resolution: number | null;
  /** Interactions of two factors that show as if they were a factor's own effect, how much of them, and whether the two are one. */
  readonly aliases: readonly {
    readonly factor: Factor;
    readonly interaction: readonly [Factor, Factor];
    readonly weight: number;
    readonly isSame: boolean;
  }[];
  /** Interactions that can't be told from each other. */
  readonly chains: readonly (readonly (readonly [Factor, Factor])[])[];
  /** In how many of the factors two variants differ; null where no factor varies. */
  readonly distances: Distances | null;
  readonly can: readonly string[];
  readonly cannot: readonly string[];
}

/** @param offered what the layout could choose from */
export function statementOf(
  { design, seed }: { readonly design: Design; readonly seed: number },
  layout: Layout,
  offered: readonly DesignFactor[],
): DesignStatement {
  const { factors, runs } = used(layout);
  const counts = levelCounts(factors);
  const name = (index: number) => factors[index]?.factor ?? 'hook';
  const pair = ([one, other]: readonly [number, number]) => [name(one), name(other)] as const;
  const { levels, spareVideos } = separabilityOf(
    runs.map((run) => ({
      factors: Object.fromEntries(
        factors.map(({ factor, levels }, i) => [factor, levels[run[i] ?? 0] ?? '']),
      ),
    })),
  );
  const strength = strengthOf(runs, counts);
  const isFraction = strength < counts.length;
  const figures = {
    design,
    construction: layout.construction,
    seed,
    variants: runs.length,
    factors: factors.map(({ factor, levels }, i) => ({
      factor,
      levels: levels.map((level, index) => ({
        level,
        videos: runs.filter((run) => run[i] === index).length,
      })),
    })),
    leftOut: leftOutOf(offered, factors),
    effects: levels.map(({ factor, level, videos, because = null, with: others }) => ({
      factor,
      level,
      videos,
      inseparable: because,
      with: others,
    })),
    spareVideos,
    dEfficiency: dEfficiency(runs, counts),
    strength,
    resolution: isFraction && strength >= 2 && counts.every((count) => count === 2) ? strength + 1 : null,
    aliases: aliasesOf(runs, counts).map(({ factor, interaction, ...rest }) => ({
      factor: name(factor),
      interaction: pair(interaction),
      ...rest,
    })),
    chains: interactionChains(runs, counts).map((chain) => chain.map(pair)),
    distances: factors.length === 0 ? null : distancesOf(runs, counts),
  };
  return { ...figures, ...inWords(figures) };
}

/** Without the factors that stay as in the control, and the levels that no run has. */
function used({ factors, runs }: Layout): Pick<Layout, 'factors' | 'runs'> {
  const columns = factors.flatMap(({ factor, levels }, i) => {
    const standing = [...new Set(runs.map((run) => run[i] ?? 0))].sort((one, other) => one - other);
    return standing.length < 2
      ? []
      : [
          {
            factor,
            levels: standing.map((level) => levels[level] ?? ''),
            levelOf: (run: readonly number[]) => standing.indexOf(run[i] ?? 0),
          },
        ];
  });
  return {
    factors: columns.map(({ factor, levels }) => ({ factor, levels })),
    runs: runs.map((run) => columns.map(({ levelOf }) => levelOf(run))),
  };
}

function leftOutOf(offered: readonly DesignFactor[], factors: readonly DesignFactor[]): DesignFactor[] {
  return offered.flatMap(({ factor, levels }) => {
    const own = factors.find((one) => one.factor === factor)?.levels ?? levels.slice(0, 1);
    const rest = levels.filter((level) => !own.includes(level));
    return rest.length === 0 ? [] : [{ factor, levels: rest }];
  });
}

type Figures = Omit<DesignStatement, 'can' | 'cannot'>;

function inWords(figures: Figures): Pick<DesignStatement, 'can' | 'cannot'> {
  return { can: canTell(figures), cannot: cannotTell(figures) };
}

function canTell({ design, factors, effects, distances, variants }: Figures): string[] {
  const separable = factors.flatMap(({ factor, levels: [control, ...others] }) => {
    const told = others.filter(({ level }) =>
      effects.some((one) => one.factor === factor && one.level === level && one.inseparable === null),
    );
    return told.length === 0 || control === undefined
      ? []
      : [
          `what ${factor} does, over the other factors: ${told.map(carried).join(', ')} against ${carried(control)}`,
        ];
  });
  return [
    'which video is the best, and by how much each differs from the control',
    ...(design === 'isolate' ? ['what that difference goes with: each video changes one factor alone'] : []),
    ...(design === 'diversify' && distances !== null
      ? [
          `which of ${variants} concepts works: any two differ in ${distances.least} of ${factors.length} factors or more (${distances.mean.toFixed(1)} on average; no ${variants} could all differ in more than ${distances.bound})`,
        ]
      : []),
    ...separable,
  ];
}

function carried({ level, videos }: { readonly level: string; readonly videos: number }): string {
  return `${level} (${videos === 1 ? '1 video' : `${videos} videos`})`;
}

function cannotTell(figures: Figures): string[] {
  const { design, effects, factors, leftOut } = figures;
  const because = (reason: Inseparable) => effects.filter(({ inseparable }) => inseparable === reason);
  const names = (levels: readonly { readonly factor: string; readonly level: string }[]) =>
    levels.map(({ factor, level }) => `${factor}: ${level}`).join(', ');
  const [single, aliased, few] = [because('one_video'), because('aliased'), because('too_few_videos')];
  return [
    ...(design === 'manual' && factors.length === 0
      ? ['why a video is better: the prompts name no levels ("mutations" of a variant would)']
      : []),
    ...(single.length > 0
      ? [
          `whether a level would do as well in another video, since one video alone has it, or is without it: ${names(single)}`,
        ]
      : []),
    ...(design === 'diversify' && aliased.length > 0
      ? ['which level makes a concept good: there are more levels than videos to tell them apart by']
      : aliased.map(
          ({ factor, level, with: others }) =>
            `${factor}: ${level} from ${others.join(', ')}: they come together`,
        )),
    ...(few.length > 0
      ? [`the effect of ${names(few)}: no video is left to judge the spread between videos by`]
      : []),
    ...interplay(figures),
    ...(leftOut.length > 0
      ? [
          `anything of what no video has: ${leftOut.map(({ factor, levels }) => `${factor} (${levels.join(', ')})`).join(', ')}`,
        ]
      : []),
  ];
}

function interplay({ design, factors, effects, aliases, chains }: Figures): string[] {
  if (factors.length < 2) return [];
  if (design === 'isolate') return ['how two changes work together: no video has two'];
  if (effects.some(({ inseparable }) => inseparable === 'aliased')) return [];
  const whole = aliases.filter(({ isSame }) => isSame);
  const partly = aliases.filter(({ isSame }) => !isSame);
  const largest = Math.max(0, ...partly.map(({ weight }) => weight));
  return [
    'how two factors work together: effects are taken to add up',
    ...whole.map(
      ({ factor, interaction }) => `${factor} from how ${interaction.join(' and ')} work together`,
    ),
    ...(partly.length === 0
      ? []
      : [
          `a factor's effect quite apart from how two factors work together: up to ${largest.toFixed(2)} of an interaction shows in ${[...new Set(partly.map(({ factor }) => factor))].join(', ')}`,
        ]),
    ...chains.map(
      (chain) =>
        `how ${chain.map(([one, other]) => `${one} and ${other}`).join(' work together, from how ')} do`,
    ),
  ];
}
