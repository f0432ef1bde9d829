import { describe, expect, test } from '@jest/globals';
import { analyzeTest } from '../../analysis/analyze.ts';
import { callOf } from '../../analysis/call.ts';
import { rulesOnCourse } from '../../analysis/course.ts';
import { parseBrief } from '../../domain/brief.ts';
import { RATE_METRICS } from '../../domain/metrics.ts';

const BRIEF = {
  venture: 'Crema',
  name: 'Espresso',
  template: 'PRODUCT_REVEAL',
  product: 'coffee',
  variants: 2,
};
const began = new Date('2026-05-01T12:00:00Z');
const ARMS = ['Control', 'Variant B', 'Variant C'].map((name) => ({ id: name, name }));

function rulesAt(now: string, decision: object = { looks: ['7d', '14d'] }, isOver = false) {
  return rulesOnCourse(
    {
      brief: parseBrief({ ...BRIEF, settling: { tiktok: 0 }, platforms: ['tiktok'], decision }),
      began,
      isOver,
    },
    new Date(now),
  );
}

/** Conversions a day of so many arms, on 1,000 exposures each, from 1 May on. */
function spell(conversions: readonly number[], days = 20) {
  return Array.from({ length: days }, (_, at) => `2026-05-${String(at + 1).padStart(2, '0')}`).flatMap(
    (day) =>
      conversions.map((count, arm) => ({
        armId: ARMS[arm]?.id ?? '',
        platform: 'tiktok',
        cell: '',
        day,
        exposures: 1000,
        conversions: count,
      })),
  );
}

function verdictOf(conversions: readonly number[], rules: object = {}, assignment = 'randomised' as const) {
  return analyzeTest({
    metric: RATE_METRICS.conversion_rate,
    arms: ARMS.slice(0, conversions.length),
    cells: spell(conversions),
    assignment: { tiktok: assignment },
    rules,
  });
}

describe('the rules of a test on its course', () => {
  test('are the brief’s own while no looks are planned, but for its end', () => {
    expect(rulesAt('2026-05-08T00:00:00Z', {})).toEqual({ isFinal: false, looks: null });
    expect(rulesAt('2026-05-08T00:00:00Z', {}, true)).toEqual({ isFinal: true, looks: null });
  });

  test('count a planned look from the moment at which it is due', () => {
    const daysAt = (now: string) => rulesAt(now).looks?.days;
    expect(daysAt('2026-05-07T23:59:59Z')).toEqual([]);
    expect(daysAt('2026-05-08T00:00:00Z')).toEqual(['2026-05-07']);
    expect(daysAt('2027-01-01T00:00:00Z')).toEqual(['2026-05-07', '2026-05-14']);
  });

  test('make a test with planned looks as large as its smallest lift needs, whatever the data are', () => {
    const small = rulesAt('2026-05-07T00:00:00Z', { looks: ['7d'], smallestLift: 0.1 }).looks;
    const large = rulesAt('2026-05-07T00:00:00Z', { looks: ['7d'], smallestLift: 0.2 }).looks;
    expect(small?.pairConversions).toBeGreaterThan(3000);
    expect(small?.pairConversions).toBeLessThan(4000);
    expect(large?.pairConversions).toBeLessThan(1100);
  });

  test('call nothing before the first planned look, and are no problem of the data', () => {
    expect(verdictOf([30, 60]).kind).toBe('winner');
    expect(verdictOf([30, 60], rulesAt('2026-05-07T23:00:00Z')).kind).toBe('keep_running');
    expect(verdictOf([30, 60], rulesAt('2026-05-08T00:00:00Z')).kind).toBe('winner');
  });
});

describe('what a verdict decides', () => {
  test('a winner is supported alone, and declared by a machine only where chance assigned', () => {
    expect(callOf(verdictOf([30, 60]))).toEqual({
      said: 'winner: Variant B',
      supports: ['Variant B'],
      mayDeclare: 'Variant B',
    });
    const association = analyzeTest({
      metric: RATE_METRICS.conversion_rate,
      arms: ARMS.slice(0, 2),
      cells: spell([30, 60]),
    });
    expect(callOf(association)).toMatchObject({ supports: ['Variant B'], mayDeclare: null });
  });

  test('a best set supports those that are left', () => {
    const call = callOf(verdictOf([30, 60, 59]));
    expect(call).toEqual({
      said: expect.stringMatching(/^best set: Variant B, Variant C$/),
      supports: ['Variant B', 'Variant C'],
      mayDeclare: null,
    });
  });

  test('data with a fault, a blocked lead and variants without a difference support nobody', () => {
    const faulty = analyzeTest({
      metric: RATE_METRICS.conversion_rate,
      arms: ARMS.slice(0, 2),
      cells: spell([30, 1100]),
    });
    expect(callOf(faulty)).toEqual({ said: 'data problem', supports: [], mayDeclare: null });
    const blocked = analyzeTest({
      metric: RATE_METRICS.conversion_rate,
      arms: ARMS.slice(0, 2),
      cells: spell([30, 60]),
      datedByConversion: ['tiktok'],
    });
    expect(callOf(blocked)).toEqual({ said: 'blocked: Variant B', supports: [], mayDeclare: null });
    const same = verdictOf([500, 500], { equivalenceMargin: 0.2 });
    expect(callOf(same)).toEqual({ said: 'practically equivalent', supports: [], mayDeclare: null });
  });

  test('nothing is decided while a test is to go on', () => {
    expect(callOf(verdictOf([30, 31]))).toEqual({ said: 'none', supports: null, mayDeclare: null });
    expect(callOf(verdictOf([30, 31], { isFinal: true }))).toMatchObject({ said: 'none' });
  });
});
