import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { jobsFor } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { expectExit, screentest } from '../support/screentest.ts';
import { entriesOf, expectBalancedBooks, ordersOf, postsOf } from './books.ts';

const TIMING = { sendWithinMs: 1000, answerWithinMs: 500, lookAgainMs: 100, looks: 2 };

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ timing: TIMING });
}, 60_000);
afterAll(() => rig.stop(), 60_000);

/** A group whose first variant has a job that the provider made, never told of, and does not list. */
async function groupWithHeldOrder(prompt: string, isMade = true): Promise<GroupId> {
  await rig.addFaults(
    { on: 'create', does: 'drop', created: isMade, match: { prompt } },
    { on: 'job', does: 'hide', match: { prompt } },
  );
  const prompts = [prompt, 'of no concern 1', 'of no concern 2'];
  const id = await rig.start({
    name: prompt,
    variants: prompts.map((text) => ({ name: text, prompt: text })),
  });
  await rig.until(id, ({ variants }) => variants[0]?.isHeld === true);
  return id;
}

async function onlyJobFor(prompt: string): Promise<string> {
  const [job] = (await jobsFor(rig, prompt)).filter((made) => made.prompt === prompt);
  if (job === undefined) throw new Error(`no job for ${prompt}`);
  return job.id;
}

describe('an order of unknown outcome', () => {
  test('is shown with what settles it, and the job that a person finds is adopted: one POST, one charge', async () => {
    const id = await groupWithHeldOrder('hidden');
    for (const verb of [['status', id], ['jobs']]) {
      const { stdout } = expectExit(await screentest(verb, rig.environment), 0);
      expect(stdout).toContain(`screentest jobs adopt ${id} --variant "hidden" --job`);
      expect(stdout).toContain(`screentest retry ${id} --variant "hidden" --accept-possible-charge`);
    }
    const adopt = (jobId: string) => rig.client.adoptJob(id, { variant: 'hidden', by: ANA, jobId });
    await expect(adopt('video_nowhere')).rejects.toThrow('knows no job video_nowhere');
    await expect(adopt(await onlyJobFor('of no concern 1'))).rejects.toThrow('belongs to another order');

    const job = await onlyJobFor('hidden');
    const adopted = await screentest(
      ['jobs', 'adopt', id, '--variant', 'hidden', '--job', job],
      rig.environment,
    );
    expectExit(adopted, 0);
    const { variants } = await rig.until(id, (seen) => seen.variants[0]?.status === 'completed');
    expect(variants[0]).toMatchObject({ isHeld: false, spentMicroUsd: 100_000, reservedMicroUsd: 0 });
    expect((await postsOf(rig, id))[0]).toEqual({ posts: 1, jobs: 1 });
    expect((await ordersOf(rig, id))[0]).toMatchObject({ soraJobId: job, ordinal: 1 });
    await expectBalancedBooks(rig, id);
  }, 90_000);

  test('is refused a job that was made of another prompt', async () => {
    const id = await groupWithHeldOrder('not mine', false);
    const jobId = await strangersJob();
    await expect(rig.client.adoptJob(id, { variant: 'not mine', by: ANA, jobId })).rejects.toThrow(
      'was made of another order',
    );
  });

  test('that the bill does not have is released, and may be ordered again without consent', async () => {
    const id = await groupWithHeldOrder('never made', false);
    const settled = { variant: 'never made', by: ANA, wasCharged: false };
    await rig.client.settleHeld(id, settled);
    await expect(rig.client.settleHeld(id, settled)).rejects.toThrow('No order of never made is held');
    const [order] = await ordersOf(rig, id);
    expect(await entriesOf(rig, order?.id ?? '')).toEqual(['release', 'reserve']);
    await rig.client.retryVariant(id, { variant: 'never made', by: ANA });
    const { variants } = await rig.until(id, (seen) => seen.variants[0]?.status === 'completed');
    expect(variants[0]).toMatchObject({ spentMicroUsd: 100_000 });
    await expectBalancedBooks(rig, id);
  });

  test('can be booked after its group has ended', async () => {
    const id = await groupWithHeldOrder('too late');
    await rig.client.cancel(id, ANA);
    await rig.client.result(id);
    const settle = ['jobs', 'settle', id, '--variant', 'too late', '--charged'];
    expectExit(await screentest(settle, rig.environment), 0);
    const [order] = await ordersOf(rig, id);
    expect(await entriesOf(rig, order?.id ?? '')).toEqual(['reserve', 'settle']);
    const again = expectExit(await screentest(settle, rig.environment), 2);
    expect(again.stderr).toContain('ORDER_NOT_HELD');
  }, 90_000);
});

/** A job that somebody else ordered at the same provider. */
async function strangersJob(): Promise<string> {
  const body = new FormData();
  for (const [name, value] of Object.entries({
    prompt: 'of somebody else',
    model: 'sora-2',
    seconds: '1',
    size: '128x72',
  })) {
    body.set(name, value);
  }
  const response = await fetch(`${rig.simulator.url}/videos`, {
    method: 'POST',
    headers: { authorization: 'Bearer test' },
    body,
  });
  const job: unknown = await response.json();
  if (typeof job === 'object' && job !== null && 'id' in job) return String(job.id);
  throw new Error(`no job: ${JSON.stringify(job)}`);
}
