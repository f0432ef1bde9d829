import { setTimeout as delay } from 'node:timers/promises';

/**
 * Begins `count` pieces of work at fixed times, at most so many at once. The latency of each is counted from when it was
 * due, so that one which had to wait for another's stall shows it.
 * @param work its number, from 0
 * @returns milliseconds by number
 */
export async function atPace(
  { count, everyMs, atOnce }: { count: number; everyMs: number; atOnce: number },
  work: (number: number) => Promise<void>,
): Promise<readonly number[]> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  let next = 0;
  const takeTurns = async () => {
    for (let number = next++; number < count; number = next++) {
      const due = startedAt + number * everyMs;
      const early = due - performance.now();
      // A timer fires up to a millisecond early, and late when the loop is busy: the latter counts.
      if (early > 0) await delay(early);
      await work(number);
      latencies[number] = performance.now() - Math.min(due, performance.now());
    }
  };
  await Promise.all(Array.from({ length: atOnce }, takeTurns));
  return latencies;
}
