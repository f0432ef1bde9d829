import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  ALLOWED_MOVES,
  GENERATION_STATUSES,
  GROUP_STATUSES,
  hasVideo,
  mayMove,
} from '../../domain/lifecycle.ts';

const MOVES = GROUP_STATUSES.flatMap((from) => ALLOWED_MOVES[from].map((to) => `${from} --> ${to}`));

describe('the life of a group', () => {
  test('goes through six statuses in one direction, and ends early from the first three', () => {
    expect(MOVES).toEqual([
      'planning --> generating',
      'planning --> completed',
      'generating --> testing',
      'generating --> completed',
      'testing --> analyzing',
      'testing --> completed',
      'analyzing --> completed',
      'completed --> archived',
    ]);
  });

  test('knows the move for each pair of statuses', () => {
    for (const from of GROUP_STATUSES) {
      for (const to of GROUP_STATUSES) {
        expect(mayMove(from, to)).toBe(MOVES.includes(`${from} --> ${to}`));
      }
    }
  });

  test('is what the diagram in docs/architecture.md shows', () => {
    const diagram = /```mermaid\nstateDiagram-v2\n(.*?)```/s.exec(
      readFileSync('docs/architecture.md', 'utf8'),
    );
    const arrows = [...(diagram?.[1] ?? '').matchAll(/^\s*(\w+) --> (\w+)/gm)];
    expect(arrows.map(([, from, to]) => `${from} --> ${to}`).toSorted()).toEqual(MOVES.toSorted());
  });
});

test('a variant takes part with a video, however that came', () => {
  expect(GENERATION_STATUSES.filter(hasVideo)).toEqual(['completed', 'manual']);
});
