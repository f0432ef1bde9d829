import { z } from 'zod';
import { share, someUsd } from './brief-fields.ts';

export const mediaField = z
  .strictObject({
    budgetUsd: someUsd.describe('What may be spent on showing the videos, in US dollars.'),
    usdPerThousandImpressions: someUsd.describe('What a thousand impressions cost, in US dollars.'),
    baselineRate: share.describe('What the control is expected to reach on the primary metric.'),
  })
  .describe("What showing the videos costs and brings. With it, start --dry-run tells the test's size.");
