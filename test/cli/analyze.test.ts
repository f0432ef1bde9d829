import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runHere } from './run-here.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screentest-analyze-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const DAYS = ['01', '02', '03', '04', '05', '06', '07', '08'].map((date) => `2026-05-${date}`);
const HEADER = 'variant,platform,day,exposures,conversions';

function rowsOf(counts: Record<string, string>, platform = 'tiktok'): string[] {
  return DAYS.flatMap((day) =>
    Object.entries(counts).map(([name, numbers]) => `${name},${platform},${day},${numbers}`),
  );
}

async function file(lines: readonly string[]): Promise<string> {
  const path = join(folder, `${Math.random().toString(36).slice(2)}.csv`);
  await writeFile(path, `${lines.join('\n')}\n`);
  return path;
}

async function analyze(lines: readonly string[], ...options: string[]) {
  return runHere(['analyze', '--file', await file(lines), ...options], {});
}

const CLEAR = [HEADER, ...rowsOf({ Control: '2000,60', Bold: '2000,90' })];

describe('a file of counts', () => {
  test('gets its verdict in a sentence, without a database or server', async () => {
    const { exit, stdout } = await analyze(CLEAR, '--assignment', 'tiktok=platform_split_test');
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /Bold's conversions per exposure were \d+% to \d+% above Control's on TikTok split tests, 1 to 8 May 2026/,
    );
  });

  test('gives its whole evidence as JSON', async () => {
    const { stdout } = await analyze(CLEAR, '-o', 'json');
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'winner',
      mayBeDeclaredByMachine: false,
      sentence: expect.stringContaining('An association'),
      evidence: {
        arms: [
          { name: 'Control', exposures: 16_000, conversions: 480, rate: 0.03 },
          { name: 'Bold', exposures: 16_000, conversions: 720, rate: 0.045 },
        ],
        comparisons: [
          { name: 'Control', logEBetter: expect.any(Number), lift: { likeliest: expect.closeTo(0.5, 6) } },
        ],
      },
    });
  });

  test('may have comparison cells, and the control by name', async () => {
    const lines = ['variant,platform,day,exposures,conversions,cell'];
    for (const cell of ['broad', 'narrow'])
      for (const row of rowsOf({ Bold: '1000,30', Control: '1000,30' })) lines.push(`${row},${cell}`);
    const { stdout } = await analyze(lines, '--control', 'Control', '-o', 'json');
    const { evidence } = JSON.parse(stdout);
    expect(evidence.arms.map(({ name }: { name: string }) => name)).toEqual(['Control', 'Bold']);
    expect(evidence.strata.used.map(({ cell }: { cell: string }) => cell)).toEqual(['broad', 'narrow']);
  });

  test('of a mean has n, sum and sum of squares', async () => {
    const lines = [
      'variant,platform,day,n,sum,sum_of_squares',
      ...rowsOf({ Control: '500,1000,6000', Bold: '500,1300,8500' }),
    ];
    const { exit, stdout } = await analyze(lines, '-o', 'json');
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ kind: 'winner', evidence: { metric: { kind: 'mean' } } });
  });

  test('of a rate may have more conversions than exposures, of a proportion not', async () => {
    const lines = [HEADER, ...rowsOf({ Control: '10,60', Bold: '10,90' })];
    expect((await analyze(lines, '--rate')).exit).toBe(0);
    const refused = await analyze(lines);
    expect(refused).toMatchObject({
      exit: 2,
      stdout: expect.stringContaining('480 conversions of 80 exposures'),
    });
  });
});

describe('a file that can not be used', () => {
  test.each([
    ['a negative count', 'Bold,tiktok,2026-05-09,100,-3', 'Bold on tiktok, 2026-05-09: -3 conversions'],
    ['NaN', 'Bold,tiktok,2026-05-09,NaN,3', 'Bold on tiktok, 2026-05-09: NaN exposures'],
    ['a day twice', 'Bold,tiktok,2026-05-08,100,3', 'Bold on tiktok, 2026-05-08: more than one row'],
  ])('%s is a data problem with variant, platform and day, and exits 2', async (_, row, found) => {
    const { exit, stdout } = await analyze([...CLEAR, row]);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: expect.stringContaining(found) });
  });

  test.each([
    [
      'words for a number',
      'Bold,tiktok,2026-05-09,many,3',
      '(Bold, tiktok, 2026-05-09): "many" is no number for exposures',
    ],
    ['a decimal comma', 'Bold,tiktok,2026-05-09,"1,5",3', '"1,5" is no number'],
    ['a field too many', 'Bold,tiktok,2026-05-09,1,5,3', '6 fields, and the header has 5'],
    ['no variant', ',tiktok,2026-05-09,100,3', 'variant is empty'],
  ])('%s is told with its line, and nothing is analysed', async (_, row, told) => {
    const { exit, stdout, stderr } = await analyze([...CLEAR, row]);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toContain('line 18');
    expect(stderr).toContain(told);
  });

  test('a missing column, an unknown control, a file that is not there', async () => {
    expect(await analyze(['variant,platform,day', 'A,tiktok,2026-05-01'])).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('lacks exposures, conversions'),
    });
    expect(await analyze(CLEAR, '--control', 'Nobody')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('Allowed: Control, Bold'),
    });
    expect((await runHere(['analyze', '--file', join(folder, 'nowhere.csv')], {})).exit).toBe(3);
    expect(await analyze(CLEAR, '--assignment', 'tiktok=luck')).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('randomised'),
    });
  });
});

describe('planning the size of a test', () => {
  test('tells exposure, days and money, and how many variants a budget can tell apart', async () => {
    const asked = [
      'plan-size',
      '--baseline',
      '1.2%',
      '--lift',
      '15%',
      '--arms',
      '5',
      '--cpm',
      '8',
      '--budget',
      '3000',
      '--per-day',
      '50000',
    ];
    const { exit, stdout } = await runHere([...asked, '-o', 'json'], {});
    expect(exit).toBe(0);
    const size = JSON.parse(stdout);
    expect(size).toMatchObject({
      question: { smallestLift: 0.15 },
      budget: { usd: 3000, mostVariants: expect.any(Number) },
    });
    expect(size.mediaUsd).toBeCloseTo((8 * size.exposures) / 1000, 6);
    expect(size.budget.mostVariants).toBeLessThan(5);
    const text = await runHere(asked, {});
    expect(text.stdout).toMatch(
      /To call one of 5 variants that is 15% better than every other, in 80% of tests/,
    );
    expect(text.stdout).toMatch(/\$3,000 of media can tell at most \d variants apart/);
  });

  test.each([
    ['--baseline', '120%'],
    ['--arms', '1'],
    ['--power', '40%'],
    ['--limit', '60%'],
    ['--cpm', '-8'],
  ])('%s %s is refused with what is allowed', async (option, value) => {
    const { exit, stderr } = await runHere(['plan-size', '--baseline', '1%', option, value], {});
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining('Allowed is') });
  });

  test('a dry run warns of more variants than the media budget can tell apart, and of nothing where it says nothing', async () => {
    const brief = async (rest: object) => {
      const path = join(folder, `${Math.random().toString(36).slice(2)}.yaml`);
      const common = {
        venture: 'Crema',
        name: 'Sized',
        template: 'PRODUCT_REVEAL',
        product: 'a machine',
        variants: 6,
      };
      await writeFile(path, JSON.stringify({ ...common, ...rest }));
      return path;
    };
    const dryRun = async (rest: object) =>
      (await runHere(['start', await brief(rest), '--dry-run'], {})).stdout;
    const media = { budgetUsd: 2000, usdPerThousandImpressions: 8, baselineRate: 0.012 };
    expect(await dryRun({ media })).toMatch(
      /Warning: \$2,000 of media can't tell even 2 variants apart by a lift of 10%, and there are 6/,
    );
    expect(await dryRun({ media: { ...media, budgetUsd: 900_000 } })).toMatch(
      /To find a lift of 10% among 6 variants takes about [\d,]+ impressions, \$[\d,]+ of media\.$/m,
    );
    expect(await dryRun({ media: { ...media, budgetUsd: 900_000 } })).not.toContain('Warning');
    expect(await dryRun({})).not.toContain('To find a lift');
  });
});
