import { stringify } from 'yaml';
import type { LevelChoice } from '../planning/next/choose-levels.ts';
import type { NextRound } from '../planning/next/next-round.ts';
import { describeLift } from './describe-lineage.ts';

/** What is proposed and why, a line each; of no level more than may be claimed. */
export function describeProposal({ control, levels, remarks }: NextRound): readonly string[] {
  const of = (choice: LevelChoice['choice']) => levels.filter((level) => level.choice === choice);
  return [
    `Control: ${control.variant}. ${sentence(control.said)}`,
    ...section('On trial again', of('kept')),
    ...section('New', of('new')),
    ...section('Dropped', of('dropped')),
    ...remarks,
  ];
}

/** The brief as a file that `start` takes, with the reasons as comments. */
export function proposalAsYaml(next: NextRound): string {
  const comments = describeProposal(next).map((line) => `# ${line}`.trimEnd());
  return `${[...comments, ''].join('\n')}\n${stringify(next.brief, { lineWidth: 100 })}`;
}

function section(title: string, levels: readonly LevelChoice[]): string[] {
  if (levels.length === 0) return [];
  return [`${title}:`, ...levels.map((level) => `  ${level.factor}: ${level.level}, ${reasonOf(level)}`)];
}

function reasonOf(level: LevelChoice): string {
  switch (level.choice) {
    case 'control':
      return 'the control';
    case 'new':
      return 'never tried before';
    case 'kept':
      return level.because === 'not_separated'
        ? `part of ${videos(level)}, not separated from ${level.films === 1 ? 'it' : 'them'}; ${chance(level)}`
        : `${claimed(level)}; ${chance(level)}`;
    case 'dropped':
      return `${claimed(level)}; ${DROPPED[level.because]}`;
  }
}

const DROPPED = {
  worse: "worse than the control's",
  unlikely: "unlikely to be better than the control's",
  no_room: 'no room in this round: others promise more',
} as const;

function claimed(level: LevelChoice): string {
  if (level.lift === null) return `part of ${videos(level)}, not separated`;
  const { lift, low, high } = level.lift;
  return `${describeLift({ likeliest: lift, low, high })} over ${videos(level)}`;
}

function chance({ chance: share }: LevelChoice): string {
  return `about ${Math.round(100 * share)} in 100 that it is better than the control's`;
}

function videos({ films }: LevelChoice): string {
  return films === 1 ? 'one video' : `${films} videos`;
}

function sentence(clause: string): string {
  return `${clause.charAt(0).toUpperCase()}${clause.slice(1)}.`;
}
