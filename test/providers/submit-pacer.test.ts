import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createSubmitPacer, type SubmitPacer, type Turn } from '../../providers/submit-pacer.ts';

/** The clock stands still but for what a test lets pass, so that minutes take no time. */
beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

const SECOND = 1000;
const MINUTE = 60 * SECOND;

function never(): AbortSignal {
  return new AbortController().signal;
}

/** Orders that want to be sent at once; `at` says when each got its turn, in milliseconds from now. */
function queueUp(
  pacer: SubmitPacer,
  orders: number,
  act: (turn: Turn) => void = (turn) => turn.accepted(),
): { readonly at: readonly number[] } {
  const begunAt = performance.now();
  const at: number[] = [];
  for (let order = 0; order < orders; order++) {
    void pacer.turn(never()).then((turn) => {
      at.push(performance.now() - begunAt);
      act(turn);
    });
  }
  return { at };
}

function mostWithin(at: readonly number[], span: number): number {
  return Math.max(...at.map((end) => at.filter((time) => time > end - span && time <= end).length));
}

describe('a thousand orders at once', () => {
  test.each([25, 50, 125, 200, 375])(
    'with a limit of %i a minute use over 95%% and keep to it',
    async (limit) => {
      const { at } = queueUp(createSubmitPacer(limit), 1000);
      await jest.advanceTimersByTimeAsync(10 * MINUTE);
      expect(mostWithin(at, MINUTE)).toBeLessThanOrEqual(limit);
      const expected = Math.min(1000, limit * 10);
      expect(at.length).toBeGreaterThanOrEqual(expected * 0.95);
      // Nor all at the beginning of each minute.
      expect(mostWithin(at, 10 * SECOND)).toBeLessThanOrEqual(limit / 5);
    },
  );

  test('make up for a second that the process stood still, and for no more', async () => {
    const pacer = createSubmitPacer(375);
    await jest.advanceTimersByTimeAsync(MINUTE);
    const { at } = queueUp(pacer, 1000);
    await jest.advanceTimersByTimeAsync(2 * MINUTE);
    expect(mostWithin(at, SECOND / 10)).toBeLessThanOrEqual(8);
    expect(mostWithin(at, MINUTE)).toBeLessThanOrEqual(375);
  });
});

describe('an order that is refused for the rate', () => {
  test('stops everyone for as long as the provider asks', async () => {
    const pacer = createSubmitPacer(375);
    const { at } = queueUp(pacer, 100, (turn) => (at.length === 10 ? turn.refused(20) : turn.accepted()));
    await jest.advanceTimersByTimeAsync(MINUTE);
    const [tenth = 0, next = 0] = at.slice(9, 11);
    expect(next - tenth).toBeGreaterThanOrEqual(20 * SECOND);
    expect(next - tenth).toBeLessThan(21 * SECOND);
  });

  test('takes a fifth off the pace, which comes back in a minute or so', async () => {
    const pacer = createSubmitPacer(375);
    const { at } = queueUp(pacer, 2000, (turn) => (at.length === 100 ? turn.refused(1) : turn.accepted()));
    await jest.advanceTimersByTimeAsync(4 * MINUTE);
    const gap = (order: number) => (at[order + 1] ?? 0) - (at[order] ?? 0);
    const full = gap(50);
    expect(gap(105)).toBeCloseTo(full / 0.8, -1);
    expect(gap(500)).toBeCloseTo(full, -1);
  });

  test('slows down once, however many orders were under way with it', async () => {
    const pacer = createSubmitPacer(375);
    const turns: Turn[] = [];
    queueUp(pacer, 10, (turn) => turns.push(turn));
    await jest.advanceTimersByTimeAsync(MINUTE);
    for (const turn of turns) turn.refused(1);
    await jest.advanceTimersByTimeAsync(MINUTE);
    const { at } = queueUp(pacer, 100, () => {});
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect((at[51] ?? 0) - (at[50] ?? 0)).toBeCloseTo(62_000 / 375 / 0.8, -1);
  });

  test('again and again never stops the rest for good', async () => {
    const pacer = createSubmitPacer(375);
    const { at } = queueUp(pacer, 200, (turn) => turn.refused(0.2));
    await jest.advanceTimersByTimeAsync(10 * MINUTE);
    expect(at).toHaveLength(200);
  });
});

describe('waiting for a turn', () => {
  test('ends when it is called off, and uses none up', async () => {
    const pacer = createSubmitPacer(60);
    queueUp(pacer, 2);
    const called = new AbortController();
    const calledOff = expect(pacer.turn(called.signal)).rejects.toThrow('the group was cancelled');
    called.abort(new Error('the group was cancelled'));
    await calledOff;
    await expect(pacer.turn(called.signal)).rejects.toThrow('the group was cancelled');
    const { at } = queueUp(pacer, 1);
    await jest.advanceTimersByTimeAsync(MINUTE);
    expect(at[0]).toBeLessThanOrEqual(2.1 * SECOND);
  });

  test('is left to the queue, which is fair, once a few wait', async () => {
    const pacer = createSubmitPacer(375);
    queueUp(pacer, 40);
    let isAskedFor = false;
    void pacer.untilFewWait(never()).then(() => {
      isAskedFor = true;
    });
    await jest.advanceTimersByTimeAsync(SECOND);
    expect(isAskedFor).toBe(false);
    await jest.advanceTimersByTimeAsync(5 * SECOND);
    expect(isAskedFor).toBe(true);
  });

  test('counts those that are on their way to it', async () => {
    const pacer = createSubmitPacer(375);
    const announced = Array.from({ length: 20 }, () => pacer.announce());
    let isAskedFor = false;
    void pacer.untilFewWait(never()).then(() => {
      isAskedFor = true;
    });
    await jest.advanceTimersByTimeAsync(SECOND);
    expect(isAskedFor).toBe(false);
    for (const one of announced) one[Symbol.dispose]();
    await jest.advanceTimersByTimeAsync(SECOND);
    expect(isAskedFor).toBe(true);
  });
});
