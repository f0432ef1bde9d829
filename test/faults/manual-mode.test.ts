import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { hasJobTable } from '../../database/job-table.ts';
import { until } from '../local/support/until.ts';
import { filmOf } from '../support/films.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { killScreentests, type Running, screentest, startScreentest } from '../support/screentest.ts';

/** Whole groups through the command line, as processes, on a database without a job table. */
let rig: Rig;
let folder: string;
/** No video API at all. */
let manual: NodeJS.ProcessEnv;

beforeAll(async () => {
  rig = await startRig({ startsWorkers: false, manualMode: true });
  folder = await mkdtemp(join(tmpdir(), 'screentest-manual-'));
  const withoutApi = Object.entries(rig.environment).filter(([name]) => !name.startsWith('VIDEO_API_'));
  manual = { ...Object.fromEntries(withoutApi), VIDEO_PROVIDER: 'manual' };
}, 60_000);
// The next test's groups must not find this one's worker.
afterEach(killScreentests);
afterAll(async () => {
  await rig.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

async function startWorker(environment: NodeJS.ProcessEnv): Promise<Running> {
  const worker = startScreentest(['worker'], environment);
  await worker.untilPrinted('the worker is ready');
  return worker;
}

async function briefFile(name: string): Promise<string> {
  const path = join(folder, `${name}.yaml`);
  const brief = {
    venture: 'Crema & Co',
    name,
    template: 'PRODUCT_REVEAL',
    product: 'a small espresso machine',
    platforms: ['tiktok'],
    variants: 3,
    // Whatever people film with has no price here.
    video: { model: 'a phone', seconds: 1, size: '128x72' },
  };
  await writeFile(path, JSON.stringify(brief));
  return path;
}

/** What a command printed; it must have gone well. */
async function run(environment: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const { exit, stdout, stderr } = await screentest(args, environment);
  expect({ args, exit, stderr }).toEqual({ args, exit: 0, stderr: expect.any(String) });
  return stdout;
}

async function start(environment: NodeJS.ProcessEnv, name: string): Promise<{ id: string; said: string }> {
  const said = await run(environment, 'start', await briefFile(name), '--create-venture');
  const id = /Started ([0-9a-f-]{36})/.exec(said)?.[1] ?? '';
  await until('it waits for videos', async () =>
    (await screentest(['status', id], environment)).stdout.includes('for videos: send provide-video'),
  );
  return { id, said };
}

/** What the Web UI shows. */
async function currentDetails(id: string): Promise<string> {
  const handle = rig.temporal.workflow.getHandle(`variant-group/${id}`);
  const metadata = await handle.query<{ currentDetails?: string }>('__temporal_workflow_metadata');
  return metadata.currentDetails ?? '';
}

async function csvFile(): Promise<string> {
  const path = join(folder, 'numbers.csv');
  const day = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
  const rows = ['Control', 'Variant B', 'Variant C'].flatMap((variant, n) => [
    `${variant},tiktok,impressions,5000,${day}`,
    `${variant},tiktok,conversions,${100 + 60 * n},${day}`,
  ]);
  await writeFile(path, ['variant,platform,metric,value,recorded_at', ...rows, ''].join('\n'));
  return path;
}

test('a whole group lives without a video API and without a job table', async () => {
  const worker = await startWorker(manual);
  const { id, said } = await start(manual, 'By hand');
  expect(said).toContain('manual: VIDEO_PROVIDER is manual');
  expect(said).toContain(`screentest provide-video ${id}`);
  expect(await run(manual, 'doctor')).toMatch(/ok +generation: groups start in manual mode/);
  expect(await run(manual, 'list')).toContain('generating');
  expect(await run(manual, 'status', id)).toMatch(/mode +manual: VIDEO_PROVIDER is manual/);
  const shown = await currentDetails(id);
  expect(shown).toContain('Manual: VIDEO\\_PROVIDER is manual.');
  expect(shown).toContain('Waits for videos: send provide-video');
  expect(await run(manual, 'db', 'status')).toContain('held back: waits for the smoke test');

  const retry = await screentest(['retry', id, '--variant', 'Control'], manual);
  expect(retry).toMatchObject({ exit: 4, stderr: expect.stringContaining('send provide-video') });
  const watching = startScreentest(['watch', id, '--until', 'testing'], manual);
  for (const variant of ['Control', 'Variant B', 'Variant C']) {
    const film = join(folder, `${variant}.mp4`);
    await writeFile(film, await filmOf(variant));
    expect(await run(manual, 'provide-video', id, film, '--variant', variant)).toContain('has its video');
  }
  const watched = await watching.ended;
  expect(watched).toMatchObject({ exit: 0, stdout: expect.stringContaining('Control is manual') });

  await run(manual, 'import', id, await csvFile());
  await run(manual, 'close-test', id);
  expect(await run(manual, 'status', id)).toContain('analyzing');
  await run(manual, 'declare-winner', id, '--variant', 'Variant C');
  const over = await run(manual, 'status', id);
  expect(over).toContain('completed: winner');
  expect(over).toMatch(/spent +\$0\.00/);
  await run(manual, 'archive', id);
  expect(await run(manual, 'list', '--status', 'archived')).toContain('By hand');
  expect(await hasJobTable(rig.database)).toBe(false);
  expect((await rig.ledger()).postsReceived).toBe(0);
  expect((await worker.end('SIGTERM')).exit).toBe(0);
}, 240_000);

test('a smoke test that failed leaves manual mode and says why; one that passed opens automatic generation', async () => {
  const { environment } = rig;
  const worker = await startWorker(environment);
  await rig.addFaults({ on: 'job', does: 'fail', message: 'a logo' });
  const failed = await screentest(['smoke-test', '--seconds', '1', '--yes'], environment);
  expect(failed).toMatchObject({ exit: 1, stdout: expect.stringContaining('a logo') });
  const { id, said } = await start(environment, 'After a failure');
  expect(said).toMatch(
    /manual: the smoke test of openai-compatible \(sora-2\) failed on .*a logo.*smoke-test/,
  );
  expect((await screentest(['doctor'], environment)).stdout).toMatch(/PROBLEM +generation: .*a logo/);

  expect(await run(environment, 'smoke-test', '--seconds', '1', '--yes')).toContain('PASS');
  const brief = join(folder, 'automatic.yaml');
  const text = { venture: 'Crema & Co', name: 'Automatic', template: 'PRODUCT_REVEAL', product: 'a cup' };
  const small = { platforms: ['tiktok'], variants: 2, video: { seconds: 1, size: '128x72' } };
  await writeFile(brief, JSON.stringify({ ...text, ...small }));
  const automatic = await run(environment, 'start', brief);
  expect(automatic).toContain('2 variants, 2 s of video, $0.20');
  const [, automaticId = ''] = /Started ([0-9a-f-]{36})/.exec(automatic) ?? [];
  await run(environment, 'watch', automaticId, '--until', 'testing');

  // The one that began in manual mode stays in it, and can be stopped.
  expect(await run(environment, 'status', id)).toMatch(/mode +manual/);
  expect(await run(environment, 'cancel', id, '--yes')).toContain('cancelled');
  expect(await run(environment, 'status', id)).toContain('no video was provided in time');
  expect((await rig.ledger()).jobsCreated).toBe(4);
  expect((await worker.end('SIGTERM')).exit).toBe(0);
}, 240_000);
