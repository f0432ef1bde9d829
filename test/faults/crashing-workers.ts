import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compiled } from '../support/compiled.ts';
import type { Rig } from '../support/rig.ts';
import { WORKFLOW_BUNDLE } from '../support/runs.ts';
import { type Running, startProgram } from '../support/screentest.ts';
import type { CrashPoint } from './crash-points.ts';

/** As the worker's own, but quick; for the workers of the rig that go on where these stopped, too. */
export const TIMING = { sendWithinMs: 2000, answerWithinMs: 1000, lookAgainMs: 200, looks: 2 };

export interface CrashingWorkers {
  /** A worker that is killed, or frozen, the first time that it comes to the point. */
  start(
    rig: Rig,
    crash: { at: CrashPoint; by: 'SIGKILL' | 'SIGSTOP'; honoursIdempotencyKeys: boolean },
  ): Running;
  remove(): Promise<void>;
}

export async function compileCrashingWorkers(): Promise<CrashingWorkers> {
  const folder = await mkdtemp(join(tmpdir(), 'screentest-crashes-'));
  const program = await compiled(folder, [
    'test/faults/crashing-worker.ts',
    'test/faults/crashing.ts',
    'test/faults/crash-points.ts',
  ]);
  return {
    start: (rig, { at, by, honoursIdempotencyKeys }) =>
      startProgram(program, [], {
        ...rig.environment,
        VIDEO_API_HONOURS_IDEMPOTENCY_KEYS: String(honoursIdempotencyKeys),
        VIDEO_JOB_TIMEOUT_MINUTES: '5',
        LOG_LEVEL: 'silent',
        WORKFLOW_BUNDLE,
        SUBMISSION_TIMING: JSON.stringify(TIMING),
        CRASH_AT: at,
        CRASH_BY: by,
      }),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
