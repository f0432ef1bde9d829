import { z } from 'zod';
import { share } from './brief-fields.ts';
import { looks, whoActs } from './deciding.ts';

export const decisionField = z
  .strictObject({
    smallestLift: share.default(0.1).describe('The smallest relative lift worth finding: 0.1 for 10%.'),
    falseCallLimit: share
      .refine((value) => value <= 0.5, { error: 'a share above 0, up to 0.5' })
      .meta({ maximum: 0.5 })
      .default(0.05)
      .describe('Most chance of calling a winner that is none, over all looks and variants.'),
    method: z
      .enum(['anytime_counts', 'anytime_days'])
      .default('anytime_counts')
      .describe('By conversions alone, or by days where a variant has good and bad days of its own.'),
    equivalenceMargin: share
      .optional()
      .describe('Relative lifts within this to both sides make no practical difference.'),
    looks,
    stop: whoActs.describe('Whether the test is stopped by a person or by itself, when there is a winner.'),
    declare: whoActs.describe('Whether the winner is declared by a person or by itself; then it stops, too.'),
  })
  .refine(({ method, looks: planned }) => planned === undefined || method === 'anytime_counts', {
    path: ['looks'],
    error: 'planned looks, or the method anytime_days, and not both',
  })
  .describe('What it takes to call a winner. Set before the data.');
