import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WorkflowNotFoundError } from '@temporalio/client';
import { type BriefInput, parseBrief } from '../../domain/brief.ts';
import type { GroupId } from '../../domain/ids.ts';
import { PUBLISHED_PRICES, pricingOf } from '../../domain/prices.ts';
import { groupFolder } from '../../domain/video-keys.ts';
import type { ErasureStep } from '../../privacy/erase-user.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import { workflowIdOf } from '../../workflows/messages.ts';
import { compiled } from '../support/compiled.ts';
import { isTesting, jobsFor } from '../support/groups.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { textOf } from '../support/runs.ts';
import { expectExit, killScreentests, screentest, startProgram } from '../support/screentest.ts';

const BEN = 'ben@example.com';
const ADMIN = 'admin@example.com';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
  await rig.addFaults({ on: 'job', does: 'stall', match: { prompt: 'stuck' }, times: 'always' });
}, 60_000);
afterAll(async () => {
  killScreentests();
  await rig.stop();
}, 60_000);

/** Not by the rig's own `start`, which would look for its history at the end. */
async function start(by: string, name: string, changes: Partial<BriefInput> = {}): Promise<GroupId> {
  const brief = parseBrief({
    venture: 'Crema & Co',
    name,
    template: 'PRODUCT_REVEAL',
    product: `a machine for ${name}`,
    platforms: ['instagram', 'tiktok', 'youtube', 'facebook'],
    variants: 2,
    video: { model: 'sora-2', seconds: 1, size: '128x72' },
    ...changes,
  });
  const pricing = pricingOf('openai-compatible', PUBLISHED_PRICES);
  const options = { by, createVenture: true, providerAccount: 'default', pricing };
  return (await rig.client.start(brief, options)).groupId;
}

async function testing(by: string, name: string): Promise<GroupId> {
  const id = await start(by, name);
  await rig.until(id, isTesting);
  return id;
}

async function completed(by: string, name: string, declaredBy = by): Promise<GroupId> {
  const id = await testing(by, name);
  await rig.client.declareWinner(id, { variant: 'Control', by: declaredBy, reason: 'it sells' });
  await rig.client.result(id);
  return id;
}

const erase = (...args: string[]) =>
  screentest(['erase-user', ...args, '--yes', '--by', ADMIN], rig.environment);

async function filesOf(name: string, id: GroupId): Promise<readonly string[]> {
  return readdir(join(rig.storageFolder, groupFolder(name, id))).catch(() => []);
}

async function hasHistory(id: GroupId): Promise<boolean> {
  const found = [];
  for await (const run of rig.temporal.workflow.list({ query: `WorkflowId = '${workflowIdOf(id)}'` }))
    found.push(run);
  try {
    await rig.temporal.workflow.getHandle(workflowIdOf(id)).describe();
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return found.length > 0;
    throw error;
  }
}

/** Everything that the namespace has, histories and their attributes, as one text in lower case. */
async function everythingInTemporal(): Promise<string> {
  const texts = [];
  for await (const { workflowId, runId, searchAttributes, memo } of rig.temporal.workflow.list()) {
    const history = await rig.temporal.workflow.getHandle(workflowId, runId).fetchHistory();
    texts.push(textOf(history), JSON.stringify([searchAttributes, memo]));
  }
  return texts.join('\n').toLowerCase();
}

/** Every row of every table, as one text in lower case. */
async function everythingInPostgres(): Promise<string> {
  const tables = await rig.database.$queryRaw<{ name: string }[]>`
    SELECT oid::regclass::text AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace::regnamespace::text !~ '^(pg_|information_schema)'`;
  const texts = [];
  for (const { name } of tables) {
    const rows = await rig.database.$queryRawUnsafe<{ text: string }[]>(
      `SELECT to_jsonb(t)::text AS text FROM ${name} t`,
    );
    texts.push(...rows.map(({ text }) => text));
  }
  return texts.join('\n').toLowerCase();
}

async function list(): Promise<readonly string[]> {
  return readdir(join(rig.storageFolder, 'erasures')).catch(() => []);
}

test('a person who tested for weeks is gone everywhere, while a colleague goes on', async () => {
  const ANA = 'ana@example.com';
  const over = await completed(ANA, 'over');
  await rig.client.archive(over, ANA);
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const runs = await testing(ANA, 'runs');
  await rig.client.importMetrics({
    groupId: runs,
    fileName: `${ANA}.csv`,
    csv: `variant,platform,metric,value,recorded_at\nControl,tiktok,impressions,1000,${day}\n`,
    by: ANA,
    skipBad: false,
  });
  const stuck = await start(ANA, 'stuck');
  await rig.until(stuck, ({ spend }) => spend.reservedMicroUsd >= 200_000);
  // A file that is no video is staged, refused, and left lying for a week.
  const source = await createLocalStore(rig.storageFolder).stage(
    (async function* () {
      yield Buffer.from('no film');
    })(),
    100,
  );
  await expect(rig.client.provideVideo(stuck, { variant: 'Control', by: ANA, source })).rejects.toThrow();
  const rejected = createLocalStore(rig.storageFolder);
  await rejected.keepBytes(`rejected/${groupFolder('over', over)}/a.mp4`, Buffer.from('x'), 'video/mp4');
  const bens = await completed(BEN, "ben's", ANA);
  const bensRunning = await testing(BEN, 'ben goes on');
  await rig.client.importMetrics({
    groupId: bensRunning,
    fileName: 'a.csv',
    csv: `variant,platform,metric,value,recorded_at\nControl,tiktok,impressions,1000,${day}\n`,
    by: ANA,
    skipBad: false,
  });
  const bensFiles = await filesOf("ben's", bens);
  expect(bensFiles).toHaveLength(4);

  const dryRun = expectExit(await screentest(['erase-user', ANA, '--dry-run'], rig.environment), 0);
  expect(dryRun.stdout).toMatch(/groups +3, of which 2 run and are ended/);
  const unasked = await screentest(['erase-user', ANA, '--by', ADMIN], rig.environment);
  expect(expectExit(unasked, 2).stderr).toContain('NOT_CONFIRMED');
  expect(await list()).toEqual([]);

  const { stdout } = expectExit(await erase(ANA, '-o', 'json'), 0);
  const { proof, proofKey, isWhole, left } = JSON.parse(stdout);
  expect(isWhole).toBe(true);
  expect(proof.before).toMatchObject({ groups: 3, files: 9, histories: 6, providerJobs: 6 });
  expect(proof.outside).toEqual({
    filesLeft: 0,
    historiesPending: [workflowIdOf(bensRunning)],
    providerJobsLeft: 0,
  });
  expect(left).toEqual([expect.stringContaining(bensRunning)]);

  const rows = await everythingInPostgres();
  expect(rows).not.toContain(ANA);
  for (const id of [over, runs, stuck]) {
    expect(rows).not.toContain(id);
    expect(await hasHistory(id)).toBe(false);
  }
  expect(await everythingInTemporal()).not.toContain(ANA);
  expect(await filesOf('over', over)).toEqual([]);
  expect(await filesOf('runs', runs)).toEqual([]);
  expect(await readdir(join(rig.storageFolder, 'rejected')).catch(() => [])).toEqual([]);
  expect(await readdir(join(rig.storageFolder, 'incoming')).catch(() => [])).toEqual([]);
  for (const prompt of ['a machine for over', 'a machine for runs', 'a machine for stuck']) {
    const statuses = (await jobsFor(rig, prompt)).map(({ status }) => status);
    expect(statuses).toEqual(['deleted', 'deleted']);
  }

  expect(await filesOf("ben's", bens)).toEqual(bensFiles);
  const { group } = await rig.client.status(bens);
  expect(group).toMatchObject({ status: 'completed', outcome: 'winner', winner: 'Control' });
  expect(await hasHistory(bens)).toBe(false);

  const written = await readFile(join(rig.storageFolder, proofKey), 'utf8');
  expect(JSON.parse(written)).toEqual(proof);
  expect(written).not.toContain(ANA);

  // The colleague's group is over in the end, and its history is deleted then.
  await rig.client.closeTest(bensRunning, { by: BEN, withoutWinner: true });
  await rig.client.result(bensRunning);
  expect(expectExit(await screentest(['erase-user', '--replay'], rig.environment), 0).stdout).toContain(
    'of 1 something was left',
  );
  expect(await hasHistory(bensRunning)).toBe(false);
  expect(expectExit(await screentest(['erase-user', '--replay'], rig.environment), 0).stdout).toContain(
    'Of 1 people who were erased nothing is left',
  );
});

test('whose tests are to be kept must end them first; then they stay, with nobody in them', async () => {
  const CLEO = 'cleo@example.com';
  const id = await testing(CLEO, 'kept');
  const refused = expectExit(await erase(CLEO, '--keep-results'), 4);
  expect(refused.stderr).toContain('GROUPS_RUNNING');
  expect(refused.stderr).toContain('kept');
  await rig.client.declareWinner(id, { variant: 'Control', by: CLEO, reason: undefined });
  await rig.client.result(id);
  const files = await filesOf('kept', id);

  expectExit(await erase(CLEO, '--keep-results'), 0);
  expect(await everythingInPostgres()).not.toContain(CLEO);
  expect(await everythingInTemporal()).not.toContain(CLEO);
  expect(await hasHistory(id)).toBe(false);
  expect(await filesOf('kept', id)).toEqual(files);
  const { group } = await rig.client.status(id);
  expect(group).toMatchObject({ status: 'completed', winner: 'Control' });
});

describe('an erasure that is killed', () => {
  let program: string;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'screentest-erasing-'));
    program = await compiled(join(folder, 'program'), ['test/recovery/broken-off-erasure.ts']);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.each<ErasureStep>([
    'tombstone written',
    'groups ended',
    'provider asked',
    'files removed',
    'histories deleted',
    'rows erased',
    'proof written',
  ])('after "%s" is finished by the same command', async (step) => {
    const name = step.replaceAll(' ', '-');
    const person = `dana+${name}@example.com`;
    const id = await testing(person, name);
    const environment = { ...rig.environment, CRASH_AFTER: step };
    const { exit, stdout } = await startProgram(program, [person], environment).ended;
    expect({ exit, stdout }).toEqual({ exit: 'SIGKILL', stdout: `killed after: ${step}\n` });

    const ended = expectExit(await erase(person, '-o', 'json'), 0);
    const { proof, isWhole } = JSON.parse(ended.stdout);
    expect(isWhole).toBe(true);
    expect(proof.before.rows).toMatchObject({ 'public.variant_groups': 1, 'public.video_variants': 2 });
    expect(proof.before).toMatchObject({ files: 4, histories: 1, providerJobs: 2 });
    expect(proof.outside).toEqual({ filesLeft: 0, historiesPending: [], providerJobsLeft: 0 });
    expect(await everythingInPostgres()).not.toContain(person);
    expect(await hasHistory(id)).toBe(false);
    expect(await filesOf(name, id)).toEqual([]);
  });
});
