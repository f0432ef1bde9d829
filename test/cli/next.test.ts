import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { describeLift, describeLineage } from '../../cli/describe-lineage.ts';
import { describeProposal, proposalAsYaml } from '../../cli/describe-next.ts';
import type { LineageRound } from '../../client/lineage.ts';
import { parseBrief } from '../../domain/brief.ts';
import { groupId } from '../../domain/ids.ts';
import { microUsd } from '../../domain/money.ts';
import { nextRound } from '../../planning/next/next-round.ts';
import { BRIEF, planned, roundId, roundOf } from '../planning/rounds.ts';
import { runHere } from './run-here.ts';

describe('a proposal', () => {
  const brief = { ...BRIEF, factors: { hook: ['scene', 'question'], pacing: ['steady', 'fast', 'slow'] } };
  const shown = planned(brief, (_, position) => [30, 45, 29, 12][position] ?? 0);
  const next = nextRound([roundOf(1, brief, shown, 'Variant B')], {
    levels: {
      hook: ['scene', 'question', 'confession'],
      pacing: ['steady', 'fast', 'slow'],
      lighting: ['studio', 'neon'],
    },
    unsaid: { hook: 'scene', pacing: 'steady', lighting: 'studio' },
    areCompatible: () => true,
  });

  test('says what is the control and why, and of each level no more than may be claimed', () => {
    const said = describeProposal(next).join('\n');
    expect(said).toContain('Control: Variant B.');
    expect(said).toMatch(/New:\n.*never tried before/);
    expect(said).toMatch(/pacing: slow, part of one video, not separated; unlikely/);
    expect(said).not.toMatch(/[+-]\d+%/);
  });

  test('is a brief that start takes, with its reasons as comments', () => {
    const text = proposalAsYaml(next);
    expect(text).toMatch(/^# Control: Variant B\./);
    expect(parseBrief(parse(text))).toEqual(parseBrief(next.brief));
  });
});

describe('a lineage', () => {
  const round = (number: number, name: string, more: Partial<LineageRound> = {}): LineageRound => ({
    groupId: groupId(roundId(number)),
    name,
    status: 'completed',
    outcome: 'winner',
    startedAt: new Date(0),
    controlFrom: undefined,
    winner: 'Variant B',
    lift: { likeliest: 0.123, low: 0.04, high: null },
    verdict: undefined,
    videos: 4,
    made: 4,
    spent: microUsd(1_600_000),
    next: [],
    ...more,
  });

  test('is a tree of rounds, siblings below each other, the one that was asked for marked', () => {
    const third = round(3, 'Third', {
      status: 'testing',
      outcome: undefined,
      winner: undefined,
      lift: undefined,
    });
    const sibling = round(4, 'Other second', { outcome: 'no_winner', winner: undefined, lift: undefined });
    const second = round(2, 'Second', {
      made: 3,
      controlFrom: 'Variant B',
      spent: microUsd(1_200_000),
      next: [third],
    });
    const root = round(1, 'First', { next: [second, sibling] });
    expect(describeLineage({ gone: undefined, root }, roundId(2))).toBe(
      [
        'First (00000000)',
        '│  winner Variant B, +12% (+4% to no bound) over its control',
        '│  4 videos made, $1.60 spent',
        '├─ Second (00000000)  <-',
        '│  │  winner Variant B, +12% (+4% to no bound) over its control',
        '│  │  3 videos made and Variant B of the round before, $1.20 spent',
        '│  └─ Third (00000000)',
        '│        testing: not decided yet',
        '│        4 videos made, $1.60 spent',
        '└─ Other second (00000000)',
        '      no winner',
        '      4 videos made, $1.60 spent',
      ].join('\n'),
    );
  });

  test('says that the round before its first one is gone', () => {
    const gone = { groupId: roundId(9), how: 'dropped' as const };
    expect(describeLineage({ gone, root: round(1, 'First') }, '')).toMatch(
      /^\(00000000, the round before, is gone: dropped/,
    );
  });

  test('tells a lift with its range', () => {
    expect(describeLift({ likeliest: -0.004, low: -0.21, high: 0.2 })).toBe('0% (-21% to +20%)');
    expect(describeLift({ likeliest: null, low: 0.01, high: 0.2 })).toBe('+1% to +20%');
  });
});

test.each([
  [['--variants', '1'], 'a whole number from 2 to 50'],
  [['--exploration', '2'], 'a share from 0 to 1'],
  [['--exploration', 'much'], 'a share from 0 to 1'],
  [['--design', 'diversify'], 'isolate, factorial'],
  [['--output', 'xml'], 'yaml, json'],
])('next %j is refused with what is allowed', async (options, allowed) => {
  const { exit, stdout, stderr } = await runHere(['next', 'Espresso launch', ...options], {});
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  expect(stderr).toContain(allowed);
});
