import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../local/support/until.ts';
import { isTesting } from '../support/groups.ts';
import { ANA, type Rig, startRig, textSettings } from '../support/rig.ts';
import { killScreentests, type Running, startScreentest } from '../support/screentest.ts';
import { ABOUT_HOOK, chatsAbout, TWO_FACTORS, wordingsOf } from '../support/worded-groups.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ startsWorkers: false });
}, 60_000);
afterAll(async () => {
  killScreentests();
  await rig.stop();
}, 60_000);

async function startWorker(): Promise<Running> {
  const settings = Object.entries(textSettings(rig.simulator)).map(([name, value]) => [name, String(value)]);
  const worker = startScreentest(['worker'], { ...rig.environment, ...Object.fromEntries(settings) });
  await worker.untilPrinted('the worker is ready');
  return worker;
}

test('a worker killed after an answer was kept does not pay for it again; one that was under way counts as charged', async () => {
  const product = 'a kettle on the boil';
  // The question about the hook is not answered while the first worker lives.
  await rig.addFaults({ on: 'chat', does: 'hang', milliseconds: 8000, match: ABOUT_HOOK });
  const id = await rig.start({ product, variants: 3, factors: TWO_FACTORS, writer: { enabled: true } });
  let worker = await startWorker();
  await until('one answer is kept, and one is under way', async () => {
    const rows = await wordingsOf(rig, id);
    return rows.map(({ state }) => state).join() === 'asked,answered';
  });
  await until('the question has arrived', async () => (await chatsAbout(rig, product)).length === 2);
  expect((await worker.end('SIGKILL')).exit).toBe('SIGKILL');

  worker = await startWorker();
  await rig.until(id, isTesting, 60_000);
  const rows = await wordingsOf(rig, id);
  expect(rows.map(({ factor, state }) => [factor, state])).toEqual([
    ['hook', 'lost'],
    ['hook', 'answered'],
    ['pacing', 'answered'],
  ]);
  expect(rows[0]?.costMicroUsd).toBe(rows[0]?.reservedMicroUsd);
  const asked = await chatsAbout(rig, product);
  expect(asked.filter(({ prompt }) => prompt.includes('"name": "pacing"'))).toHaveLength(1);
  const { writing } = (await rig.client.status(id)).group;
  expect(writing).toMatchObject({
    warnings: [],
    costMicroUsd: rows.reduce((sum, { costMicroUsd }) => sum + Number(costMicroUsd), 0),
  });
  expect((await worker.end('SIGTERM')).exit).toBe(0);
}, 120_000);

test('a group that is cancelled while its words are written ends, and its question is not asked again', async () => {
  const product = 'a kettle that whistles';
  await rig.addFaults({
    on: 'chat',
    does: 'hang',
    milliseconds: 60_000,
    match: { prompt: product },
    times: 'always',
  });
  const id = await rig.start({ product, variants: 3, factors: TWO_FACTORS, writer: { enabled: true } });
  const worker = await startWorker();
  await until('both questions have arrived', async () => (await chatsAbout(rig, product)).length === 2);
  await rig.client.cancel(id, ANA);
  const { outcome } = await rig.until(id, (seen) => seen.outcome !== undefined, 30_000);
  expect(outcome).toBe('cancelled');
  expect((await rig.client.status(id)).group.writing?.warnings).toEqual([
    "All levels have the library's words: the group was cancelled",
  ]);
  await until('nothing is under way any more', async () =>
    (await wordingsOf(rig, id)).every(({ state }) => state === 'lost'),
  );
  expect(await chatsAbout(rig, product)).toHaveLength(2);
  expect((await worker.end('SIGTERM')).exit).toBe(0);
}, 120_000);
