import { z } from 'zod';

const MAX_RESUBMITS = 5;

export const resubmissionField = z
  .strictObject({
    resubmits: z
      .number()
      .int()
      .min(0)
      .max(MAX_RESUBMITS)
      .default(1)
      .describe('How often the video of a stuck job is ordered anew by itself.'),
    resubmitWhenChargeIsUnknown: z
      .boolean()
      .default(false)
      .describe('Even when nobody could confirm that the job was stopped: then both may be charged.'),
  })
  .describe('What is done about a job that gets stuck at the provider.');

/** A job that was given up: stopped for certain, and not charged. */
export const JOB_TIMEOUT = 'JOB_TIMEOUT';
/** One that was given up, and that nobody could stop for certain: it counts as charged. */
export const JOB_TIMEOUT_CHARGED = 'JOB_TIMEOUT_CHARGED';

export function isStuck(code: string): boolean {
  return code === JOB_TIMEOUT || code === JOB_TIMEOUT_CHARGED;
}

/**
 * Whether a video is ordered anew by itself after its order failed with this code. Only ever after a job that got
 * stuck: what the provider refused, it would refuse again.
 * @param times how often that was done before
 */
export function mayResubmit(
  code: string,
  times: number,
  policy: z.output<typeof resubmissionField>,
): boolean {
  const mayBe = code === JOB_TIMEOUT || (code === JOB_TIMEOUT_CHARGED && policy.resubmitWhenChargeIsUnknown);
  return mayBe && times < policy.resubmits;
}
