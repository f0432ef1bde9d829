import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { until } from '../local/support/until.ts';
import { type Rig, startRig } from '../support/rig.ts';

/** Fifteen a second. */
const SUBMITS_PER_MINUTE = 900;

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ submitsPerMinute: SUBMITS_PER_MINUTE });
}, 60_000);
afterAll(() => rig.stop(), 60_000);

function brief(venture: string, product: string, count: number) {
  const variants = Array.from({ length: count }, (_, at) => ({
    name: `Take ${at + 1}`,
    prompt: `${product}, take ${at + 1}`,
  }));
  return { venture, name: `${product} launch`, variants };
}

/** When the video API took each order with this text, in milliseconds, the first one first. */
async function takenAt(text: string): Promise<readonly number[]> {
  const { jobs } = await rig.ledger();
  return jobs.filter(({ prompt }) => prompt.includes(text)).map(({ createdAtMs }) => createdAtMs);
}

async function untilTaken(text: string, orders: number): Promise<readonly number[]> {
  await until(`${orders} orders of ${text}`, async () => (await takenAt(text)).length >= orders, 60);
  return takenAt(text);
}

test('orders stop while the provider asks for it, leave at the published rate, and are fair between ventures', async () => {
  await rig.addFaults({ on: 'create', does: 'answer', status: 429, retryAfterSeconds: 3, times: 'always' });
  await rig.start(brief('Crema & Co', 'espresso', 50));
  await until('an order is refused', async () => (await rig.ledger()).postsReceived > 0);
  const small = await rig.start(brief('Lumen Lamps', 'lamp', 3));
  await rig.until(small, ({ variants }) => variants.some(({ status }) => status === 'generating'));
  await fetch(`${rig.simulator.adminUrl}/faults`, { method: 'DELETE' });
  const { postsReceived: refused } = await rig.ledger();
  const espressos = await untilTaken('espresso', 50);
  const lamps = await untilTaken('lamp', 3);

  expect(refused).toBeLessThanOrEqual(10);
  expect((await rig.ledger()).postsReceived).toBe(refused + 53);
  const all = [...lamps, ...espressos].toSorted((a, b) => a - b);
  const tookMs = (all.at(-1) ?? 0) - (all[0] ?? 0);
  // A second may be made up for.
  expect(tookMs).toBeGreaterThan((52 / SUBMITS_PER_MINUTE) * 60_000 - 1000);
  const lastLamp = lamps.at(-1) ?? 0;
  expect(espressos.filter((at) => at > lastLamp).length).toBeGreaterThan(3);
}, 120_000);
