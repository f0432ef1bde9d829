import { describe, expect, test } from '@jest/globals';
import {
  growthOf,
  judgeGrowth,
  judgeIndexes,
  judgeLatency,
  judgeLocks,
  judgeOrders,
  judgePartitions,
  judgeSessions,
  judgeSlowest,
  judgeTotals,
  judgeUpkeep,
  type LockWait,
  type OrderFacts,
  type QueryFacts,
  type SessionFacts,
} from '../../domain/database-health.ts';
import { fromUsd, microUsd } from '../../domain/money.ts';

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
    expect(judgeSessions({ ...QUIET, transactionIdAge: 500_000_000 })).toMatchObject({ isWell: true });
    expect(judgeSessions({ ...QUIET, transactionIdAge: 500_000_001 })).toMatchObject({ isWell: false });
  });
});

describe('a wait for a lock', () => {
  const waiting = (seconds: number, blockers: LockWait['blockers'] = []) =>
    judgeLocks({ ...QUIET, lockWaits: [{ waitingPid: 12, waitingQuery: 'UPDATE a', seconds, blockers }] });

  test('of more than five seconds is told, and a shorter one is not', () => {
    expect(waiting(5)).toMatchObject({ isWell: true });
    expect(waiting(5.1)).toMatchObject({ isWell: false, detail: expect.stringContaining('12 (UPDATE a)') });
  });

  test('names everyone who holds the lock, or that nobody does any more', () => {
    const holders = [
      { pid: 13, state: 'active', query: 'DELETE b' },
      { pid: 14, state: 'idle in transaction', query: 'SELECT c' },
    ];
    expect(waiting(6, holders).detail).toContain(
      '13 (active: DELETE b) and 14 (idle in transaction: SELECT c)',
    );
    expect(waiting(6).detail).toContain('for nobody any more');
  });
});

describe('partitions', () => {
  test('must be there for two months to come', () => {
    expect(judgePartitions({ inDefault: [], monthsAhead: 2 })).toMatchObject({ isWell: true });
    expect(judgePartitions({ inDefault: [], monthsAhead: 1 })).toMatchObject({ isWell: false });
  });

  test('that took the rows of a month that has none are named, and empty ones are not', () => {
    const inDefault = (rows: number) => [
      { table: 'variant_performance', rows },
      { table: 'audit_log', rows: 0 },
    ];
    expect(judgePartitions({ inDefault: inDefault(0), monthsAhead: 2 })).toMatchObject({ isWell: true });
    const { isWell, detail } = judgePartitions({ inDefault: inDefault(1), monthsAhead: 2 });
    expect(isWell).toBe(false);
    expect(detail).toContain('1 rows of variant_performance');
    expect(detail).not.toContain('audit_log');
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

  test('is not told of a table of 100 MB or less', () => {
    expect(grown(50_000_000, 100_000_000)).toMatchObject({ isWell: true });
    expect(grown(50_000_000, 100_000_001)).toMatchObject({ isWell: false });
  });

  test('is unknown for a table that was empty, and not infinite', () => {
    expect(growthOf({ table: 'a', rows: 1, bytes: 8192, bytesBefore: 0 })).toBeUndefined();
    expect(growthOf({ table: 'a', rows: 1, bytes: 8192, bytesBefore: 16_384 })).toBe(-0.5);
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
  const facts = (countedSince: string, index: string, bytes = 2_000_000) => ({
    countedSince: new Date(countedSince),
    unused: [{ table: 'variant_groups', index, bytes }],
  });

  test('are not spoken of before uses were counted for two weeks', () => {
    expect(judgeIndexes(facts('2026-11-10T00:00:01Z', 'idx_spare'), now)).toMatchObject({ isWell: true });
    expect(judgeIndexes(facts('2026-11-10T00:00:00Z', 'idx_spare'), now)).toMatchObject({ isWell: false });
  });

  test('are not spoken of before the first migration', () => {
    const { unused } = facts('2026-01-01T00:00:00Z', 'idx_spare');
    expect(judgeIndexes({ countedSince: undefined, unused }, now)).toMatchObject({
      isWell: true,
      detail: expect.stringContaining('not known yet'),
    });
  });

  test('are told from a megabyte on', () => {
    const sized = (bytes: number) => judgeIndexes(facts('2026-01-01T00:00:00Z', 'idx_spare', bytes), now);
    expect(sized(999_999)).toMatchObject({ isWell: true });
    expect(sized(1_000_000)).toMatchObject({
      isWell: false,
      detail: expect.stringContaining('idx_spare of variant_groups (1.0 MB)'),
    });
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
    expect(judgeLatency(facts(0, 100))).toMatchObject({ isWell: false });
    expect(judgeLatency(facts(0, 99))).toMatchObject({
      isWell: true,
      detail: expect.stringContaining('too few'),
    });
  });

  test('of writes is shown and held to nothing, and unknown without writes', () => {
    expect(judgeLatency(facts(100, 0)).detail).toContain('of writes unknown');
    const slowWrites = judgeLatency({ ...facts(100, 0), write: [[2.5, 1]] });
    expect(slowWrites).toMatchObject({ isWell: true, detail: expect.stringContaining('of writes 2500 ms') });
  });

  test('above the last bound is shown as more than that', () => {
    const endless = judgeLatency({ ...facts(0, 0), read: [[Number.POSITIVE_INFINITY, 100]] });
    expect(endless).toMatchObject({ isWell: false, detail: expect.stringContaining('more than 10 s') });
  });
});

describe('the slowest statements', () => {
  const slowest = (meanSeconds: number, sql = 'SELECT 1'): QueryFacts => ({
    read: [],
    write: [],
    source: 'pg_stat_statements',
    slowest: [{ sql, calls: 7, meanSeconds, longestSeconds: 3 }],
  });

  test('may take a second on average, and no more', () => {
    expect(judgeSlowest(slowest(1))).toMatchObject({ isWell: true });
    expect(judgeSlowest(slowest(1.001))).toMatchObject({ isWell: false });
  });

  test('are shown in one line each, cut after 120 characters', () => {
    expect(judgeSlowest(slowest(1, ' SELECT\n\t 1 ')).detail).toMatch(/7 times: SELECT 1$/);
    expect(judgeSlowest(slowest(1, 'x'.repeat(120))).detail).toMatch(/ x{120}$/);
    expect(judgeSlowest(slowest(1, 'x'.repeat(121))).detail).toMatch(/ x{120}…$/);
  });

  test('say whose measurements they are, also where there are none', () => {
    expect(judgeSlowest({ ...slowest(1), slowest: [] })).toMatchObject({
      isWell: true,
      detail: expect.stringContaining('pg_stat_statements'),
    });
    expect(judgeSlowest({ ...slowest(1), source: 'workers' }).detail).toContain('workers');
  });
});

describe('orders', () => {
  const NONE: OrderFacts = {
    overdue: { count: 0, reserved: microUsd(0), first: undefined },
    held: { count: 0, reserved: microUsd(0) },
    open: { count: 3, reserved: fromUsd(1.2) },
    thisMonth: [],
  };

  test('that are open are well', () => {
    expect(judgeOrders(NONE)).toMatchObject({
      isWell: true,
      detail: expect.stringContaining('3 open, $1.20 reserved'),
    });
  });

  test('that are overdue or held are each told with their money', () => {
    const overdue = { count: 1, reserved: fromUsd(0.4), first: 'job-1' };
    const held = { count: 2, reserved: fromUsd(0.8) };
    expect(judgeOrders({ ...NONE, overdue })).toMatchObject({
      isWell: false,
      detail: expect.stringMatching(/^\$0\.40 .* 1 orders .* job-1/),
    });
    expect(judgeOrders({ ...NONE, held })).toMatchObject({
      isWell: false,
      detail: expect.stringMatching(/^2 orders .* \$0\.80/),
    });
    expect(judgeOrders({ ...NONE, overdue, held }).detail).toMatch(/\$0\.40 .*; 2 orders .* \$0\.80/);
  });
});

test('totals that the rows do not add up to are counted, with one to look at', () => {
  expect(judgeTotals({ checked: 5, stale: [] })).toMatchObject({ isWell: true });
  expect(judgeTotals({ checked: 5, stale: ['v-1', 'v-2'] })).toMatchObject({
    isWell: false,
    detail: expect.stringMatching(/^2 of 5 .* v-1/),
  });
});

test('tables that want ANALYZE or VACUUM are told with what to run, and only that', () => {
  expect(judgeUpkeep({ notAnalyzed: [], notVacuumed: [] })).toMatchObject({ isWell: true });
  const unanalyzed = judgeUpkeep({ notAnalyzed: ['a', 'b'], notVacuumed: [] });
  expect(unanalyzed).toMatchObject({ isWell: false, detail: expect.stringMatching(/a, b; run ANALYZE$/) });
  const unvacuumed = judgeUpkeep({ notAnalyzed: [], notVacuumed: ['c'] });
  expect(unvacuumed).toMatchObject({ isWell: false, detail: expect.stringMatching(/c; .*run VACUUM$/) });
  expect(unvacuumed.detail).not.toContain('ANALYZE');
});
