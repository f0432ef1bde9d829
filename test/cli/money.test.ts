import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { runHere } from './run-here.ts';

const BRIEF = {
  venture: 'Crema & Co',
  name: 'Priced',
  template: 'PRODUCT_REVEAL',
  product: 'a small espresso machine',
  variants: 3,
  video: { model: 'sora-2', seconds: 4, size: '720x1280' },
};

let database: TestDatabase;
let folder: string;
beforeAll(async () => {
  database = await createTestDatabase({ migrated: true });
  folder = await mkdtemp(join(tmpdir(), 'screentest-money-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await database.drop();
});

async function file(name: string, content: object): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(content));
  return path;
}

const run = (args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
  runHere(args, { SCREENTEST_USER: 'ana@example.com', ...environment });
const withDatabase = (...args: string[]) => run(args, { DATABASE_URL: database.url });

describe('start --dry-run', () => {
  test('shows each variant and file with its price and cost, without any server', async () => {
    const brief = await file('renditions.yaml', {
      ...BRIEF,
      renditions: [{ name: 'wide', size: '1280x720' }],
    });
    const { exit, stdout, stderr } = await run(['start', brief, '--dry-run']);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toContain('3 variants, 24 s of video, $2.40, made by openai-compatible');
    expect(stdout).toMatch(
      /Variant B +main +sora-2 +720x1280 +4 s +\$0\.10\/s +\$0\.40\n +wide +sora-2 +1280x720/,
    );
    expect(stdout).toMatch(/total +24 s +\$2\.40/);
    expect(stdout).toContain("The group's budget: no limit.");
    expect(stdout).toContain('not known without a database');
    expect(stdout).toContain('All of it fits.');
  });

  test('says how many variants the budgets leave room for, as text and as JSON', async () => {
    const brief = await file('budget.yaml', { ...BRIEF, budget: { generationUsd: 1 } });
    const text = await run(['start', brief, '--dry-run']);
    expect(text.stdout).toContain("The group's budget: $1.00, of which $0.00 is spent");
    expect(text.stdout).toContain('2 of 3 variants fit');
    const capped = await run(['start', brief, '--dry-run', '-o', 'json'], {
      DATABASE_URL: database.url,
      SCREENTEST_MONTHLY_CAP_USD: '0.5',
    });
    expect(JSON.parse(capped.stdout)).toMatchObject({
      cost: 1_200_000,
      seconds: 12,
      fits: false,
      fitting: 1,
      groupBudget: { cap: 1_000_000, left: 1_000_000 },
      monthlyBudget: { cap: 500_000, isDefault: true },
      variants: [
        { name: 'Control', videos: [{ rendition: 'main', perSecond: 100_000, cost: 400_000 }] },
        {},
        {},
      ],
    });
  });

  test('is refused for a model without a price, until a file has one', async () => {
    const brief = await file('unpriced.yaml', { ...BRIEF, video: { ...BRIEF.video, model: 'wan-2.2' } });
    const refused = await run(['start', brief, '--dry-run']);
    expect(refused).toMatchObject({ exit: 2, stdout: '', stderr: expect.stringContaining('PRICE_UNKNOWN') });
    const prices = await file('prices.json', { 'openai-compatible': { 'wan-2.2': [{ usdPerVideo: 0.3 }] } });
    const priced = await run(['start', brief, '--dry-run'], { SCREENTEST_PRICES_FILE: prices });
    expect(priced.stdout).toContain('3 variants, 12 s of video, $0.90');
    expect(priced.stdout).toContain('$0.30 each');
    const wrong = await file('wrong.json', { 'openai-compatible': { 'wan-2.2': [{ usdPerVideo: 'free' }] } });
    expect(await run(['start', brief, '--dry-run'], { SCREENTEST_PRICES_FILE: wrong })).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining(
        'openai-compatible.wan-2.2[0].usdPerVideo: given "free"; allowed: US dollars',
      ),
    });
  });
});

test('prices shows the table in force, and where each price is from', async () => {
  const prices = await file('own.json', { fal: { mine: [{ upTo: '1280x720', usdPerSecond: 0.05 }] } });
  const { exit, stdout } = await run(['prices'], { SCREENTEST_PRICES_FILE: prices });
  expect(exit).toBe(0);
  expect(stdout).toMatch(/openai-compatible +sora-2 +921,600 pixels +\$0\.10 +published/);
  expect(stdout).toMatch(/fal +mine +921,600 pixels +\$0\.05 +the prices file/);
});

describe('budget', () => {
  test('sets what a venture may spend in a month, shows it, and lifts it', async () => {
    expect((await withDatabase('budget', 'Nobody')).exit).toBe(3);
    const set = await withDatabase('budget', 'Crema & Co', '--monthly', '500', '--create-venture');
    expect(set.stdout).toMatch(
      /^The budget of Crema & Co for \d{4}-\d\d \(UTC\): \$500\.00, of which \$0\.00 is spent/,
    );
    expect(set.stdout).toContain('Set by ana@example.com');
    expect((await withDatabase('budget', 'crema & co', '-o', 'json')).stdout).toContain('"cap": 500000000');
    expect((await withDatabase('budget', 'Crema & Co', '--no-limit')).stdout).toContain('no limit');
  });

  test.each([
    [[], 'whose budget'],
    [['Crema & Co', '--group', 'x'], 'whose budget'],
    [['Crema & Co', '--total', '5'], '--monthly'],
    [['--group', 'x', '--monthly', '5'], '--total'],
    [['Crema & Co', '--monthly', '-5'], 'US dollars'],
    [['Crema & Co', '--monthly', 'much'], 'US dollars'],
    [['Crema & Co', '--monthly', '5', '--no-limit'], 'cannot be used with'],
  ])('with %j is refused, and nothing is written', async (args, said) => {
    const before = await withDatabase('budget', 'Crema & Co', '-o', 'json');
    const { exit, stderr } = await withDatabase('budget', ...args);
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining(said) });
    expect((await withDatabase('budget', 'Crema & Co', '-o', 'json')).stdout).toBe(before.stdout);
  });
});

test('spend says so when nothing was ordered, and refuses a month that is none', async () => {
  expect((await withDatabase('spend')).stdout).toBe('Nothing was ordered.\n');
  expect(JSON.parse((await withDatabase('spend', '--by', 'group', '-o', 'json')).stdout)).toEqual([]);
  const wrong = await withDatabase('spend', '--month', 'november');
  expect(wrong).toMatchObject({ exit: 2, stderr: expect.stringContaining('2026-11') });
});
