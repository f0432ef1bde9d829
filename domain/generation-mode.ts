import { z } from 'zod';
import type { Result } from './smoke-test.ts';

/** How a group gets its videos: from the video API, or from people. Decided when it starts, for its whole life. */
export const GENERATION_MODES = ['automatic', 'manual'] as const;

export type GenerationMode = (typeof GENERATION_MODES)[number];

export interface ChosenMode {
  readonly mode: GenerationMode;
  /** In words, with what to do about it. */
  readonly reason: string;
}

export interface ModeFacts {
  /** By configuration: there is no video API. */
  readonly isManualByChoice: boolean;
  /** It is made when the first smoke test has passed. */
  readonly hasJobTable: boolean;
  /** The newest finished one of the account. */
  readonly smokeTest: FinishedTest | undefined;
}

export interface FinishedTest {
  readonly provider: string;
  readonly model: string;
  readonly result: Result;
  readonly reasons: readonly string[];
  readonly finishedAt: Date;
}

const chosenModeSchema = z.object({ mode: z.enum(GENERATION_MODES), reason: z.string() });

/** A group that says nothing about it is an automatic one. */
export const AUTOMATIC: ChosenMode = { mode: 'automatic', reason: 'automatic generation is open' };

/** As it was kept. */
export function readMode(kept: unknown): ChosenMode {
  return kept === undefined ? AUTOMATIC : chosenModeSchema.parse(kept);
}

const TEST_AGAIN = 'run `screentest smoke-test`';

/** Orders go to a video API that has shown that it makes videos, and to no other. */
export function chooseMode({ isManualByChoice, hasJobTable, smokeTest }: ModeFacts): ChosenMode {
  if (isManualByChoice) return { mode: 'manual', reason: 'VIDEO_PROVIDER is manual' };
  if (smokeTest?.result === 'FAIL') {
    const { provider, model, reasons, finishedAt } = smokeTest;
    return {
      mode: 'manual',
      reason: `the smoke test of ${provider} (${model}) failed on ${dayOf(finishedAt)}: ${reasons.join('; ')}; ${TEST_AGAIN}`,
    };
  }
  if (!hasJobTable) {
    return smokeTest === undefined
      ? { mode: 'manual', reason: `no smoke test of the video API has been made; ${TEST_AGAIN}` }
      : {
          mode: 'manual',
          reason: 'the smoke test passed, but the job table is not there; run `screentest db migrate`',
        };
  }
  return smokeTest === undefined
    ? AUTOMATIC
    : { mode: 'automatic', reason: `the smoke test passed on ${dayOf(smokeTest.finishedAt)}` };
}

function dayOf(instant: Date): string {
  return instant.toISOString().slice(0, 10);
}
