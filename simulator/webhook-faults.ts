import { z } from 'zod';

/**
 * What goes wrong with the event that tells of a job's end; one fault a job.
 * @param common what every fault has: which jobs it is for, and how often it applies
 */
export function webhookFaultSchema<Common extends z.ZodRawShape>(common: Common) {
  const on = z.literal('webhook');
  return z.discriminatedUnion('does', [
    /** Never sent. */
    z.strictObject({ ...common, on, does: z.literal('lose') }),
    /** The same message twice, byte for byte. */
    z.strictObject({ ...common, on, does: z.literal('repeat') }),
    z.strictObject({ ...common, on, does: z.literal('delay'), milliseconds: z.number().int().min(0) }),
    /** One more is sent the moment that the job is made, when it is not true yet. */
    z.strictObject({ ...common, on, does: z.literal('early') }),
    /** Sent after the next event about another job. */
    z.strictObject({ ...common, on, does: z.literal('overtaken') }),
    /** Signed with another secret. */
    z.strictObject({ ...common, on, does: z.literal('forge') }),
    /** Signed well, and so long ago: one that was recorded and is sent again. */
    z.strictObject({
      ...common,
      on,
      does: z.literal('stale'),
      secondsOld: z.number().int().min(1).default(3600),
    }),
    /** One more is sent, about a job that nobody knows. */
    z.strictObject({ ...common, on, does: z.literal('stray') }),
  ]);
}
