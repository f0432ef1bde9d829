import { describe, expect, test } from '@jest/globals';
import { isStuck, JOB_TIMEOUT, JOB_TIMEOUT_CHARGED, mayResubmit } from '../../domain/resubmission.ts';

const CAREFUL = { resubmits: 2, resubmitWhenChargeIsUnknown: false };
const BOLD = { resubmits: 2, resubmitWhenChargeIsUnknown: true };

describe('a video whose order failed', () => {
  test.each([
    ['again after a stuck job that was stopped', JOB_TIMEOUT, 0, CAREFUL, true],
    ['again as often as the brief allows', JOB_TIMEOUT, 1, CAREFUL, true],
    ['no more than that', JOB_TIMEOUT, 2, CAREFUL, false],
    ['not while the stuck job may be charged', JOB_TIMEOUT_CHARGED, 0, CAREFUL, false],
    ['then too, where the brief accepts the second charge', JOB_TIMEOUT_CHARGED, 0, BOLD, true],
    ['no more than that, whatever it accepts', JOB_TIMEOUT_CHARGED, 2, BOLD, false],
    ['never after a refusal', 'PROVIDER_REFUSED', 0, BOLD, false],
    ['never after a failure', 'JOB_FAILED', 0, BOLD, false],
    ['never while its outcome is unknown', 'SUBMISSION_HELD', 0, BOLD, false],
  ] as const)('is ordered by itself %s', (_, code, times, policy, isOrdered) => {
    expect(mayResubmit(code, times, policy)).toBe(isOrdered);
  });
});

test('a job is stuck when it was given up, charged or not, and not when it failed or was refused', () => {
  expect([JOB_TIMEOUT, JOB_TIMEOUT_CHARGED].map(isStuck)).toEqual([true, true]);
  expect(['JOB_FAILED', 'PROVIDER_REFUSED', ''].map(isStuck)).toEqual([false, false, false]);
});
