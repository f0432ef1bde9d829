import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readAnalysisData } from '../../database/analysis-data.ts';
import { setGroupCap } from '../../database/venture-budgets.ts';
import type { GroupId } from '../../domain/ids.ts';
import { fromUsd } from '../../domain/money.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import type { Overview } from '../../workflows/messages.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { until } from '../local/support/until.ts';
import { expectBalancedBooks, ordersOf, postsOf } from '../paying/books.ts';
import { filmOf } from '../support/films.ts';
import { eventsOfGroup, isTesting } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { eventsOf, everyRun } from '../support/runs.ts';
import { killScreentests, type Running, startScreentest } from '../support/screentest.ts';

const BO = 'bo@example.com';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ startsWorkers: false });
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const prompts = (about: string) => ['One', 'Two'].map((name) => ({ name, prompt: `${about} ${name}` }));

const awaitsReview = ({ variants }: Overview) =>
  variants.length > 0 && variants.every(({ review }) => review === 'pending');
const asksForApproval = ({ plan, waitsFor }: Overview) => plan !== undefined && waitsFor !== undefined;

const approveVideo = (id: GroupId, variant: string) => rig.client.approveVideo(id, { by: ANA, variant });
const remake = (id: GroupId, variant: string, reason = 'too dark') =>
  rig.client.rejectVideo(id, { by: BO, variant, reason, regenerate: true });

async function ordinalsOf(id: GroupId): Promise<number[]> {
  return (await ordersOf(rig, id)).map(({ ordinal }) => ordinal);
}

describe('a worker that is killed', () => {
  afterEach(killScreentests);

  async function startWorker(): Promise<Running> {
    const worker = startScreentest(['worker'], rig.environment);
    await worker.untilPrinted('the worker is ready');
    return worker;
  }

  test('while a group waits for people loses none of their words, and pays once for each order', async () => {
    let worker = await startWorker();
    const id = await rig.start({
      name: 'killed',
      variants: prompts('killed'),
      gates: { plan: true, videos: true },
    });
    await rig.until(id, asksForApproval);
    await rig.client.editPlan(id, { by: BO, version: 1, variant: 'Two', prompt: 'killed, as Bo wants it' });
    await worker.end('SIGKILL');

    worker = await startWorker();
    await expect(rig.client.approvePlan(id, { by: ANA, version: 1 })).rejects.toThrow(/version 2 by now/);
    await rig.client.approvePlan(id, { by: ANA, version: 2 });
    await rig.until(id, awaitsReview);
    await approveVideo(id, 'One');
    // Killed as soon as the person has their answer: the other video's order may not have left yet.
    await remake(id, 'Two');
    await worker.end('SIGKILL');

    worker = await startWorker();
    const seen = await rig.until(id, ({ variants }) => variants[1]?.review === 'pending', 60_000);
    expect(seen.variants[0]).toMatchObject({ review: 'approved', reviewed: { by: ANA } });
    expect(await ordinalsOf(id)).toEqual([1, 1, 2]);
    expect(await postsOf(rig, id)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
    await expectBalancedBooks(rig, id);
    await approveVideo(id, 'Two');
    await rig.until(id, isTesting);
    const events = (await eventsOfGroup(rig, id)).map(({ event, actor }) => `${event}, ${actor}`);
    for (const told of [`prompt edited, ${BO}`, `plan approved, ${ANA}`, `video rejected, ${BO}`]) {
      expect(events.filter((event) => event === told)).toHaveLength(1);
    }
    await rig.client.closeTest(id, { by: ANA, withoutWinner: true });
    await rig.client.result(id);
    expect((await worker.end('SIGTERM')).exit).toBe(0);
  });
});

describe('with workers in this process', () => {
  let stopWorkers: () => Promise<void>;
  beforeAll(async () => {
    stopWorkers = await rig.startWorkers();
  }, 60_000);
  afterAll(() => stopWorkers(), 60_000);

  async function waitingVideos(about: string, changes = {}): Promise<GroupId> {
    const id = await rig.start({
      name: about,
      variants: prompts(about),
      gates: { videos: true },
      ...changes,
    });
    await rig.until(id, awaitsReview);
    return id;
  }

  async function close(id: GroupId): Promise<void> {
    await rig.client.closeTest(id, { by: ANA, withoutWinner: true });
    await rig.client.result(id);
  }

  test('a video is not rejected to be made anew where the budget has no room for another one', async () => {
    const id = await waitingVideos('too dear', { budget: { generationUsd: 0.25 } });
    await expect(remake(id, 'Two')).rejects.toThrow(
      /\$0\.05 is left in the group's budget.*nothing was rejected/,
    );
    expect((await rig.overview(id)).variants[1]).toMatchObject({ status: 'completed', review: 'pending' });
    expect(await ordinalsOf(id)).toEqual([1, 1]);

    await setGroupCap(rig.database, id, fromUsd(0.3), ANA);
    await expect(remake(id, 'Two')).resolves.toMatchObject({ status: 'generating' });
    await rig.until(id, awaitsReview);
    await expect(remake(id, 'One')).rejects.toThrow(/\$0\.00 is left/);
    expect(await postsOf(rig, id)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
    await expectBalancedBooks(rig, id);
    await approveVideo(id, 'One');
    await approveVideo(id, 'Two');
    await rig.until(id, isTesting);
    await close(id);
  });

  test('of two people who remake one video at once, one has it made', async () => {
    const id = await waitingVideos('twice');
    const answers = await Promise.all(
      [ANA, BO].map((by) =>
        rig.client.rejectVideo(id, { by, variant: 'Two', reason: `as ${by} says`, regenerate: true }).then(
          ({ status }) => status,
          (error: unknown) => String(error),
        ),
      ),
    );
    expect(answers.filter((answer) => answer === 'generating')).toHaveLength(1);
    await rig.until(id, awaitsReview);
    expect(await ordinalsOf(id)).toEqual([1, 1, 2]);
    await approveVideo(id, 'One');
    // With fewer approved than the brief wants, it waits for a person.
    await rig.client.rejectVideo(id, { by: ANA, variant: 'Two', reason: 'no good either' });
    expect(await rig.overview(id)).toMatchObject({ status: 'generating', waitsFor: 'the videos' });
    await remake(id, 'Two', 'once more');
    await rig.until(id, ({ variants }) => variants[1]?.review === 'pending');
    await approveVideo(id, 'Two');
    await rig.until(id, isTesting);
    expect(await postsOf(rig, id)).toEqual(Array(4).fill({ posts: 1, jobs: 1 }));
    await expectBalancedBooks(rig, id);
    await close(id);
  });

  test('a video that nobody looks at in time is left out, and a group with too few others ends', async () => {
    const deadlines = { generating: '10s', reviewing: '1s' };
    const [some, few] = await Promise.all([
      waitingVideos('in time', {
        variants: [...prompts('in time'), { name: 'Three', prompt: 'late' }],
        deadlines,
      }),
      waitingVideos('too few', { deadlines }),
    ]);
    await Promise.all([approveVideo(some, 'One'), approveVideo(some, 'Two'), approveVideo(few, 'One')]);
    const { variants } = await rig.until(some, isTesting);
    expect(variants[2]).toMatchObject({
      status: 'completed',
      review: 'rejected',
      reviewed: { by: 'screentest', reason: 'nobody reviewed it in time' },
    });
    const { arms } = await readAnalysisData(rig.database, some);
    expect(arms.map(({ name }) => name)).toEqual(['One', 'Two']);
    await expect(rig.client.result(few)).resolves.toMatchObject({
      outcome: 'failed',
      reason: 'too few variants have a video that was approved',
    });
    expect(await ordinalsOf(few)).toEqual([1, 1]);
    await close(some);
  });

  test('a workflow that is reset to its beginning asks nobody again, and pays nothing', async () => {
    const id = await rig.start({
      name: 'reset',
      variants: [...prompts('reset'), { name: 'Three', prompt: 'reset Three' }],
      gates: { plan: true, videos: true },
    });
    await rig.until(id, asksForApproval);
    await rig.client.removeVariant(id, { by: BO, version: 1, variant: 'Three' });
    await rig.client.approvePlan(id, { by: ANA, version: 2 });
    await rig.until(id, awaitsReview);
    await remake(id, 'Two');
    await rig.until(id, awaitsReview);
    await approveVideo(id, 'One');
    await approveVideo(id, 'Two');
    await rig.until(id, isTesting);
    const events = await eventsOfGroup(rig, id);
    await resetToItsBeginning(id);
    const { variants } = await rig.until(id, isTesting, 60_000);
    expect(variants.map(({ name, review }) => [name, review])).toEqual([
      ['One', 'approved'],
      ['Two', 'approved'],
    ]);
    expect(await ordinalsOf(id)).toEqual([1, 1, 2]);
    expect(await postsOf(rig, id)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
    expect(await eventsOfGroup(rig, id)).toEqual(events);
    await close(id);
  });

  test('a group whose history has grown while it waits for people goes on with all they said', async () => {
    const id = await rig.start({
      name: 'grown',
      variants: prompts('grown'),
      gates: { plan: true, videos: true },
    });
    await rig.until(id, asksForApproval);
    await rig.client.editPlan(id, { by: BO, version: 1, variant: 'Two', prompt: 'grown, as Bo wants it' });
    const planned = await rig.overview(id);
    expect(withoutRefusals(await inNextRun(id))).toEqual(withoutRefusals(planned));
    await rig.client.approvePlan(id, { by: ANA, version: 2 });
    await rig.until(id, awaitsReview);
    await approveVideo(id, 'One');
    const reviewed = await rig.until(id, ({ waitsFor }) => waitsFor !== undefined);
    expect(withoutRefusals(await inNextRun(id))).toEqual(withoutRefusals(reviewed));
    await remake(id, 'Two');
    await rig.until(id, ({ variants }) => variants[1]?.review === 'pending');
    await approveVideo(id, 'Two');
    await rig.until(id, isTesting);
    expect(await everyRun(rig.temporal, workflowIdOf(id))).toHaveLength(3);
    expect(await postsOf(rig, id)).toEqual(Array(3).fill({ posts: 1, jobs: 1 }));
    await close(id);
  });

  const handleOf = (id: GroupId) => rig.temporal.workflow.getHandle(workflowIdOf(id));
  const runIdOf = async (id: GroupId) => (await handleOf(id).describe()).runId;

  function withoutRefusals({ refusedCount: _, refusedMessages: __, ...rest }: Overview) {
    return rest;
  }

  /** The server suggests another run from 4 MB on. */
  async function inNextRun(id: GroupId): Promise<Overview> {
    const run = await runIdOf(id);
    for (let sent = 1; sent <= 5; sent++) {
      await handleOf(id).signal('declareWinner', { variant: 'x'.repeat(1_000_000), by: ANA });
    }
    await until('it is in another run', async () => (await runIdOf(id)) !== run);
    return rig.until(id, ({ waitsFor }) => waitsFor !== undefined);
  }

  /** As `temporal workflow reset --type FirstWorkflowTask` does it. */
  async function resetToItsBeginning(id: GroupId): Promise<void> {
    const runId = await runIdOf(id);
    const events = eventsOf(await handleOf(id).fetchHistory());
    const firstTask = events.find(
      ({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes != null,
    );
    await rig.temporal.workflowService.resetWorkflowExecution({
      namespace: rig.temporal.options.namespace,
      workflowExecution: { workflowId: workflowIdOf(id), runId },
      reason: 'a test',
      ...(firstTask?.eventId != null && { workflowTaskFinishEventId: firstTask.eventId }),
      requestId: randomUUID(),
    });
    expect(await runIdOf(id)).not.toBe(runId);
  }
});

describe('in manual mode', () => {
  let manual: Rig;
  let folder: string;
  beforeAll(async () => {
    manual = await startRig({ manualMode: true });
    folder = await mkdtemp(join(tmpdir(), 'screentest-gates-'));
  }, 60_000);
  afterAll(async () => {
    await manual.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  async function provide(id: GroupId, variant: string, film: string): Promise<void> {
    const path = join(folder, `${film}.mp4`);
    await writeFile(path, await filmOf(film));
    const source = await createLocalStore(manual.storageFolder).stage(createReadStream(path), 10_000_000);
    await manual.client.provideVideo(id, { variant, source, by: ANA });
  }

  test('people look at videos that people provide, and wait for another one where they want it', async () => {
    const id = await manual.start({
      name: 'by hand',
      variants: prompts('by hand'),
      gates: { plan: true, videos: true },
    });
    const { plan } = await manual.until(id, asksForApproval);
    expect(plan?.costMicroUsd).toBe(0);
    await manual.client.approvePlan(id, { by: ANA, version: 1 });
    await manual.until(id, ({ status }) => status === 'generating');
    await provide(id, 'One', 'first');
    const seen = await manual.until(id, ({ waitsFor }) => waitsFor?.includes('review') === true);
    expect(seen.waitsFor).toMatch(/^videos: send provide-video, and the review of One: screentest review/);
    await provide(id, 'Two', 'second');
    await manual.client.approveVideo(id, { by: BO, variant: 'One' });
    const rejection = { by: BO, variant: 'Two', reason: 'shaky', regenerate: true };
    await expect(manual.client.rejectVideo(id, rejection)).resolves.toMatchObject({ status: 'failed' });
    expect(await manual.overview(id)).toMatchObject({
      status: 'generating',
      waitsFor: 'videos: send provide-video',
    });
    await provide(id, 'Two', 'third');
    // Whatever replaces a video is looked at too.
    await provide(id, 'One', 'fourth');
    const again = await manual.until(id, ({ variants }) => variants[1]?.review === 'pending');
    expect(again.variants.map(({ review }) => review)).toEqual(['pending', 'pending']);
    await manual.client.approveVideo(id, { by: BO, variant: 'One' });
    await manual.client.approveVideo(id, { by: BO, variant: 'Two' });
    await manual.until(id, isTesting);
    await manual.client.closeTest(id, { by: ANA, withoutWinner: true });
  });
});
