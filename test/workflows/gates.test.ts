import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readAnalysisData } from '../../database/analysis-data.ts';
import type { GroupId } from '../../domain/ids.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { runHere } from '../cli/run-here.ts';
import { eventsOfGroup, isTesting, jobsFor, rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

const BO = 'bo@example.com';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const prompts = (about: string) =>
  ['One', 'Two', 'Three'].map((name) => ({ name, prompt: `${about}, ${name.toLowerCase()}.` }));

async function waitingPlan(about: string): Promise<GroupId> {
  const id = await rig.start({ name: about, variants: prompts(about), gates: { plan: true } });
  await rig.until(id, ({ plan, waitsFor }) => plan !== undefined && waitsFor !== undefined);
  return id;
}

/** A group whose videos are all there and wait for people. */
async function waitingVideos(about: string): Promise<GroupId> {
  const id = await rig.start({ name: about, variants: prompts(about), gates: { videos: true } });
  await rig.until(
    id,
    ({ variants }) => variants.length === 3 && variants.every(({ review }) => review === 'pending'),
  );
  return id;
}

const approve = (id: GroupId, ...variants: string[]) =>
  Promise.all(variants.map((variant) => rig.client.approveVideo(id, { by: ANA, variant })));

const run = (...args: string[]) => runHere(args, rig.environment);

async function currentDetails(id: GroupId): Promise<string> {
  const handle = rig.temporal.workflow.getHandle(workflowIdOf(id));
  const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails ?? '';
}

const rowOfVariant = (id: GroupId, variantName: string) =>
  rig.database.videoVariant.findFirstOrThrow({
    where: { variantGroupId: id, variantName },
    include: { renditions: { orderBy: { createdAt: 'asc' } }, jobs: { orderBy: { ordinal: 'asc' } } },
  });

async function close(id: GroupId): Promise<void> {
  await rig.client.closeTest(id, { by: ANA, withoutWinner: true });
}

describe('a plan that people are asked about', () => {
  test('costs nothing before it is approved, says what it waits for, and is approved once', async () => {
    const id = await waitingPlan('a plan to approve');
    const shown = await rig.overview(id);
    expect(shown).toMatchObject({
      status: 'planning',
      waitsFor: `the approval of its plan: screentest review ${id}`,
      plan: { version: 1, costMicroUsd: 300_000 },
    });
    expect(await currentDetails(id)).toContain(`screentest review ${id}`);
    expect(await jobsFor(rig, 'a plan to approve')).toEqual([]);

    const dearer = rig.client.approvePlan(id, { by: ANA, version: 1, costMicroUsd: 299_999 });
    await expect(dearer).rejects.toThrow(/costs \$0\.30 by now, and not \$0\.29/);
    const receipt = { version: 1, costMicroUsd: 300_000, approvedBy: ANA };
    await expect(rig.client.approvePlan(id, { by: ANA, version: 1 })).resolves.toEqual(receipt);
    await expect(rig.client.approvePlan(id, { by: ANA, version: 1 })).resolves.toEqual(receipt);
    await expect(rig.client.approvePlan(id, { by: BO, version: 1 })).rejects.toThrow(
      /ana@.* already approved/,
    );
    await rig.until(id, isTesting);
    const events = await eventsOfGroup(rig, id);
    expect(events.filter(({ event }) => event === 'plan approved')).toHaveLength(1);
    expect(events.find(({ event }) => event === 'moved to generating')).toMatchObject({ actor: ANA });
    await close(id);
  });

  test('is changed by people, and nobody approves one that was changed in between', async () => {
    const id = await waitingPlan('a plan to change');
    const edit = { by: BO, version: 1, variant: 'Two', prompt: 'a cup, as Bo wants it.', reason: 'livelier' };
    await expect(rig.client.editPlan(id, { ...edit, variant: 'Four' })).rejects.toThrow(/One, Two, Three/);
    await expect(rig.client.editPlan(id, { ...edit, prompt: 'x'.repeat(32_001) })).rejects.toThrow(/32000/);
    const twin = rig.client.editPlan(id, { ...edit, prompt: 'A plan  to change, ONE.' });
    await expect(twin).rejects.toThrow(/One and Two: the prompts say the same words/);
    await expect(rig.client.editPlan(id, edit)).resolves.toMatchObject({ version: 2, costMicroUsd: 300_000 });
    await expect(rig.client.approvePlan(id, { by: ANA, version: 1 })).rejects.toThrow(/version 2 by now/);
    await expect(rig.client.editPlan(id, edit)).rejects.toThrow(/version 2 by now/);

    const remove = (variant: string) => rig.client.removeVariant(id, { by: ANA, version: 2, variant });
    await expect(remove('One')).rejects.toThrow(/One is the control/);
    await expect(remove('Three')).resolves.toMatchObject({ version: 3, costMicroUsd: 200_000 });
    const last = rig.client.removeVariant(id, { by: ANA, version: 3, variant: 'Two' });
    await expect(last).rejects.toThrow(/wants 2 at least/);

    await rig.client.approvePlan(id, { by: ANA, version: 3, costMicroUsd: 200_000 });
    const { variants } = await rig.until(id, isTesting);
    expect(variants.map(({ name }) => name)).toEqual(['One', 'Two']);
    expect(await jobsFor(rig, 'as Bo wants it')).toHaveLength(1);
    expect(await jobsFor(rig, 'a plan to change, two')).toEqual([]);
    expect(await rowOfVariant(id, 'Two')).toMatchObject({
      promptText: 'a cup, as Bo wants it.',
      plannedPrompt: 'a plan to change, two.',
    });
    const history = await rig.client.history(id);
    expect(history.filter(({ event }) => /edited|removed|approved/.test(event))).toMatchObject([
      { event: 'prompt edited', actor: BO, variant: 'Two', reason: 'livelier' },
      { event: 'variant removed', actor: ANA, variant: 'Three' },
      { event: 'plan approved', actor: ANA },
    ]);
    await close(id);
  });

  test('that is rejected, or that nobody approves in time, ends its group without an order', async () => {
    const rejected = await waitingPlan('a plan to reject');
    const late = await rig.start({
      variants: prompts('a plan for nobody'),
      gates: { plan: true },
      deadlines: { approving: '1s' },
    });
    await rig.client.rejectPlan(rejected, { by: BO, reason: 'too dear' });
    await expect(rig.client.result(rejected)).resolves.toMatchObject({ outcome: 'cancelled' });
    expect(await rowOf(rig, rejected)).toMatchObject({
      outcome: 'cancelled',
      decision: { by: BO, reason: 'the plan was rejected: too dear' },
    });
    await expect(rig.client.result(late)).resolves.toMatchObject({
      outcome: 'cancelled',
      reason: 'nobody approved the plan in time',
    });
    expect(await jobsFor(rig, 'a plan to reject')).toEqual([]);
    expect(await jobsFor(rig, 'a plan for nobody')).toEqual([]);
  });

  test('is shown, changed and approved from the command line', async () => {
    const id = await waitingPlan('a plan for the command line');
    const edited = await run('edit', id, '--variant', 'Two', '--prompt', 'Another cup. Two.', '--by', BO);
    expect(edited).toMatchObject({ exit: 0, stdout: expect.stringMatching(/version 2 now.*\$0\.30/) });
    const shown = await run('review', id);
    expect(shown.stdout).toMatch(/Plan, version 2: 3 variants, \$0\.30/);
    expect(shown.stdout).toMatch(/Two \(its prompt was changed by hand\)\n {2}- .*\n {2}\+ Another cup\./);
    expect(shown.stdout).toContain(`screentest approve ${id}`);
    expect(JSON.parse((await run('review', id, '-o', 'json')).stdout)).toMatchObject({
      plan: { version: 2 },
      variants: [{ name: 'One' }, { name: 'Two', plannedPrompt: 'a plan for the command line, two.' }, {}],
    });
    expect((await run('status', id)).stdout).toContain(`screentest review ${id}`);
    expect(await run('approve', id)).toMatchObject({ exit: 2, stderr: expect.stringContaining('--yes') });
    const old = await run('approve', id, '--yes', '--plan-version', '1');
    expect(old).toMatchObject({ exit: 4, stderr: expect.stringContaining('version 2 by now') });
    const nothing = await run('edit', id, '--variant', 'Two');
    expect(nothing).toMatchObject({ exit: 2, stderr: expect.stringContaining('--prompt-file') });
    expect(await run('approve', id, '--yes')).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('$0.30'),
    });
    await rig.until(id, isTesting);
    const late = await run('edit', id, '--variant', 'Two', '--remove');
    expect(late).toMatchObject({ exit: 4, stderr: expect.stringContaining('already approved') });
    await close(id);
  });
});

describe('a video that people look at before it is used', () => {
  test('is in the test once it is approved, and no sooner', async () => {
    const id = await waitingVideos('videos to approve');
    const shown = await rig.overview(id);
    expect(shown.waitsFor).toBe(`the review of One, Two, Three: screentest review ${id}`);
    expect(await currentDetails(id)).toContain('completed, awaits review');
    await approve(id, 'One');
    await approve(id, 'Two');
    await expect(approve(id, 'One')).resolves.toMatchObject([{ variant: 'One', review: 'approved' }]);
    const again = rig.client.approveVideo(id, { by: BO, variant: 'One' });
    await expect(again).rejects.toThrow(/ana@example\.com has already approved/);
    await expect(approve(id, 'Four')).rejects.toThrow(/One, Two, Three/);
    const unseen = rig.client.approveVideo(id, { by: BO, variant: 'Three', files: ['00000000'] });
    await expect(unseen).rejects.toThrow(/another video than the one that was looked at/);
    expect((await rig.overview(id)).status).toBe('generating');

    const reason = 'a logo is in it';
    await rig.client.rejectVideo(id, { by: BO, variant: 'Three', reason });
    const { variants } = await rig.until(id, isTesting);
    expect(variants[2]).toMatchObject({
      status: 'completed',
      review: 'rejected',
      reviewed: { by: BO, reason },
    });
    const { arms } = await readAnalysisData(rig.database, id);
    expect(arms.map(({ name }) => name)).toEqual(['One', 'Two']);
    const winner = rig.client.declareWinner(id, { variant: 'Three', by: ANA, reason: undefined });
    await expect(winner).rejects.toThrow(/Three's video is rejected: it was not tested/);
    const inUse = rig.client.rejectVideo(id, { by: ANA, variant: 'One', reason });
    await expect(inUse).rejects.toThrow(/approved and in the test/);

    // A change of mind has it join.
    await approve(id, 'Three');
    expect((await readAnalysisData(rig.database, id)).arms).toHaveLength(3);
    const reviews = (await rig.client.history(id)).filter(({ event }) =>
      /video (approved|rejected)/.test(event),
    );
    expect(reviews.map(({ event, actor, variant }) => [variant, event, actor])).toEqual([
      ...['One', 'Two'].map((name) => [name, 'video approved', ANA]),
      ['Three', 'video rejected', BO],
      ['Three', 'video approved', ANA],
    ]);
    await close(id);
  });

  test('is made anew where it is rejected so, by one more order, and the old file is kept', async () => {
    const id = await waitingVideos('videos to remake');
    await approve(id, 'One', 'Two');
    const rejection = { by: BO, variant: 'Three', reason: 'too dark', regenerate: true };
    await expect(rig.client.rejectVideo(id, rejection)).resolves.toMatchObject({ status: 'generating' });
    await expect(rig.client.rejectVideo(id, rejection)).resolves.toMatchObject({ review: 'rejected' });
    await rig.until(id, ({ variants }) => variants[2]?.review === 'pending');
    const row = await rowOfVariant(id, 'Three');
    expect(row.jobs.map(({ ordinal, jobStatus }) => [ordinal, jobStatus])).toEqual([
      [1, 'completed'],
      [2, 'completed'],
    ]);
    expect(row.renditions.map(({ rendition }) => rendition).toSorted()).toEqual(['main', 'main/rejected-1']);
    expect(await jobsFor(rig, 'videos to remake, three')).toHaveLength(2);
    expect((await rig.overview(id)).spend.spentMicroUsd).toBe(400_000);
    await approve(id, 'Three');
    await rig.until(id, isTesting);
    await close(id);
  });

  test('is shown, rejected and approved from the command line', async () => {
    const id = await waitingVideos('videos for the command line');
    const shown = await run('review', id);
    expect(shown.stdout).toMatch(
      /3 videos wait.*One \(awaits review, cost \$0\.10\)\n {2}main: file:.*\.mp4\n.*picture file:.*png/s,
    );
    const unsure = await run('reject', id, '--variant', 'Two', '--reason', 'dull', '--regenerate');
    expect(unsure).toMatchObject({ exit: 2, stderr: expect.stringContaining('--yes') });
    const rejected = await run('reject', id, '--variant', 'Two', '--reason', 'dull');
    expect(rejected).toMatchObject({ exit: 0, stdout: expect.stringContaining('left out of the test') });
    expect(await run('approve', id)).toMatchObject({
      exit: 4,
      stderr: expect.stringContaining('--variant "One"'),
    });
    const all = await run('approve', id, '--all');
    expect(all).toMatchObject({ exit: 0, stdout: "One's video is approved.\nThree's video is approved.\n" });
    await rig.until(id, isTesting);
    expect((await run('status', id)).stdout).toMatch(/Two +completed, rejected/);
    await close(id);
  });
});

test('a group that asks nobody refuses an answer, and goes on', async () => {
  const id = await rig.start({ variants: 2 });
  await rig.until(id, isTesting);
  await expect(rig.client.approvePlan(id, { by: ANA, version: 1 })).rejects.toThrow(/has no "gates"/);
  await expect(rig.client.approveVideo(id, { by: ANA, variant: 'Control' })).rejects.toThrow(
    /has no "gates"/,
  );
  const handle = rig.temporal.workflow.getHandle(workflowIdOf(id));
  for (const name of [
    'approvePlan',
    'editPlan',
    'removeVariant',
    'rejectPlan',
    'approveVideo',
    'rejectVideo',
  ]) {
    await expect(handle.executeUpdate(name, { args: [null] })).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/The message can't be used/) },
    });
  }
  await close(id);
});
