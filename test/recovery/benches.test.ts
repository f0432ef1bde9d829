import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

/** At a hundredth of their size, so that they stay fit to be run; how quick things are is not looked at. */
const SMALL = ['--scale', '0.01', '--no-targets'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'screentest-bench-test-'));
  await promisify(execFile)(resolve('node_modules/.bin/tsc'), ['-p', 'tsconfig.bench.json']);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function bench(name: string, ...args: string[]): Promise<unknown> {
  const out = join(folder, `${name}.json`);
  const program = resolve(`dist/bench/${name}.js`);
  await promisify(execFile)(process.execPath, [program, ...SMALL, ...args, '--out', out]);
  return JSON.parse(await readFile(out, 'utf8'));
}

test('no question that people ask reads a partition from end to end, or one that its bounds rule out', async () => {
  const results = await bench('queries', '--seconds', '2', '--warm-up', '1', '--rate', '40', '--rows', '400');
  expect(results).toMatchObject({
    seed: {
      problems: [],
      tables: { variant_performance: { rows: expect.any(Number) } },
      patterns: {
        'groups of a venture': { plan: { partitions: {} } },
        'metrics of a variant on a platform': { plan: { partitions: { variant_performance: 1 } } },
        'analysis of a group with 90 daily days': { plan: { partitions: { metric_observations: 4 } } },
      },
    },
  });
});

test('imports count what is new, what is the same and what was restated', async () => {
  const rows = 5 * 375;
  expect(await bench('ingest', '--rounds', '1', '--days', '5')).toMatchObject({
    ingest: {
      'an import: new': { inserted: rows, changed: 0, unchanged: 0 },
      'an import: the same again': { inserted: 0, changed: 0, unchanged: rows },
      'an import: all restated': { inserted: 0, changed: rows, unchanged: 0 },
    },
  });
});
