import { describe, expect, test } from '@jest/globals';
import { chooseMode, type FinishedTest, readMode } from '../../domain/generation-mode.ts';

const passed: FinishedTest = {
  provider: 'openai-compatible',
  model: 'sora-2',
  result: 'PASS',
  reasons: [],
  finishedAt: new Date('2026-11-24T10:00:00Z'),
};
const failed: FinishedTest = { ...passed, result: 'FAIL', reasons: ['no answer', 'a logo'] };
const open = { isManualByChoice: false, hasJobTable: true, smokeTest: passed };

describe('a group that starts', () => {
  test('is automatic once the smoke test has passed', () => {
    expect(chooseMode(open)).toEqual({
      mode: 'automatic',
      reason: 'the smoke test passed on 2026-11-24',
    });
  });

  test('is automatic where the job table is there and this account was never tested', () => {
    expect(chooseMode({ ...open, smokeTest: undefined }).mode).toBe('automatic');
  });

  test('is manual where that is configured, whatever was tested', () => {
    expect(chooseMode({ ...open, isManualByChoice: true })).toEqual({
      mode: 'manual',
      reason: 'VIDEO_PROVIDER is manual',
    });
  });

  test.each([true, false])(
    'is manual once the newest smoke test failed, and says why (job table: %s)',
    (hasJobTable) => {
      const { mode, reason } = chooseMode({ ...open, hasJobTable, smokeTest: failed });
      expect(mode).toBe('manual');
      expect(reason).toBe(
        'the smoke test of openai-compatible (sora-2) failed on 2026-11-24: no answer; a logo; run `screentest smoke-test`',
      );
    },
  );

  test('is manual before the first smoke test, and as long as its migration is not applied', () => {
    const closed = { ...open, hasJobTable: false };
    expect(chooseMode({ ...closed, smokeTest: undefined })).toMatchObject({
      mode: 'manual',
      reason: expect.stringContaining('smoke-test'),
    });
    expect(chooseMode(closed)).toMatchObject({
      mode: 'manual',
      reason: expect.stringContaining('db migrate'),
    });
  });
});

test('a group that was started before there were modes is automatic; what is no mode is not taken for one', () => {
  expect(readMode(undefined).mode).toBe('automatic');
  expect(readMode({ mode: 'manual', reason: 'because' })).toEqual({ mode: 'manual', reason: 'because' });
  expect(() => readMode({ mode: 'whenever', reason: '' })).toThrow();
});
