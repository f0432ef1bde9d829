import { z } from 'zod';
import { PLATFORMS } from './platforms.ts';

/**
 * How people came to see one variant or another on a platform; it decides how far a result can be trusted.
 * `randomised`: each person by chance. `platform_split_test`: the platform split people by chance, and delivered each part as
 * it sees fit. `observational_delivery`: the platform showed each video to whom it chose.
 */
export const ASSIGNMENTS = ['randomised', 'platform_split_test', 'observational_delivery'] as const;

export type Assignment = (typeof ASSIGNMENTS)[number];

/** What holds where nobody said anything: the least that can be trusted. */
export const DEFAULT_ASSIGNMENT: Assignment = 'observational_delivery';

export const assignmentField = z
  .partialRecord(z.enum(PLATFORMS), z.enum(ASSIGNMENTS))
  .describe(
    'How people come to see one variant or another, by platform. Where it is left out, the platform chose.',
  );
