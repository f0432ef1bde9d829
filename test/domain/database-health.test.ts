import { describe, expect, test } from '@jest/globals';
import {
  judgeGrowth,
  judgeIndexes,
  judgeLatency,
  judgeSessions,
  type QueryFacts,
  type SessionFacts,
} from '../../domain/database-health.ts';
import { quantileBound } from '../../domain/latency.ts';

const QUIET: SessionFacts = {
  lockWaits: [],
  idleInTransaction: undefined,
  connections: 10,
  connectionsAllowed: 97,
  transactionIdAge: 1000,
};

describe('sessions', () => {
  test('a transaction that is open and idle for more than a minute is told, with its process', () => {
    const idle = (seconds: number) => judgeSessions({ ...QUIET, idleInTransaction: { pid: 4711, seconds } });
    expect(idle(60)).toMatchObject({ isWell: true });
    expect(idle(61)).toMatchObject({
      isWell: false,
      detail: expect.stringContaining('pg_terminate_backend(4711)'),
    });
  });

  test('connections near their limit, and transaction ids near theirs', () => {
    expect(judgeSessions({ ...QUIET, connections: 77 })).toMatchObject({ isWell: true });
    expect(judgeSessions({ ...QUIET, connections: 78 })).toMatchObject({ isWell: false });
    expect(judgeSessions({ ...QUIET, transactionIdAge: 500_000_001 })).toMatchObject({ isWell: false });
  });
});

describe('growth over a week', () => {
  const grown = (bytesBefore: number | undefined, bytes: number) =>
    judgeGrowth([{ table: 'variant_performance', rows: 1, bytes, bytesBefore }]);

  test('of more than a tenth is told, of a table that is large enough to matter', () => {
    expect(grown(200_000_000, 220_000_000)).toMatchObject({ isWell: true });
    expect(grown(200_000_000, 221_000_000)).toMatchObject({
      isWell: false,
      detail: expect.stringContaining('variant_performance grew by 11% in a week to 221.0 MB'),
    });
    expect(grown(16_384, 99_000_000)).toMatchObject({ isWell: true });
  });

  test('is not guessed where nobody measured a week ago', () => {
    expect(grown(undefined, 900_000_000)).toMatchObject({
      isWell: true,
      detail: expect.stringContaining('not known yet'),
    });
  });
});

describe('unused indexes', () => {
  const now = new Date('2026-11-24T00:00:00Z');
  const facts = (countedSince: string, index: string) => ({
    countedSince: new Date(countedSince),
    unused: [{ table: 'variant_groups', index, bytes: 2_000_000 }],
  });

  test('are not spoken of before uses were counted for two weeks', () => {
    expect(judgeIndexes(facts('2026-11-10T00:00:01Z', 'idx_spare'), now)).toMatchObject({ isWell: true });
    expect(judgeIndexes(facts('2026-11-10T00:00:00Z', 'idx_spare'), now)).toMatchObject({ isWell: false });
  });

  test('that the requirements ask for are named as known exceptions', () => {
    expect(
      judgeIndexes(facts('2026-01-01T00:00:00Z', 'idx_variant_performance_platform'), now),
    ).toMatchObject({
      isWell: true,
      detail: expect.stringContaining('known exceptions: idx_variant_performance_platform'),
    });
  });
});

describe('the 95th percentile', () => {
  const facts = (fast: number, slow: number): QueryFacts => ({
    read: [
      [0.1, fast],
      [0.25, slow],
    ],
    write: [],
    source: 'workers',
    slowest: [],
  });

  test('of reads is held to 100 ms, once there are enough of them', () => {
    expect(judgeLatency(facts(95, 5))).toMatchObject({ isWell: true });
    expect(judgeLatency(facts(94, 6))).toMatchObject({ isWell: false });
    expect(judgeLatency(facts(90, 9))).toMatchObject({
      isWell: true,
      detail: expect.stringContaining('too few'),
    });
  });

  test('is the bound of the bucket that holds it, whatever their order', () => {
    expect(quantileBound([], 0.95)).toBeUndefined();
    expect(
      quantileBound(
        [
          [Number.POSITIVE_INFINITY, 5],
          [0.01, 90],
          [0.1, 5],
        ],
        0.95,
      ),
    ).toBe(0.1);
    expect(quantileBound([[Number.POSITIVE_INFINITY, 1]], 0.5)).toBe(Number.POSITIVE_INFINITY);
  });
});
