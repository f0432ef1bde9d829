import { z } from 'zod';
import { share } from './brief-fields.ts';

/** What it takes to call a winner. Set before the data. */
export const decisionField = z.strictObject({
  /** The smallest relative lift worth finding. */
  smallestLift: share.default(0.1),
  /** Most chance of calling a winner that is none, over all looks and variants. */
  falseCallLimit: share
    .refine((value) => value <= 0.5, { error: 'a share above 0, up to 0.5' })
    .default(0.05),
  /** By conversions alone, or by days where a variant has good and bad days of its own. */
  method: z.enum(['anytime_counts', 'anytime_days']).default('anytime_counts'),
  /** Relative lifts within this to both sides make no practical difference. */
  equivalenceMargin: share.optional(),
});
