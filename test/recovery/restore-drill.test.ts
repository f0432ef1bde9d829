import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { EXPECTED_VOLUME } from '../../database/sample-campaigns.ts';
import { runDrill } from '../../recovery/backup/drill.ts';
import { type DrillReport, RECOVERY_TARGET_SECONDS } from '../../recovery/backup/drill-report.ts';
import { newFolder, removeFolders } from '../local/support/folders.ts';

/** What three years are expected to take, on two cores that others use too. */
const EXPECTED_SECONDS = 120;

describe('variant_groups is lost from three years of campaigns', () => {
  let report: DrillReport;
  beforeAll(async () => {
    const subject = { kind: 'sample', volume: EXPECTED_VOLUME } as const;
    report = await runDrill({ subject, scratch: await newFolder(), log: () => {} });
  }, 600_000);
  afterAll(removeFolders);

  test('the database is as large as the requirements expect', () => {
    // 3,000 groups, 45,000 variants, 1,125,000 values and as many totals.
    expect(report.rows).toBeGreaterThan(3000 + 45_000 + 2 * 1_125_000);
  });

  test('the damage is real, and noticed: rows by their checksum, pages by PostgreSQL', () => {
    expect(report.damage).toEqual([
      {
        kind: 'rows',
        done: expect.stringMatching(/^\d{4} groups scrambled, [1-9]\d+ deleted$/),
        noticedBy: expect.stringContaining('public.variant_groups has'),
      },
      {
        kind: 'pages',
        done: expect.stringMatching(/^[1-9]\d* pages of base/),
        noticedBy: expect.stringContaining('invalid page in block 0'),
      },
    ]);
  });

  test('every table comes back as it was a moment before, to the row', () => {
    expect(report.differences).toEqual([]);
    expect(report.hasPassed).toBe(true);
    expect(report.tables).toBeGreaterThan(20);
  });

  test('recovery takes less than two minutes, and much less than the target of an hour', () => {
    expect(report.recoverySeconds).toBeLessThan(EXPECTED_SECONDS);
    expect(EXPECTED_SECONDS).toBeLessThan(RECOVERY_TARGET_SECONDS);
    process.stdout.write(
      `${report.rows} rows: ${report.steps.map(({ name, seconds }) => `${name.trim()} ${seconds.toFixed(1)} s`).join(', ')}; time to recovery ${report.recoverySeconds.toFixed(1)} s\n`,
    );
  });
});
