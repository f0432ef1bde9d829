import type { Queries } from '../database/client.ts';
import { type SmokeTest, smokeTestById } from '../database/smoke-tests.ts';
import type { JobPoller } from '../providers/job-poller.ts';
import type { VideoProvider } from '../providers/video-provider.ts';
import type { VideoStore } from '../storage/video-store.ts';
import { collectVideo } from './collect.ts';
import { findOut, sendOrder, sentUntil } from './order.ts';

/** Milliseconds; the first two are promises that a test which was killed half-way rests on. */
export interface SmokeTestTiming {
  /** An order leaves within this of its claim, or not at all. */
  readonly sendWithinMs: number;
  /** How long the provider's answer may take. */
  readonly answerWithinMs: number;
  /** Between two looks for a job whose id was lost, and how many. */
  readonly lookAgainMs: number;
  readonly looks: number;
  /** How long the provider may ask to slow down before that is the result. */
  readonly patienceMs: number;
  /** How long the file of a completed job may not be there. */
  readonly contentWithinMs: number;
}

export const SMOKE_TEST_TIMING: SmokeTestTiming = {
  sendWithinMs: 10_000,
  answerWithinMs: 30_000,
  lookAgainMs: 5000,
  looks: 4,
  patienceMs: 600_000,
  contentWithinMs: 120_000,
};

export interface SmokeTestParts {
  readonly database: Queries;
  readonly provider: VideoProvider;
  readonly poller: JobPoller;
  readonly store: VideoStore;
  readonly jobTimeoutMinutes: number;
  readonly timing: SmokeTestTiming;
  /** Hears what happens, a line each. */
  readonly tell: (line: string) => void;
  /** Aborts when the person leaves: the test stays as far as it came, and goes on the next time. */
  readonly signal: AbortSignal;
}

/**
 * Goes on with a test from wherever its row says that it stands: sends its one order, waits, downloads and checks.
 * @returns the test with its result; without one when nobody knows whether the order was taken
 * @throws the signal's reason when it aborts
 */
export async function goOnWith(parts: SmokeTestParts, opened: SmokeTest): Promise<SmokeTest> {
  const giveUpAt = new Date(Date.now() + parts.timing.patienceMs);
  let looksWhileHeld = 0;
  for (;;) {
    parts.signal.throwIfAborted();
    const test = await smokeTestById(parts.database, opened.id);
    if (test.result !== undefined) return test;
    switch (test.state) {
      case 'reserved':
        await sendOrder(parts, test, giveUpAt);
        break;
      case 'claimed':
        await findOut(parts, test, sentUntil(parts, test));
        break;
      case 'held':
        // The job may have come to light since.
        if (looksWhileHeld > 0) return test;
        looksWhileHeld += 1;
        await findOut(parts, test, new Date());
        break;
      case 'accepted':
        await collectVideo(parts, test);
        break;
      default:
        throw new TypeError(`a smoke test that is ${test.state} and has no result`);
    }
  }
}
