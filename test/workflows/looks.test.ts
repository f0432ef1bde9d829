import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { ensureSchedules } from '../../client/schedules.ts';
import type { BriefInput } from '../../domain/brief.ts';
import type { GroupId } from '../../domain/ids.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/search-attributes.ts';
import { eventsOfGroup, isTesting, rowOf } from '../support/groups.ts';
import { importDays } from '../support/metrics.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';
import { runNow, type ScheduledRun } from '../support/schedules.ts';

const BY_CHANCE = { assignment: { tiktok: 'randomised' } } as const;
const DECLARES = { decision: { declare: 'automatic' } } as const;
const PLANNED = { deadlines: { testing: '60d' } } as const;
/** Control and Variant B, a day: exposures and conversions. */
const CLEAR = { Control: [2000, 60], 'Variant B': [2000, 110] } as const;
const LEVEL = { Control: [2000, 60], 'Variant B': [2000, 61] } as const;

let rig: Rig;
/** What the brief leaves to a person. */
let watched: GroupId;
let stops: GroupId;
let declares: GroupId;
/** May be declared by the machine, if its data allowed it. */
let observed: GroupId;
let troubled: GroupId;
let planned: GroupId;
/** Their planned looks have come: all, and the first of two. */
let lookedAt: GroupId;
let between: GroupId;
let level: GroupId;
/** Has a verdict and no workflow. */
let away: GroupId;
/** Has no data. */
let quiet: GroupId;
let first: ScheduledRun;
/** That of `observed`, and the two of `declares`. */
const files: string[] = [];

beforeAll(async () => {
  rig = await startRig();
  await ensureSchedules(rig.temporal.schedule);
  [watched, stops, declares, observed, troubled, planned, lookedAt, between, level, away, quiet] =
    await Promise.all([
      testing(BY_CHANCE),
      testing({ ...BY_CHANCE, decision: { stop: 'automatic' } }),
      testing({ ...BY_CHANCE, ...DECLARES }),
      // YouTube is a test by chance, and has no data: what there is was shown to whom TikTok chose.
      testing({ platforms: ['tiktok', 'youtube'], assignment: { youtube: 'randomised' }, ...DECLARES }),
      testing({ ...BY_CHANCE, ...DECLARES }),
      testing({ ...BY_CHANCE, ...PLANNED, decision: { declare: 'automatic', looks: ['7d', '28d'] } }),
      testing({ ...BY_CHANCE, ...PLANNED, decision: { declare: 'automatic', looks: ['7d'] } }),
      testing({ ...BY_CHANCE, ...PLANNED, decision: { declare: 'automatic', looks: ['7d', '28d'] } }),
      testing(BY_CHANCE),
      testing(BY_CHANCE),
      testing(BY_CHANCE),
    ]);
  await Promise.all([watched, stops, planned, lookedAt, away].map((id) => importDays(rig, id, CLEAR)));
  await importDays(rig, level, LEVEL);
  await importDays(rig, between, LEVEL);
  await Promise.all([lookedAt, between].map((id) => beganDaysAgo(id, 20)));
  await importDays(rig, troubled, { Control: [2000, 60], 'Variant B': [100, 110] });
  files.push(await importDays(rig, observed, CLEAR));
  files.push(await importDays(rig, declares, CLEAR, { from: 40, days: 8 }));
  files.push(await importDays(rig, declares, CLEAR, { from: 32, days: 8 }));
  await rig.temporal.workflow.getHandle(workflowIdOf(away)).terminate('away');
  first = await runNow(rig, 'screentest-analysis');
}, 60_000);
afterAll(() => rig.stop(), 60_000);

async function testing(changes: Partial<BriefInput>): Promise<GroupId> {
  const id = await rig.start({ variants: 2, platforms: ['tiktok'], ...changes });
  await rig.until(id, isTesting);
  return id;
}

/** The audit trail is changed by nobody but erasure. */
async function beganDaysAgo(id: GroupId, days: number): Promise<void> {
  await rig.database.$transaction(async (tx) => {
    await tx.$executeRaw`SELECT set_config('screentest.erasure', 'on', true)`;
    await tx.$executeRaw`
      UPDATE group_events SET created_at = created_at - make_interval(days => ${days}::int)
      WHERE variant_group_id = ${id}::uuid AND event = 'moved to testing'`;
  });
}

async function looksOf(id: GroupId) {
  const rows = await rig.database.analysisSnapshot.findMany({
    where: { variantGroupId: id },
    orderBy: { look: 'asc' },
  });
  return rows.map(({ look, trigger, verdict }) => ({ look, trigger, ...kindOf(verdict) }));
}

function kindOf(verdict: unknown): { kind: unknown } {
  return { kind: typeof verdict === 'object' && verdict !== null && 'kind' in verdict ? verdict.kind : '' };
}

async function verdictEvents(id: GroupId) {
  return (await eventsOfGroup(rig, id)).filter(({ event }) => event.startsWith('verdict'));
}

describe('the hourly analysis', () => {
  test('looks at every test with data but those whose planned look is to come, and tells what it did', () => {
    const done = { analyzed: 9, snapshots: 9, told: 6, away: [away] };
    expect(first).toMatchObject({ result: { ...done, failed: [] }, memo: done, runs: 1 });
  });

  test('shows a verdict in the group, its search attribute, its history and its status, and changes nothing else', async () => {
    const seen = await rig.until(watched, ({ analysis }) => analysis !== undefined);
    expect(seen).toMatchObject({
      status: 'testing',
      analysis: expect.stringMatching(/^Variant B's conversions/),
    });
    expect(seen.machine).toMatch(/^nothing by itself/);
    const handle = rig.temporal.workflow.getHandle(workflowIdOf(watched));
    const { typedSearchAttributes } = await handle.describe();
    expect(typedSearchAttributes.get(SEARCH_ATTRIBUTES.verdict)).toBe('winner');
    const { currentDetails } = await handle.query<{ currentDetails: string }>('__temporal_workflow_metadata');
    expect(currentDetails).toMatch(/The machine: nothing by itself/);
    const [heard] = await verdictEvents(watched);
    expect(heard).toMatchObject({ event: 'verdict reached', actor: 'screentest' });
    expect(JSON.parse(heard?.details ?? '')).toMatchObject({
      said: 'winner: Variant B',
      look: 1,
      reason: seen.analysis,
    });
    expect((await rig.client.status(watched)).looks).toMatchObject({ made: 1, planned: undefined });
  });

  test('stops a test by itself where the brief says so, and leaves the declaration to a person', async () => {
    const seen = await rig.until(
      stops,
      ({ status, waitsFor }) => status === 'analyzing' && waitsFor !== undefined,
    );
    expect(seen.waitsFor).toBe('the declaration of a winner');
    expect(await looksOf(stops)).toEqual([
      { look: 1, trigger: 'schedule', kind: 'winner' },
      { look: 2, trigger: 'test ended', kind: 'winner' },
    ]);
    const moved = (await eventsOfGroup(rig, stops)).find(({ event }) => event === 'moved to analyzing');
    expect(moved).toMatchObject({
      actor: 'screentest',
      details: expect.stringMatching(/Variant B's conversions/),
    });
  });

  test('declares a winner by itself where the brief says so; the decision names its look and the checksum of every file', async () => {
    await expect(rig.client.result(declares)).resolves.toMatchObject({
      outcome: 'winner',
      winner: 'Variant B',
    });
    const { testStatus, decision } = await rowOf(rig, declares);
    expect(testStatus).toBe('completed');
    const [snapshot] = await rig.database.analysisSnapshot.findMany({
      where: { variantGroupId: declares },
      orderBy: { look: 'desc' },
    });
    expect(decision).toMatchObject({
      by: 'screentest',
      winner: 'Variant B',
      at: expect.stringMatching(/Z$/),
      look: snapshot?.look,
      snapshotId: snapshot?.id,
      reason: expect.stringMatching(/^Variant B's/),
      verdict: { kind: 'winner' },
      imports: files.slice(1).map((csv) => ({ sha256: createHash('sha256').update(csv).digest('hex') })),
    });
  });

  test('never declares an association, however clear it is', async () => {
    const seen = await rig.until(observed, ({ analysis }) => analysis !== undefined);
    expect(seen).toMatchObject({ status: 'testing', analysis: expect.stringMatching(/An association/) });
    expect(await looksOf(observed)).toEqual([{ look: 1, trigger: 'schedule', kind: 'winner' }]);
  });

  test('never acts on data that need a look first, and shows that they do', async () => {
    const seen = await rig.until(troubled, ({ analysis }) => analysis !== undefined);
    expect(seen).toMatchObject({
      status: 'testing',
      analysis: expect.stringMatching(/^No verdict, the data need/),
    });
    expect(await looksOf(troubled)).toEqual([{ look: 1, trigger: 'schedule', kind: 'data_problem' }]);
    await expect(
      rig.client.declareWinner(troubled, { variant: 'Variant B', by: ANA, reason: undefined }),
    ).rejects.toThrow(/the data need a look first.*with a reason/s);
  });

  test('makes no look before a planned one, however clear the data are', async () => {
    expect(await looksOf(planned)).toEqual([]);
    const { looks } = await rig.client.status(planned);
    expect(looks).toMatchObject({ made: 0, next: { number: 1 } });
    expect(looks.planned).toHaveLength(2);
    expect((await rig.overview(planned)).plannedLooks).toEqual(
      looks.planned?.map(({ dueAt }) => dueAt.toISOString()),
    );
    await rig.client.closeTest(planned, { by: ANA });
    await rig.until(planned, ({ status, waitsFor }) => status === 'analyzing' && waitsFor !== undefined);
    expect(await looksOf(planned)).toEqual([{ look: 1, trigger: 'test ended', kind: 'not_enough_evidence' }]);
  });

  test('calls a winner at a planned look that has come', async () => {
    await expect(rig.client.result(lookedAt)).resolves.toMatchObject({
      outcome: 'winner',
      winner: 'Variant B',
    });
    const { decision } = await rowOf(rig, lookedAt);
    expect(decision).toMatchObject({ by: 'screentest', verdict: { kind: 'winner' } });
    const [look] = await rig.database.analysisSnapshot.findMany({ where: { variantGroupId: lookedAt } });
    const rules = { method: 'planned_looks', looks: { days: [expect.any(String)] } };
    expect(look?.verdict).toMatchObject({ evidence: { rules } });
  });

  test('makes no look between two planned ones, whatever comes in', async () => {
    expect(await looksOf(between)).toEqual([{ look: 1, trigger: 'schedule', kind: 'keep_running' }]);
    await importDays(rig, between, CLEAR, { from: 26 });
    await runNow(rig, 'screentest-analysis');
    expect(await looksOf(between)).toHaveLength(1);
    expect((await rig.client.status(between)).looks.next).toMatchObject({ number: 2 });
  });

  test('tells a group nothing while nothing is decided: no analysis is an event of its workflow', async () => {
    expect(await looksOf(level)).toEqual([{ look: 1, trigger: 'schedule', kind: 'keep_running' }]);
    expect(await verdictEvents(level)).toEqual([]);
    expect((await rig.overview(level)).analysis).toBeUndefined();
    expect(await looksOf(quiet)).toEqual([]);
  });

  test('writes and tells nothing without new data, one snapshot with new data, and tells when a verdict no longer holds', async () => {
    const again = await runNow(rig, 'screentest-analysis');
    // The group that is away is found, since it has not heard.
    expect(again.result).toMatchObject({ analyzed: 1, snapshots: 0, told: 0, away: [away] });
    const turned = { Control: CLEAR['Variant B'], 'Variant B': CLEAR.Control };
    await importDays(rig, watched, turned, { from: 26 });
    const anew = await runNow(rig, 'screentest-analysis');
    expect(anew.result).toMatchObject({ snapshots: 1, told: 1 });
    expect(await looksOf(watched)).toEqual([
      { look: 1, trigger: 'schedule', kind: 'winner' },
      { look: 2, trigger: 'schedule', kind: 'keep_running' },
    ]);
    await rig.until(watched, ({ analysis }) => analysis?.includes('Not a verdict yet') === true);
    expect((await verdictEvents(watched)).map(({ event }) => event)).toEqual([
      'verdict reached',
      'verdict withdrawn',
    ]);
  });
});

test('a person may declare against the evidence, but says why; what the evidence said is on record', async () => {
  const csv = files[0] ?? '';
  const control = { variant: 'Control', by: ANA, reason: undefined };
  // By the numbers of this moment.
  await expect(rig.client.declareWinner(observed, control)).rejects.toThrow(
    /does not support Control: Variant B's .*--reason/s,
  );
  // By what the group has heard.
  const handle = rig.temporal.workflow.getHandle(workflowIdOf(observed));
  const refusal: unknown = await handle
    .executeUpdate('declareWinner', { args: [control] })
    .catch((error: unknown) => error);
  if (!(refusal instanceof WorkflowUpdateFailedError)) throw new Error(`not refused: ${String(refusal)}`);
  expect(refusal.cause?.message).toMatch(/does not support Control: Variant B's .*give a "reason"/);
  const receipt = await rig.client.declareWinner(observed, { ...control, reason: 'it is on brand' });
  expect(receipt).toMatchObject({ winner: 'Control', evidence: expect.stringMatching(/^Variant B's/) });
  expect((await rowOf(rig, observed)).decision).toMatchObject({
    by: ANA,
    reason: 'it is on brand',
    verdict: { kind: 'winner' },
    look: 2,
    imports: [{ sha256: createHash('sha256').update(csv).digest('hex') }],
  });
});
