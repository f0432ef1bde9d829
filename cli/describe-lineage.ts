import type { Lineage, LineageRound } from '../client/lineage.ts';
import { formatUsd } from '../domain/money.ts';
import type { Lift } from '../planning/next/lift-over-control.ts';

/** The rounds as a tree; the one that was asked for is marked. */
export function describeLineage({ gone, root }: Lineage, asked: string): string {
  const head =
    gone === undefined
      ? []
      : [`(${gone.groupId.slice(0, 8)}, the round before, is gone: ${gone.how}. Its winner's copy is kept.)`];
  return [...head, ...linesOf(root, asked, '', '')].join('\n');
}

function linesOf(round: LineageRound, asked: string, lead: string, indent: string): string[] {
  const mark = round.groupId === asked ? '  <-' : '';
  const [last] = round.next.slice(-1);
  const bar = last === undefined ? '   ' : '│  ';
  return [
    `${lead}${round.name} (${round.groupId.slice(0, 8)})${mark}`,
    `${indent}${bar}${resultOf(round)}`,
    `${indent}${bar}${effortOf(round)}`,
    ...round.next.flatMap((child) => {
      const isLast = child === last;
      return linesOf(
        child,
        asked,
        `${indent}${isLast ? '└─ ' : '├─ '}`,
        `${indent}${isLast ? '   ' : '│  '}`,
      );
    }),
  ];
}

function resultOf({ status, outcome, winner, lift }: LineageRound): string {
  if (outcome === undefined) return `${status}: not decided yet`;
  if (winner === undefined) return outcome === 'no_winner' ? 'no winner' : outcome;
  if (lift === undefined) return `winner ${winner}`;
  return `winner ${winner}, ${describeLift(lift)} over its control`;
}

function effortOf({ made, videos, controlFrom, spent }: LineageRound): string {
  const again = videos > made ? ` and ${controlFrom ?? 'the control'} of the round before` : '';
  return `${made} ${made === 1 ? 'video' : 'videos'} made${again}, ${formatUsd(spent)} spent`;
}

/** `+12% (+3% to +21%)` */
export function describeLift({ likeliest, low, high }: Lift): string {
  const range = `${percent(low)} to ${high === null ? 'no bound' : percent(high)}`;
  return likeliest === null ? range : `${percent(likeliest)} (${range})`;
}

function percent(lift: number): string {
  const rounded = Math.round(100 * lift);
  return `${rounded > 0 ? '+' : ''}${rounded === 0 ? 0 : rounded}%`;
}
