import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { monthsAgo, type RetentionSystem, startRetentionSystem } from '../support/retention-system.ts';
import { runHere } from './run-here.ts';

const OLD = monthsAgo(18);
const ANCIENT = monthsAgo(42);

let system: RetentionSystem;
beforeAll(async () => {
  system = await startRetentionSystem();
  await system.group({ status: 'archived', endedAt: `${OLD}-10`, recordedAt: [`${OLD}-05`] });
  await system.group({ status: 'archived', endedAt: `${ANCIENT}-10`, recordedAt: [`${ANCIENT}-05`] });
}, 60_000);
afterAll(() => system.stop());

const run = (...args: string[]) =>
  runHere(args, { DATABASE_URL: system.url, SCREENTEST_STORAGE_DIR: system.folder });

test('maintenance shows what it would do, does nothing without a yes, and then does what the schedules do', async () => {
  const attached = await run('db', 'partitions');
  expect(attached.stdout).toMatch(new RegExp(`${OLD} +variant_performance +2 +\\d+ kB +attached`));

  const plan = await run('db', 'maintain', '--dry-run');
  expect(plan.stdout).toContain(`archive months: ${ANCIENT}, ${OLD}`);
  expect(JSON.parse((await run('db', 'maintain', '--dry-run', '-o', 'json')).stdout)).toMatchObject({
    archiveMonths: [ANCIENT, OLD],
  });

  const unasked = await run('db', 'maintain');
  expect(unasked.exit).toBe(2);
  expect(unasked.stderr).toContain(`archive months: ${ANCIENT}, ${OLD}`);
  expect(unasked.stderr).toContain('add --yes');
  expect((await run('db', 'partitions')).stdout).toBe(attached.stdout);

  const done = await run('db', 'maintain', '--yes');
  expect(done.exit).toBe(0);
  expect(done.stdout).toContain(
    `dropped months: metric_observations ${ANCIENT}, variant_performance ${ANCIENT}`,
  );
  expect(done.stdout).toMatch(/dropped campaigns: Launch \([0-9a-f-]{36}\)/);
  const after = await run('db', 'partitions');
  expect(after.stdout).toMatch(
    new RegExp(`${OLD} +variant_performance +2 +\\d+ kB +archived +\\d{4}-\\d\\d-\\d\\d`),
  );
  expect(after.stdout).toMatch(new RegExp(`${ANCIENT} +variant_performance +2 .* dropped .*file:.*csv\\.gz`));
  expect((await run('db', 'maintain')).exit).toBe(0);
});

test('settings that contradict each other are refused before anything is done', async () => {
  const refused = await runHere(['db', 'maintain', '--yes'], {
    DATABASE_URL: system.url,
    SCREENTEST_STORAGE_DIR: system.folder,
    SCREENTEST_ARCHIVE_AFTER_MONTHS: '40',
  });
  expect(refused.exit).toBe(2);
  expect(refused.stderr).toContain('SCREENTEST_DROP_AFTER_MONTHS');
});
