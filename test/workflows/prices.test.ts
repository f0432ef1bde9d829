import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createPlanningActivities } from '../../activities/planning.ts';
import { findVenture } from '../../database/people.ts';
import { parseBrief } from '../../domain/brief.ts';
import { groupId } from '../../domain/ids.ts';
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
  platforms: ['instagram', 'tiktok', 'youtube', 'facebook'],
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

test('a plan with an error that its starter did not look for is recorded, and nothing of it may be ordered', async () => {
  const { planGroup } = createPlanningActivities({
    database: rig.database,
    pricing: pricingOf('openai-compatible', DEARER),
  });
  const ventureId = await findVenture(rig.database, brief.venture, { missing: true, by: ANA });
  const plan = async (prompts: readonly string[]) => {
    const id = groupId(randomUUID());
    const variants = prompts.map((prompt, i) => ({ name: `V${i}`, prompt, mutations: {} }));
    const { refusal } = await planGroup({
      groupId: id,
      brief: { ...brief, variants },
      ventureId,
      startedBy: ANA,
      startKey: id,
      generation: { mode: 'automatic', reason: 'a test' },
      estimatedMicroUsd: 1_000_000,
    });
    return { refusal, details: (await eventsOfGroup(rig, id))[0]?.details };
  };
  const same = await plan(['A cup, steaming.', 'a cup - steaming']);
  expect(same.refusal).toMatch(
    /^The plan has an error:\n {2}V0, V1: the prompts say the same words.*Nothing was ordered$/s,
  );
  expect(same.details).toContain('SAME_PROMPT');
  const long = 'Two hands hold a steaming cup of coffee against a bright window on a rainy day';
  const near = await plan([long, long.replace('rainy', 'sunny')]);
  expect(near.refusal).toBeUndefined();
  expect(near.details).toContain('NEAR_DUPLICATE');
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
