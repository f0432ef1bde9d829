import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { GroupId } from '../../domain/ids.ts';
import { freePort } from '../../local/ports.ts';
import type { Delivery } from '../../simulator/webhooks.ts';
import { expectBalancedBooks, ordersOf } from '../paying/books.ts';
import { isTesting } from '../support/groups.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { killScreentests, type Running, startScreentest } from '../support/screentest.ts';

/** A wait between two questions is a tenth of a job's age: two seconds at the end of these. */
const RENDER_SECONDS = 20;
const IN_TIME = 90_000;

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

let rig: Rig;
let worker: Running;
beforeAll(async () => {
  const port = await freePort();
  rig = await startRig({
    startsWorkers: false,
    simulator: {
      render: { baseSeconds: RENDER_SECONDS, perVideoSecond: 0, jitter: 0 },
      sendsPollHint: false,
      webhooks: { url: `http://127.0.0.1:${port}/webhooks/video`, secret: SECRET },
    },
  });
  worker = startScreentest(['worker'], {
    ...rig.environment,
    VIDEO_API_WEBHOOK_SECRET: SECRET,
    SCREENTEST_HTTP_PORT: String(port),
    LOG_LEVEL: 'trace',
  });
  await worker.untilPrinted('the worker is ready');
}, 60_000);
afterAll(async () => {
  killScreentests();
  await rig.stop();
}, 60_000);

function variants(about: string, count: number) {
  return Array.from({ length: count }, (_, at) => ({ name: `V${at}`, prompt: `${about} ${at}` }));
}

/** Milliseconds from each job's end to its video being stored, the shortest first. */
async function delays(id: GroupId): Promise<readonly number[]> {
  const { jobs } = await rig.ledger();
  const ends = new Map(jobs.map((job) => [job.id, job.createdAtMs + RENDER_SECONDS * 1000]));
  return (await ordersOf(rig, id))
    .map(
      ({ soraJobId, jobCompletedAt }) =>
        (jobCompletedAt?.getTime() ?? Number.NaN) - (ends.get(soraJobId ?? '') ?? 0),
    )
    .toSorted((a, b) => a - b);
}

const median = (values: readonly number[]) => values[Math.floor(values.length / 2)] ?? Number.NaN;

async function deliveriesFor(id: GroupId): Promise<readonly Delivery[]> {
  const response = await fetch(`${rig.simulator.adminUrl}/webhooks`);
  const { deliveries } = (await response.json()) as { deliveries: readonly Delivery[] };
  const ids = new Set((await ordersOf(rig, id)).map(({ soraJobId }) => soraJobId));
  return deliveries.filter(({ jobId }) => ids.has(jobId));
}

test('a video is there in a fraction of the time between two questions once the provider tells that it is done', async () => {
  await rig.addFaults({ on: 'webhook', does: 'lose', match: { prompt: 'in silence' }, times: 'always' });
  // One after the other: questions about all would tell of the ones without news as well.
  const silent = await rig.start({ name: 'in silence', variants: variants('in silence', 6) });
  await rig.until(silent, isTesting, IN_TIME);
  const told = await rig.start({ name: 'told', variants: variants('told', 6) });
  await rig.until(told, isTesting, IN_TIME);

  const [without, withNews] = [await delays(silent), await delays(told)];
  expect(median(withNews)).toBeLessThan(median(without) / 2);
  expect((await deliveriesFor(told)).map(({ answered }) => answered)).toEqual(Array(6).fill(204));
}, 240_000);

test('events that are twice, out of order, late, forged, old, early, about other jobs or lost change nothing', async () => {
  const faults = ['repeat', 'overtaken', 'forge', 'stale', 'early', 'stray', 'lose'] as const;
  await rig.addFaults(
    ...faults.map((does) => ({ on: 'webhook' as const, does, match: { prompt: `news ${does}` } })),
    { on: 'webhook', does: 'delay', milliseconds: 3000, match: { prompt: 'news delay' } },
  );
  const id = await rig.start({
    name: 'bad news',
    variants: [...faults, 'delay'].map((does) => ({ name: does, prompt: `news ${does}` })),
  });
  const { variants: shown } = await rig.until(id, isTesting, IN_TIME);
  expect(shown.map(({ status }) => status)).toEqual(Array(8).fill('completed'));
  expect((await ordersOf(rig, id)).map(({ ordinal, jobStatus }) => [ordinal, jobStatus])).toEqual(
    Array(8).fill([1, 'completed']),
  );
  await expectBalancedBooks(rig, id);

  const answers = (await deliveriesFor(id)).map(({ answered }) => answered);
  for (const status of [204, 400, 401, 409]) expect(answers).toContain(status);
}, 150_000);

test('neither the secret nor what was sent is in the log', async () => {
  const { exit } = await worker.end('SIGTERM');
  expect(exit).toBe(0);
  expect(worker.printed()).not.toContain(SECRET.slice('whsec_'.length));
  expect(worker.printed()).not.toMatch(/webhook-signature|video\.completed/);
}, 60_000);
