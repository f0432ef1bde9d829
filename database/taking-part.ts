import { GENERATION_STATUSES, hasVideo } from '../domain/lifecycle.ts';
import type { Prisma } from './generated/client.ts';

/** Which variants are in the test: as `takesPart` in domain/gates.ts says it of one. */
export const TAKES_PART = {
  generationStatus: { in: GENERATION_STATUSES.filter(hasVideo) },
  OR: [{ review: null }, { review: 'approved' }],
} satisfies Prisma.VideoVariantWhereInput;
