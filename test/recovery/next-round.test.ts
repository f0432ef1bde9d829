import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { readYamlFile } from '../../config/text-file.ts';
import { parseBrief } from '../../domain/brief.ts';
import type { GroupId } from '../../domain/ids.ts';
import { PUBLISHED_PRICES, pricingOf } from '../../domain/prices.ts';
import { runHere } from '../cli/run-here.ts';
import { eventsOfGroup, isTesting } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

let rig: Rig;
let first: GroupId;
let second: GroupId;

const FACTORS = { hook: ['scene', 'question'], pacing: ['steady', 'fast'], lighting: ['studio', 'neon'] };
const WIDE = [{ name: 'wide', size: '72x128' }];

beforeAll(async () => {
  rig = await startRig();
  first = await rig.start({ name: 'Espresso launch', variants: 4, factors: FACTORS, renditions: WIDE });
  await rig.until(first, isTesting);
  await importDays(first, { Control: 100, 'Variant B': 100, 'Variant C': 160, 'Variant D': 100 });
  await rig.client.declareWinner(first, { variant: 'Variant C', by: ANA });
  await rig.client.result(first);
}, 120_000);
afterAll(() => rig.stop(), 60_000);

const run = (...args: string[]) => runHere(args, rig.environment);

/** Ten days of a thousand impressions each, and this many conversions. */
async function importDays(id: GroupId, conversions: Readonly<Record<string, number>>): Promise<void> {
  const lines = Object.entries(conversions).flatMap(([variant, count]) =>
    Array.from({ length: 10 }, (_, day) => {
      const at = new Date(Date.now() - (day + 12) * 86_400_000).toISOString().slice(0, 10);
      return [`${variant},tiktok,impressions,1000,${at}`, `${variant},tiktok,conversions,${count},${at}`];
    }).flat(),
  );
  const csv = `variant,platform,metric,value,recorded_at\n${lines.join('\n')}\n`;
  await rig.client.importMetrics({ groupId: id, fileName: 'days.csv', csv, by: ANA, skipBad: false });
}

const variantOf = (id: GroupId, variantName: string) =>
  rig.database.videoVariant.findFirstOrThrow({
    where: { variantGroupId: id, variantName },
    include: { renditions: { orderBy: { rendition: 'asc' } } },
  });

const created = async () => (await rig.ledger()).jobs.length;

const start = async (file: string) =>
  rig.client.start(parseBrief(await readYamlFile(file, 'BRIEF_UNREADABLE')), {
    by: ANA,
    createVenture: false,
    providerAccount: 'default',
    pricing: pricingOf('openai-compatible', PUBLISHED_PRICES),
  });

test('the winner of a round is the control of the next, with its files, and is never ordered again', async () => {
  const file = join(rig.storageFolder, 'round-2.yaml');
  const proposed = await run('next', 'Espresso launch', '--out', file);
  expect(proposed).toMatchObject({ exit: 0, stderr: '' });
  expect(proposed.stdout).toContain('Control: Variant C');
  expect(parse(await readFile(file, 'utf8'))).toMatchObject({
    name: 'Espresso launch, round 2',
    parent: { group: first, variant: 'Variant C', levels: { pacing: 'fast' } },
  });
  const estimated = await run('start', file, '--dry-run', '-o', 'json');
  const { variants: costs } = JSON.parse(estimated.stdout);
  expect(costs.map(({ cost }: { cost: number }) => cost)).toEqual([0, 200_000, 200_000, 200_000]);

  const before = await created();
  second = (await start(file)).groupId;
  await rig.until(second, isTesting);
  expect(await created()).toBe(before + 2 * 3);
  const [won, control] = [await variantOf(first, 'Variant C'), await variantOf(second, 'Control')];
  expect(control).toMatchObject({ promptText: won.promptText, generationStatus: 'manual' });
  const facts = ({ rendition, sha256 }: { rendition: string; sha256: string | null }) => [rendition, sha256];
  expect(control.renditions.map(facts)).toEqual(won.renditions.map(facts));
  expect(control.renditions.map(({ storageKey }) => storageKey)).not.toEqual(
    won.renditions.map(({ storageKey }) => storageKey),
  );
  const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ');
  const prompts = (await rig.ledger()).jobs.map(({ prompt }) => oneLine(prompt));
  expect(prompts.filter((prompt) => prompt === oneLine(won.promptText))).toHaveLength(2);
  const events = await eventsOfGroup(rig, second);
  expect(events.filter(({ event }) => event === 'video provided')).toMatchObject([
    { actor: ANA, details: expect.stringContaining(first) },
    { actor: ANA, details: expect.stringContaining('Variant C') },
  ]);
}, 120_000);

test('the lineage shows both rounds, with what won, by how much, and what was spent', async () => {
  const text = await run('lineage', first);
  expect(text).toMatchObject({ exit: 0, stderr: '' });
  expect(text.stdout).toMatch(
    /^Espresso launch \(\w+\) {2}<-\n.*winner Variant C, \+60% \(\+\d+% to \+\d+%\) over its control\n.*4 videos made, \$0\.80 spent\n└─ Espresso launch, round 2/,
  );
  expect(text.stdout).toContain('3 videos made and Variant C of the round before, $0.60 spent');
  const { root } = JSON.parse((await run('lineage', second, '-o', 'json')).stdout);
  expect(root).toMatchObject({ groupId: first, next: [{ groupId: second, controlFrom: 'Variant C' }] });
});

test('a round that is not over proposes nothing, and a file that is there is not written over', async () => {
  expect(await run('next', second)).toMatchObject({ exit: 4, stderr: expect.stringContaining('is testing') });
  const file = join(rig.storageFolder, 'mine.yaml');
  await writeFile(file, 'mine');
  expect(await run('next', first, '--out', file)).toMatchObject({ exit: 2 });
  expect(await readFile(file, 'utf8')).toBe('mine');
});

test('what is proposed is not started unless somebody says yes', async () => {
  const groups = await rig.database.variantGroup.count();
  const asked = await run('next', first, '--start');
  expect(asked).toMatchObject({ exit: 2, stderr: expect.stringContaining('add --yes') });
  expect(await rig.database.variantGroup.count()).toBe(groups);
});

test('people who are asked about plan and videos are not asked about the control, which stays as it was tested', async () => {
  const gates = { plan: true, videos: true };
  const id = (await rig.attach({ ...(await briefAfter('With gates')), gates })).groupId;
  await rig.until(id, ({ waitsFor }) => waitsFor?.includes('approval') === true);
  const { plan, variants } = await rig.overview(id);
  expect(variants.map(({ status }) => status)).toEqual(['manual', 'pending', 'pending', 'pending']);
  expect(plan?.costMicroUsd).toBe(600_000);
  const edit = rig.client.editPlan(id, { by: ANA, version: 1, variant: 'Control', prompt: 'another' });
  await expect(edit).rejects.toThrow(/Control comes with the video it won with/);
  await rig.client.approvePlan(id, { by: ANA, version: 1 });
  await rig.until(id, ({ variants: now }) =>
    now.every(({ status }) => status !== 'pending' && status !== 'generating'),
  );
  expect((await rig.overview(id)).variants.map(({ review }) => review)).toEqual([
    undefined,
    'pending',
    'pending',
    'pending',
  ]);
  const anew = { by: ANA, variant: 'Control', reason: 'dull', regenerate: true };
  await expect(rig.client.rejectVideo(id, anew)).rejects.toThrow(/is not made again/);
  expect(await variantOf(id, 'Control')).toMatchObject({ review: null, generationStatus: 'manual' });
  await rig.client.cancel(id, ANA);
  await rig.client.result(id);
}, 60_000);

test('a control whose file is not the one that was tested ends the group before anything is ordered', async () => {
  const [main] = (await variantOf(first, 'Variant C')).renditions;
  const path = fileURLToPath(main?.videoUrl ?? '');
  const whole = await readFile(path);
  const before = await created();
  await writeFile(path, whole.subarray(0, whole.length - 1));
  const cut = await rig.attach(await briefAfter('Cut short'));
  expect(await rig.client.result(cut.groupId)).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('is not the one that was tested'),
  });
  await rm(path);
  const gone = await rig.attach(await briefAfter('Gone'));
  expect(await rig.client.result(gone.groupId)).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('is not in the folder'),
  });
  expect(await created()).toBe(before);
  // The round that has a copy of its own does not care.
  const [copy] = (await variantOf(second, 'Control')).renditions;
  expect(await readFile(fileURLToPath(copy?.videoUrl ?? ''))).toEqual(whole);
  await writeFile(path, whole);
}, 60_000);

test('a control that was removed by rule, or was never there, is refused when the round is started', async () => {
  const brief = await briefAfter('Too late');
  const won = await variantOf(first, 'Variant C');
  await rig.database.variantRendition.updateMany({
    where: { videoVariantId: won.id, rendition: 'main' },
    data: { expiredAt: new Date() },
  });
  await expect(rig.attach(brief)).rejects.toMatchObject({ code: 'CONTROL_VIDEO_GONE' });
  await rig.database.variantRendition.updateMany({
    where: { videoVariantId: won.id },
    data: { expiredAt: null },
  });
  const of = (change: object) => ({ ...brief, parent: { group: first, variant: 'Variant C', ...change } });
  await expect(rig.attach(of({ variant: 'Variant Q' }))).rejects.toMatchObject({
    code: 'PARENT_VARIANT_UNKNOWN',
    message: expect.stringContaining('Variant C'),
  });
  await expect(rig.attach(of({ group: '00000000-0000-4000-8000-000000000000' }))).rejects.toMatchObject({
    code: 'PARENT_UNKNOWN',
  });
  await expect(rig.attach({ ...brief, venture: 'Others' })).rejects.toMatchObject({
    code: 'PARENT_OF_ANOTHER_VENTURE',
  });
});

test('a round whose parent was erased says so, and goes on', async () => {
  await rig.client.closeTest(second, { by: ANA, withoutWinner: true });
  await rig.client.result(second);
  const proposed = JSON.parse((await run('next', second, '-o', 'json')).stdout);
  expect(proposed.control).toMatchObject({ variant: 'Control', because: 'kept' });
  await rig.database
    .$executeRaw`UPDATE variant_groups SET winner_variant_id = NULL, outcome = 'no_winner' WHERE id = ${first}::uuid`;
  await rig.database.$executeRaw`DELETE FROM analysis_snapshots WHERE variant_group_id = ${first}::uuid`;
  await rig.database.variantGroup.delete({ where: { id: first } });
  const { stdout } = await run('lineage', second);
  expect(stdout).toMatch(/^\(\w+, the round before, is gone: erased or unknown/);
  expect(await run('next', second, '-o', 'json')).toMatchObject({ exit: 0 });
});

async function briefAfter(name: string) {
  const { brief } = await rig.client.next(first);
  return { ...brief, name };
}
