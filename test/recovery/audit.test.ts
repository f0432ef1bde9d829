import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { HistoryEntry } from '../../database/group-history.ts';
import type { GroupId } from '../../domain/ids.ts';
import { runHere } from '../cli/run-here.ts';
import { isTesting } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

const BO = 'bo@example.com';

let rig: Rig;
/** One that was started, declared and archived. */
let archived: GroupId;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const run = (...args: string[]) => runHere(args, rig.environment);

/** A field of what was written down. */
function said({ details }: HistoryEntry, name: string): unknown {
  return typeof details === 'object' && details !== null ? Reflect.get(details, name) : undefined;
}

test('the trail of a group tells of each change of state: who, when, what and why', async () => {
  const startedAt = Date.now() - 1000;
  const id = await rig.start({ name: 'told', variants: 2 });
  archived = id;
  await rig.until(id, isTesting);
  await run('budget', '--group', id, '--total', '50', '--by', BO, '--reason', 'another round');
  await rig.client.declareWinner(id, { variant: 'Control', by: BO, reason: 'it sells' });
  await rig.client.archive(id, 'cleo@example.com', 'the season is over');

  const trail = await rig.client.history(id);
  const ofGroup = trail.filter(({ variant }) => variant === undefined);
  expect(ofGroup.map(({ event, actor, reason }) => [event, actor, reason])).toEqual([
    ['planned', ANA, undefined],
    ['moved to generating', 'screentest', 'it is planned'],
    ['moved to testing', 'screentest', 'the videos are there'],
    ['budget changed', BO, 'another round'],
    ['moved to analyzing', BO, 'it sells'],
    ['completed: winner', BO, 'it sells'],
    ['moved to archived', 'cleo@example.com', 'the season is over'],
  ]);
  for (const variant of ['Control', 'Variant B']) {
    const events = trail.filter((entry) => entry.variant === variant);
    expect(events.map(({ event, actor }) => [event, actor])).toEqual([
      ['variant moved to generating', 'screentest'],
      ['video ordered', ANA],
      ['order moved to claimed', 'screentest'],
      ['order moved to accepted, submitted', 'screentest'],
      ...(events.some(({ event }) => event === 'order moved to processing')
        ? [['order moved to processing', 'screentest']]
        : []),
      ['order moved to completed', 'screentest'],
      ['variant moved to completed', 'screentest'],
      ['video stored', 'screentest'],
    ]);
  }
  expect(Math.min(...trail.map(({ at }) => at.getTime()))).toBeGreaterThan(startedAt);
  // None of them can be changed afterwards.
  await expect(rig.database.$executeRaw`DELETE FROM group_events`).rejects.toThrow('append-only');
});

test('where the rows stand is where the trail ends, for every variant and order, also of those that failed', async () => {
  await rig.addFaults({ on: 'job', does: 'fail', atProgress: 50, times: 1 });
  const id = await rig.start({ name: 'one fails', variants: 3, minVariants: 2 });
  await rig.until(id, isTesting);
  const trail = await rig.client.history(id);
  const variants = await rig.database.videoVariant.findMany({
    where: { variantGroupId: id },
    include: { jobs: true },
  });
  for (const { variantName, generationStatus, failureReason, jobs } of variants) {
    const ofVariant = trail.filter(({ variant }) => variant === variantName);
    const lastMove = ofVariant.findLast(({ event }) => event.startsWith('variant moved'));
    expect(lastMove).toMatchObject({ event: `variant moved to ${generationStatus}` });
    expect(lastMove?.reason).toBe(failureReason ?? undefined);
    const moves = ofVariant.filter(({ event }) => event.startsWith('order moved'));
    // Each begins where the one before it ended.
    let state = 'reserved, pending';
    for (const move of moves) {
      expect(said(move, 'from')).toBe(state);
      const [submission, job] = state.split(', ');
      const to = move.event.replace('order moved to ', '').split(', ');
      state = [
        to.find((word) => ['claimed', 'accepted', 'reserved', 'refused'].includes(word)) ?? submission,
        to.find((word) => ['submitted', 'processing', 'completed', 'failed'].includes(word)) ?? job,
      ].join(', ');
    }
    expect(state).toBe(jobs.map((job) => `${job.submissionState}, ${job.jobStatus}`).join());
  }
  const failed = trail.find(({ event }) => event === 'video failed');
  expect(failed).toMatchObject({ actor: 'screentest', reason: expect.stringContaining('failed to make') });
  expect(failed && said(failed, 'askedBy')).toBe(ANA);
});

test('whoever cancels a group is on its record, with the reason, as the one who ended it', async () => {
  const id = await rig.start({ name: 'called off', variants: 2 });
  await rig.until(id, isTesting);
  const { exit } = await run('cancel', id, '--yes', '--by', BO, '--reason', 'the launch moved');
  expect(exit).toBe(0);
  const trail = await rig.client.history(id);
  expect(trail.slice(-2).map(({ event, actor, reason }) => [event, actor, reason])).toEqual([
    ['cancel requested', BO, 'the launch moved'],
    ['completed: cancelled', BO, 'the launch moved'],
  ]);
});

test('the budget of a venture says who set it and why', async () => {
  await run('budget', 'Tea & Co', '--monthly', '40', '--create-venture', '--by', BO, '--reason', 'spring');
  const shown = await run('budget', 'Tea & Co', '-o', 'json');
  expect(JSON.parse(shown.stdout)).toMatchObject({ setBy: BO, reason: 'spring' });
  expect((await run('budget', 'Tea & Co')).stdout).toMatch(/Set by bo@example.com at .*: spring\./);
});

test('`screentest history` shows the trail as a table, as JSON, and as a line each', async () => {
  const shown = await run('history', 'told');
  expect(shown).toMatchObject({ exit: 0, stderr: '' });
  expect(shown.stdout).toMatch(/^when +who +what +why\n/);
  expect(shown.stdout).toMatch(/Z {2}ana@example.com +Control: video ordered\n/);
  const entries: unknown[] = JSON.parse((await run('history', archived, '-o', 'json')).stdout);
  expect(entries[0]).toMatchObject({ event: 'planned', actor: ANA, details: { variants: 2 } });
  const lines = (await run('history', archived, '-o', 'jsonl')).stdout.trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toEqual(entries);
  expect((await run('history', 'never was')).exit).toBe(3);
});

test('the trail of a group that was deleted is still there, under its id', async () => {
  await rig.database.variantGroup.delete({ where: { id: archived } });
  const { exit, stdout } = await run('history', archived);
  expect({ exit, stdout }).toEqual({ exit: 0, stdout: expect.stringContaining('completed: winner') });
});
