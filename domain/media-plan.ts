import { z } from 'zod';
import { share, someUsd } from './brief-fields.ts';

/** What showing the videos costs, and is expected to bring; for planning the test's size. */
export const mediaField = z.strictObject({
  budgetUsd: someUsd,
  usdPerThousandImpressions: someUsd,
  /** What the control is expected to reach on the primary metric. */
  baselineRate: share,
});
