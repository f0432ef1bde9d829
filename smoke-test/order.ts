import { setTimeout as delay } from 'node:timers/promises';
import { takenJobIds } from '../database/intent-search.ts';
import {
  acceptSmokeTest,
  claimSmokeTest,
  finishSmokeTest,
  holdSmokeTest,
  returnSmokeTest,
  type SmokeTest,
  smokeTestById,
} from '../database/smoke-tests.ts';
import { AmbiguousOutcome, Refused, ScreentestError } from '../domain/errors.ts';
import { microUsd } from '../domain/money.ts';
import { formatSize } from '../domain/video.ts';
import { type ProviderJob, RateLimited } from '../providers/video-provider.ts';
import type { SmokeTestParts } from './smoke-test.ts';

/** The provider's clock and ours may differ by this, in milliseconds. */
const CLOCK_SKEW_MS = 60_000;

/** One order, sent by the one who claims it. Afterwards the row says how to go on. */
export async function sendOrder(parts: SmokeTestParts, test: SmokeTest, giveUpAt: Date): Promise<void> {
  const { database, provider, timing, jobTimeoutMinutes } = parts;
  const submitDeadline = new Date(Date.now() + timing.sendWithinMs);
  const sendBefore = performance.now() + timing.sendWithinMs;
  const claimed = await claimSmokeTest(database, test.id, submitDeadline);
  if (claimed === undefined) return;
  // Both clocks: one may stop while the machine sleeps, the other may be set back.
  if (performance.now() > sendBefore || Date.now() > submitDeadline.getTime()) {
    await returnSmokeTest(database, test.id);
    return;
  }
  parts.tell(`ordering ${test.video.seconds} s of ${test.video.model}`);
  let job: ProviderJob;
  try {
    job = await provider.submit({ ...test.video, prompt: test.prompt }, test.idempotencyKey);
  } catch (error) {
    await notAccepted(parts, claimed, error, giveUpAt);
    return;
  }
  await acceptSmokeTest(database, test.id, job, jobTimeoutMinutes);
}

async function notAccepted(
  parts: SmokeTestParts,
  test: SmokeTest,
  error: unknown,
  giveUpAt: Date,
): Promise<void> {
  const { database } = parts;
  // What nobody understands may have been taken.
  if (!(error instanceof ScreentestError) || error instanceof AmbiguousOutcome) {
    parts.tell(String(error));
    await findOut(parts, test, new Date());
    return;
  }
  if (error instanceof RateLimited && Date.now() + error.retryAfterSeconds * 1000 < giveUpAt.getTime()) {
    await returnSmokeTest(database, test.id);
    parts.tell(`${error.message}; waits ${error.retryAfterSeconds} s`);
    await pause(parts, error.retryAfterSeconds * 1000);
    return;
  }
  await finishSmokeTest(database, test.id, {
    result: 'FAIL',
    reasons: [error.message],
    cost: microUsd(0),
    state: error instanceof Refused ? 'refused' : 'expired',
  });
}

/** Until then whoever claimed the test may still be sending its order. */
export function sentUntil({ timing }: SmokeTestParts, { submitDeadline }: SmokeTest): Date {
  return new Date((submitDeadline?.getTime() ?? Date.now() + timing.sendWithinMs) + timing.answerWithinMs);
}

/**
 * Somebody sent the order, or died just before. Sent again only where the same key makes the same job; else a job in
 * the provider's list is taken if it is the only one that can be this one. Not being in the list proves nothing: then
 * the test is held. A look counts only once nobody can be sending the order any more.
 */
export async function findOut(parts: SmokeTestParts, test: SmokeTest, sentUntil: Date): Promise<void> {
  const { database, provider, timing, jobTimeoutMinutes, signal } = parts;
  parts.tell('looking for the job: nobody has said whether it was made');
  const look = provider.capabilities.honoursIdempotencyKeys ? sentAgain : onlyMatch;
  for (let looks = 0; ; ) {
    signal.throwIfAborted();
    const found = await look(parts, test);
    if (found !== undefined) return acceptSmokeTest(database, test.id, found, jobTimeoutMinutes);
    const now = await smokeTestById(database, test.id);
    if (now.result !== undefined || now.state !== test.state) return;
    if (Date.now() >= sentUntil.getTime()) looks += 1;
    if (looks >= timing.looks) break;
    await pause(parts, timing.lookAgainMs);
  }
  await holdSmokeTest(
    database,
    test.id,
    'the video API never said whether it made the job, and none in its list is certainly this one',
  );
}

/** The same key makes the same job. */
async function sentAgain({ provider }: SmokeTestParts, test: SmokeTest): Promise<ProviderJob | undefined> {
  return provider.submit({ ...test.video, prompt: test.prompt }, test.idempotencyKey).catch(unlessBroken);
}

async function onlyMatch(
  { database, provider }: SmokeTestParts,
  { video, prompt, claimedAt, startedAt }: SmokeTest,
): Promise<ProviderJob | undefined> {
  const since = new Date((claimedAt ?? startedAt).getTime() - CLOCK_SKEW_MS);
  const jobs = (await provider.jobsSince(since).catch(unlessBroken)) ?? [];
  const alike = jobs.filter(
    (job) => job.prompt === prompt && job.model === video.model && job.size === formatSize(video),
  );
  const taken = await takenJobIds(
    database,
    alike.map(({ id }) => id),
  );
  const [match, ...others] = alike.filter(({ id }) => !taken.has(id));
  return others.length === 0 ? match : undefined;
}

/** What the provider says against a look is no answer; a defect of ours is told. */
function unlessBroken(error: unknown): undefined {
  if (error instanceof ScreentestError) return undefined;
  throw error;
}

/** @throws the signal's reason when it aborts */
export async function pause({ signal }: SmokeTestParts, milliseconds: number): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
