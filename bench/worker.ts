import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createSubmitPacer, type SubmitPacer } from '../providers/submit-pacer.ts';
import { runWorker } from '../worker/main.ts';

/**
 * A worker that holds its submissions back otherwise than the product's does, to measure it against that one.
 * Usage: node worker.js [--queue-per-minute <n>] [--pacer-per-minute <n>]; what is left out sets no limit.
 */
const UNLIMITED = 600_000;

/** Every order at once; one that is refused waits as long as it was told, and no other does. */
function createNoPacer(): SubmitPacer {
  const waits: number[] = [];
  return {
    async turn() {
      await delay((waits.shift() ?? 0) * 1000);
      return { accepted() {}, refused: (retryAfterSeconds) => void waits.push(retryAfterSeconds) };
    },
    announce: () => ({ [Symbol.dispose]() {} }),
    untilFewWait: async () => {},
    ratePerMinute: () => Number.POSITIVE_INFINITY,
    waiting: () => 0,
  };
}

const { values } = parseArgs({
  options: { 'queue-per-minute': { type: 'string' }, 'pacer-per-minute': { type: 'string' } },
});
const pacerPerMinute = values['pacer-per-minute'];
await runWorker(process.env, () => process.stdout.write('the worker is ready\n'), {
  submitsPerMinute: Number(values['queue-per-minute'] ?? UNLIMITED),
  pacer: pacerPerMinute === undefined ? createNoPacer() : createSubmitPacer(Number(pacerPerMinute)),
});
