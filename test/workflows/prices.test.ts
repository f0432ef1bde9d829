import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parseBrief } from '../../domain/brief.ts';
import { fromUsd, microUsd } from '../../domain/money.ts';
import { PUBLISHED_PRICES, pricingOf, withPricesOf } from '../../domain/prices.ts';
import { eventsOfGroup, rowOf } from '../support/groups.ts';
import { ANA, type Rig, startRig } from '../support/rig.ts';

const DEARER = withPricesOf({ 'openai-compatible': { 'sora-2': [{ usdPerSecond: 0.2 }] } }, 'prices.yaml');

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ prices: DEARER });
}, 60_000);
afterAll(() => rig.stop(), 60_000);

const brief = parseBrief({
  venture: 'Crema & Co',
  name: 'priced',
  template: 'PRODUCT_REVEAL',
  product: 'a small espresso machine',
  variants: 2,
  video: { model: 'sora-2', seconds: 1, size: '128x72' },
});

test('a group that is dearer at the prices of the worker than its starter was told ends before anything is ordered', async () => {
  const { groupId } = await rig.client.start(brief, {
    by: ANA,
    createVenture: true,
    providerAccount: 'default',
    pricing: pricingOf('openai-compatible', PUBLISHED_PRICES),
  });
  const result = await rig.client.result(groupId);
  expect(result).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('$0.40, and $0.20 is what'),
  });
  expect((await rig.ledger()).postsReceived).toBe(0);
  expect(await rowOf(rig, groupId)).toMatchObject({ testStatus: 'completed', outcome: 'failed' });
  const [planned] = await eventsOfGroup(rig, groupId);
  expect(planned?.details).toContain('"costMicroUsd":400000');
  expect(planned?.details).toContain('"estimatedMicroUsd":200000');
});

test('a group for which the worker knows no price ends before anything is ordered, and says so', async () => {
  const pricing = pricingOf(
    'openai-compatible',
    withPricesOf({ 'openai-compatible': { unheard: [{ usdPerSecond: 1 }] } }, 'prices.yaml'),
  );
  const { groupId } = await rig.client.start(
    { ...brief, video: { ...brief.video, model: 'unheard' } },
    { by: ANA, createVenture: true, providerAccount: 'default', pricing },
  );
  expect(await rig.client.result(groupId)).toMatchObject({
    outcome: 'failed',
    reason: expect.stringContaining('no price for the model "unheard"'),
  });
});

test('a group that is cheaper at the prices of the worker is made at these', async () => {
  const { groupId } = await rig.client.start(brief, {
    by: ANA,
    createVenture: true,
    providerAccount: 'default',
    pricing: {
      provider: 'openai-compatible',
      models: { 'sora-2': [{ maxPixels: undefined, perSecond: fromUsd(1), perVideo: microUsd(0) }] },
    },
  });
  const { spend } = await rig.until(groupId, ({ status }) => status === 'testing');
  expect(spend).toEqual({ spentMicroUsd: 400_000, reservedMicroUsd: 0 });
});
