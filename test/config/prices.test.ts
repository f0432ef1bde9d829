import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readPricing } from '../../config/prices.ts';
import { PUBLISHED_PRICES } from '../../domain/prices.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screentest-prices-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function pricingWith(text: string) {
  const path = join(folder, 'prices.yaml');
  await writeFile(path, text);
  return readPricing({ SCREENTEST_PRICES_FILE: path });
}

test('prices are the published ones unless a file says otherwise', async () => {
  expect((await readPricing({})).models).toBe(PUBLISHED_PRICES['openai-compatible']);
  const { models } = await pricingWith(
    'openai-compatible:\n  wan-2.2:\n    - { upTo: 1280x720, usdPerVideo: 0.3 }\n',
  );
  expect(models['wan-2.2']).toEqual([{ maxPixels: 921_600, perSecond: 0, perVideo: 300_000 }]);
  expect(models['sora-2']).toBe(PUBLISHED_PRICES['openai-compatible']?.['sora-2']);
  expect((await pricingWith('{"openai-compatible": {"x": [{"usdPerSecond": 1}]}}')).models.x).toHaveLength(1);
});

test('estimates are made at the prices of the provider that makes the videos', async () => {
  expect(await readPricing({ VIDEO_PROVIDER: 'fal' })).toEqual({
    provider: 'fal',
    models: PUBLISHED_PRICES.fal,
  });
  await expect(readPricing({ VIDEO_PROVIDER: 'fall' })).rejects.toMatchObject({ code: 'SETTING_INVALID' });
});

test('a price file that is missing, no YAML or wrong stops everything, and is named', async () => {
  await expect(readPricing({ SCREENTEST_PRICES_FILE: join(folder, 'nowhere.yaml') })).rejects.toMatchObject({
    code: 'FILE_UNREADABLE',
    given: expect.stringContaining('nowhere.yaml'),
  });
  await expect(pricingWith('fal: [unclosed')).rejects.toMatchObject({ code: 'PRICES_UNREADABLE' });
  await expect(pricingWith('fal:\n  veo: 1\n')).rejects.toMatchObject({
    code: 'PRICES_INVALID',
    given: expect.stringMatching(/prices\.yaml .*\n {2}fal\.veo: given 1; allowed: a list of tiers/s),
  });
});
