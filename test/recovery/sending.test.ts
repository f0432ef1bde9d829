import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import type { Overview } from '../../workflows/messages.ts';
import { runHere } from '../cli/run-here.ts';
import { type CrashingWorkers, compileCrashingWorkers, TIMING } from '../faults/crashing-workers.ts';
import { until } from '../local/support/until.ts';
import { expectBalancedBooks, ordersOf } from '../paying/books.ts';
import { pendingTroubles } from '../support/pending.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { expectExit, killScreentests } from '../support/screentest.ts';
import { type Backup, backUp } from './support/restores.ts';

const PROMPTS = ['one cup', 'two cups'];
/** A dead worker is noticed by its heartbeats. */
const RECOVERED_WITHIN_MS = 60_000;

let workers: CrashingWorkers;
let rig: Rig;
let backup: Backup;
beforeAll(async () => {
  workers = await compileCrashingWorkers();
}, 60_000);
beforeEach(async () => {
  rig = await startRig({ startsWorkers: false, timing: TIMING });
  expectExit(await runHere(['setup'], rig.environment), 0);
  backup = await backUp(rig);
}, 60_000);
afterEach(async () => {
  await rig.stop();
  await backup.remove();
}, 60_000);
afterAll(async () => {
  killScreentests();
  await workers.remove();
});

/** A group whose worker died with an order's answer in its hands, and nothing of it in the database. */
async function answeredAndLost(): Promise<GroupId> {
  const id = await rig.start({ variants: PROMPTS.map((prompt) => ({ name: prompt, prompt })) });
  const crash = { at: 'after the answer, before anything is done with it', by: 'SIGKILL' } as const;
  const worker = workers.start(rig, { ...crash, honoursIdempotencyKeys: false });
  expect((await worker.ended).exit).toBe('SIGKILL');
  await until('the orders have arrived', async () => (await rig.ledger()).jobsCreated > 0);
  expect((await pendingTroubles(rig, id)).join()).toContain('claimedAt');
  return id;
}

/**
 * What had arrived is found; what was claimed by the worker that died, and had not been sent, nobody can know: it is
 * held. Nothing is sent twice.
 */
async function expectNothingSentTwice(id: GroupId): Promise<void> {
  const arrived = new Set((await rig.ledger()).jobs.map(({ prompt }) => prompt));
  expect(arrived.size).toBeGreaterThan(0);
  const { variants } = await rig.until(id, isSettled, RECOVERED_WITHIN_MS);
  for (const { name, status, isHeld } of variants) {
    const isFine = status === 'completed' || (isHeld && !arrived.has(name));
    expect({ name, status, isFine }).toEqual({ name, status, isFine: true });
  }
  const { byPrompt } = await rig.ledger();
  for (const prompt of arrived) expect(byPrompt[prompt]).toMatchObject({ posts: 1, jobs: 1 });
  await expectBalancedBooks(rig, id);
}

const isSettled = ({ variants }: Overview) =>
  variants.length > 0 && variants.every(({ status }) => status === 'completed' || status === 'failed');

test('an order that was sent, and whose every row a restore took away, is found and not sent again', async () => {
  const id = await answeredAndLost();
  await backup.restore();
  expect(await rig.database.variantGroup.count()).toBe(0);
  await expect(rig.startWorkers()).rejects.toMatchObject({ code: 'DATABASE_RESTORED' });
  const told = expectExit(await runHere(['reconcile', '--yes'], rig.environment), 0);
  expect(told.stdout).toContain('its job is video_');
  const sent = (await ordersOf(rig, id)).filter(({ soraJobId }) => soraJobId !== null);
  expect(sent.length).toBe((await rig.ledger()).jobsCreated);
  await rig.startWorkers();
  await expectNothingSentTwice(id);
}, 120_000);

test.each(['put back to before its claim', 'gone'])(
  'an order that was sent, and whose row is %s without anybody noticing, is not sent again',
  async (loss) => {
    const id = await answeredAndLost();
    if (loss === 'gone') {
      await rig.database.$executeRaw`DELETE FROM budget_ledger`;
      await rig.database.$executeRaw`DELETE FROM video_generation_jobs`;
    } else {
      await rig.database.$executeRaw`
        UPDATE video_generation_jobs SET submission_state = 'reserved', claimed_at = NULL, submit_deadline = NULL`;
    }
    await rig.startWorkers();
    await expectNothingSentTwice(id);
  },
  120_000,
);
