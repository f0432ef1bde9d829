import { type Brief, BriefInvalid } from '../../domain/brief.ts';
import { planVariants } from '../plan.ts';
import type { Wording } from '../wording.ts';

/**
 * Why a brief can't be planned with these words, where it could be without them: longer than the library's, they can make
 * a prompt that the video's model does not take. Undefined where it can.
 */
export function obstacleTo(brief: Brief, wording: Wording): string | undefined {
  try {
    planVariants(brief, wording);
    return undefined;
  } catch (error) {
    if (error instanceof BriefInvalid) return error.issues.map(({ given }) => given).join('; ');
    throw error;
  }
}
