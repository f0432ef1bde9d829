import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ensureSchedules } from '../../client/schedules.ts';
import type { GroupId } from '../../domain/ids.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { runHere } from '../cli/run-here.ts';
import { until } from '../local/support/until.ts';
import { expectBalancedBooks, ordersOf, postsOf } from '../paying/books.ts';
import { eventsOfGroup, isTesting, rowOf } from '../support/groups.ts';
import { ANA, type Rig, required, startRig } from '../support/rig.ts';
import { expectExit, screentest as screentestProcess } from '../support/screentest.ts';

const run = promisify(execFile);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ simulator: { render: { baseSeconds: 2, perVideoSecond: 0, jitter: 0 } } });
  await ensureSchedules(rig.temporal.schedule);
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const screentest = async (...args: string[]) => expectExit(await runHere(args, rig.environment), 0).stdout;

/** As a person does it who does not know what they do. */
async function terminate(id: GroupId): Promise<void> {
  await run(required('SCREENTEST_TEST_TEMPORAL_CLI'), [
    ...['workflow', 'terminate', '--workflow-id', workflowIdOf(id), '--reason', 'a test'],
    ...['--address', rig.environment.TEMPORAL_ADDRESS ?? ''],
    ...['--namespace', rig.environment.TEMPORAL_NAMESPACE ?? ''],
  ]);
}

const allAccepted = (id: GroupId) =>
  until('every order is accepted', async () => {
    const orders = await ordersOf(rig, id);
    return orders.length === 3 && orders.every(({ soraJobId }) => soraJobId !== null);
  });

describe('a group whose workflow was terminated', () => {
  test('while its videos are made is found by the schedule, and goes on to its end without another order', async () => {
    const id = await rig.start({ name: 'Terminated', variants: 3 });
    await allAccepted(id);
    await terminate(id);
    await rig.temporal.schedule.getHandle('screentest-groups').trigger();
    await until('it is found', async () => (await rig.database.stoppedGroup.count()) === 1);
    expect(await screentest('list')).toContain('stopped: screentest resume');
    expect(await screentest('status', id)).toMatch(/its workflow was terminated.*screentest resume/s);
    const doctor = await screentestProcess(['doctor'], rig.environment);
    expect(doctor.stdout).toMatch(/PROBLEM {2}groups: 1 .*screentest resume --all/);

    expect(await screentest('resume', id)).toContain('goes on in generating');
    const { variants } = await rig.until(id, isTesting);
    expect(variants.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
    expect(await postsOf(rig, id)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
    await expectBalancedBooks(rig, id);
    expect(await rig.database.stoppedGroup.count()).toBe(0);
    const receipt = await rig.client.declareWinner(id, { variant: 'Control', by: ANA, reason: undefined });
    expect(receipt).toMatchObject({ outcome: 'winner', winner: 'Control' });
    const events = (await eventsOfGroup(rig, id)).map(({ event, actor }) => `${event}, ${actor}`);
    expect(events).toEqual(
      expect.arrayContaining([
        'workflow found ended, screentest',
        `resumed, ${ANA}`,
        `completed: winner, ${ANA}`,
      ]),
    );
  });

  test('in testing goes on in testing, with the deadline that it had', async () => {
    const id = await rig.start({ name: 'Parked', variants: 2 });
    const before = await rig.until(id, ({ status, until: end }) => status === 'testing' && end !== undefined);
    await terminate(id);
    await screentest('resume', '--all');
    const after = await rig.until(id, ({ waitsFor }) => waitsFor !== undefined);
    expect(after.status).toBe('testing');
    expect(Math.abs(Date.parse(after.until ?? '') - Date.parse(before.until ?? ''))).toBeLessThan(2000);
    expect(after.spend).toEqual(before.spend);
    await rig.client.closeTest(id, { by: ANA, withoutWinner: true });
    await until('it is over', async () => (await rowOf(rig, id)).outcome === 'no_winner');
  });

  test('after a winner was declared, and before it was recorded, ends with that winner', async () => {
    const id = await rig.start({ name: 'Declared', variants: 2 });
    await rig.until(id, isTesting);
    await rig.client.closeTest(id, { by: ANA });
    await until('it is decided', async () => (await rowOf(rig, id)).testStatus === 'analyzing');
    await rig.until(id, ({ waitsFor }) => waitsFor !== undefined);
    // The declaration is in the history, and nobody is there to carry it out.
    await rig.stopWorkers();
    await rig.temporal.workflow
      .getHandle(workflowIdOf(id))
      .signal('declareWinner', { variant: 'Variant B', by: ANA });
    await terminate(id);
    await rig.startWorkers();
    await screentest('resume', id);
    await until('it is over', async () => (await rowOf(rig, id)).testStatus === 'completed');
    expect((await rowOf(rig, id)).winner?.variantName).toBe('Variant B');
  });
});

test('what runs, or is over, is not gone on with', async () => {
  const id = await rig.start({ name: 'Runs', variants: 2 });
  await rig.until(id, isTesting);
  const running = await runHere(['resume', id], rig.environment);
  expect(running).toMatchObject({ exit: 4, stderr: expect.stringContaining('GROUP_RUNNING') });
  await rig.client.declareWinner(id, { variant: 'Control', by: ANA, reason: undefined });
  const over = await runHere(['resume', id], rig.environment);
  expect(over).toMatchObject({ exit: 4, stderr: expect.stringContaining('GROUP_OVER') });
  const neither = await runHere(['resume'], rig.environment);
  expect(neither).toMatchObject({ exit: 2, stderr: expect.stringContaining('a group, or --all') });
});
