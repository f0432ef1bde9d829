import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { hasVideo } from '../../domain/lifecycle.ts';
import { type Overview, workflowIdOf } from '../../workflows/messages.ts';
import { runHere } from '../cli/run-here.ts';
import { until } from '../local/support/until.ts';
import { expectBalancedBooks, ordersOf, postsOf } from '../paying/books.ts';
import { eventsOfGroup, isTesting } from '../support/groups.ts';
import { ANA, type Rig, required, startRig } from '../support/rig.ts';
import { expectExit } from '../support/screentest.ts';
import { type Backup, backUp } from './support/restores.ts';

const run = promisify(execFile);
const BO = 'bo@example.com';

let rig: Rig;
const backups: Backup[] = [];
beforeAll(async () => {
  rig = await startRig({ startsWorkers: false });
}, 60_000);
afterEach(() => rig.stopWorkers(), 60_000);
afterAll(async () => {
  await rig.stop();
  for (const backup of backups.splice(0)) await backup.remove();
}, 60_000);

const screentest = async (...args: string[]) => expectExit(await runHere(args, rig.environment), 0).stdout;

/** As a person does it who does not know what they do. */
async function terminate(id: GroupId): Promise<void> {
  await run(required('SCREENTEST_TEST_TEMPORAL_CLI'), [
    ...['workflow', 'terminate', '--workflow-id', workflowIdOf(id), '--reason', 'a test'],
    ...['--address', rig.environment.TEMPORAL_ADDRESS ?? ''],
    ...['--namespace', rig.environment.TEMPORAL_NAMESPACE ?? ''],
  ]);
}

const started = (name: string) =>
  rig.start({
    name,
    variants: ['One', 'Two', 'Three'].map((variant) => ({ name: variant, prompt: `${name} ${variant}` })),
    gates: { plan: true, videos: true },
  });

const asksForApproval = ({ plan, waitsFor }: Overview) => plan !== undefined && waitsFor !== undefined;
const awaitsReview = ({ variants }: Overview) =>
  variants.length > 0 && variants.every(({ status, review }) => hasVideo(status) && review !== undefined);

/** Edited, one variant less, and approved. */
async function approved(id: GroupId): Promise<void> {
  await rig.until(id, asksForApproval);
  await rig.client.editPlan(id, { by: BO, version: 1, variant: 'Two', prompt: `as Bo wants it ${id}` });
  await rig.client.removeVariant(id, { by: BO, version: 2, variant: 'Three' });
  await rig.client.approvePlan(id, { by: ANA, version: 3 });
}

test('a group whose workflow was terminated goes on with all that people said of its plan and its videos', async () => {
  await rig.startWorkers();
  const id = await started('Terminated');
  await rig.until(id, asksForApproval);
  await rig.client.editPlan(id, { by: BO, version: 1, variant: 'Two', prompt: `as Bo wants it ${id}` });
  await rig.client.removeVariant(id, { by: BO, version: 2, variant: 'Three' });
  const planned = await rig.overview(id);
  await terminate(id);
  await screentest('resume', id);
  const again = await rig.until(id, asksForApproval);
  expect(again).toEqual(planned);
  await rig.client.approvePlan(id, { by: ANA, version: 3 });
  await rig.until(id, awaitsReview);
  await rig.client.rejectVideo(id, { by: BO, variant: 'Two', reason: 'too dark', regenerate: true });
  await rig.until(id, awaitsReview);
  await rig.client.approveVideo(id, { by: ANA, variant: 'One' });
  const reviewed = await rig.until(id, ({ waitsFor }) => waitsFor?.includes('review of Two') === true);

  await terminate(id);
  await screentest('resume', id);
  const resumed = await rig.until(id, ({ waitsFor }) => waitsFor !== undefined);
  expect(resumed.waitsFor).toBe(reviewed.waitsFor);
  expect(Math.abs(Date.parse(resumed.until ?? '') - Date.parse(reviewed.until ?? ''))).toBeLessThan(2000);
  expect(resumed.variants.map(({ review, reviews, reviewed: last }) => [review, reviews, last])).toEqual([
    ['approved', 1, { by: ANA }],
    ['pending', 1, { by: BO, reason: 'too dark' }],
  ]);
  await expect(rig.client.approveVideo(id, { by: BO, variant: 'One' })).rejects.toThrow(/already approved/);
  await rig.client.approveVideo(id, { by: ANA, variant: 'Two' });
  await rig.until(id, isTesting);
  expect(await postsOf(rig, id)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
  await expectBalancedBooks(rig, id);
  await rig.client.closeTest(id, { by: ANA, withoutWinner: true });
  await rig.client.result(id);
});

test('what a restore took away is on record again: edits, approvals, reviews, and the file that was rejected', async () => {
  const stopWorkers = await rig.startWorkers();
  const backup = await backUp(rig);
  backups.push(backup);
  const id = await started('Restored');
  await approved(id);
  await rig.until(id, awaitsReview);
  await rig.client.rejectVideo(id, { by: BO, variant: 'Two', reason: 'too dark', regenerate: true });
  await rig.until(id, awaitsReview);
  await rig.client.approveVideo(id, { by: ANA, variant: 'One' });
  await rig.client.rejectVideo(id, { by: ANA, variant: 'Two', reason: 'still too dark' });
  const before = await recordOf(id);
  await stopWorkers();
  await backup.restore();
  expect(await rig.database.variantGroup.count({ where: { id } })).toBe(0);

  await screentest('reconcile', '--yes');
  expect(await recordOf(id)).toEqual(before);
  expect(before.variants.map(({ review, plannedPrompt }) => [review, plannedPrompt])).toEqual([
    ['approved', null],
    ['rejected', 'Restored Two'],
  ]);
  expect(JSON.parse(await screentest('reconcile', '--yes', '-o', 'json'))).toMatchObject({ groups: [] });
  await rig.startWorkers();
  await until('it takes a word again', async () => (await rig.overview(id)).waitsFor !== undefined);
  await rig.client.approveVideo(id, { by: ANA, variant: 'Two' });
  await rig.until(id, isTesting);
  expect(await postsOf(rig, id)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
  await expectBalancedBooks(rig, id);
});

async function recordOf(id: GroupId) {
  const variants = await rig.database.videoVariant.findMany({
    where: { variantGroupId: id },
    orderBy: { position: 'asc' },
    select: {
      variantName: true,
      promptText: true,
      plannedPrompt: true,
      review: true,
      generationStatus: true,
      failureReason: true,
      videoUrl: true,
      renditions: {
        orderBy: { rendition: 'asc' },
        select: { rendition: true, sha256: true, storageKey: true },
      },
    },
  });
  const orders = (await ordersOf(rig, id)).map(({ ordinal, jobStatus }) => [ordinal, jobStatus]);
  const events = (await eventsOfGroup(rig, id)).map(({ event, actor }) => `${event}, ${actor}`);
  // The steps that an order took on its way are not in a history, only where it came to.
  const kept = events.filter((event) => !/^(order|variant) moved to /.test(event));
  return { variants, orders, events: kept.toSorted() };
}
