import { z } from 'zod';
import { duration } from './brief-fields.ts';

/** When each phase is over at the latest. */
export const deadlinesField = z.strictObject({
  generating: duration.default('24h'),
  testing: duration.default('28d'),
  deciding: duration.default('14d'),
});
