import { type Brief, BriefInvalid } from '../../domain/brief.ts';
import { checkPlan, refusalOfPlan } from '../checks/check-plan.ts';
import { planVariants } from '../plan.ts';
import type { Wording } from '../wording.ts';

/**
 * Why a brief can't be planned with these words: longer than the library's, they can make a prompt that the video's model
 * does not take, or two that are all but the same. Undefined where it can.
 */
export function obstacleTo(brief: Brief, wording: Wording): string | undefined {
  try {
    return refusalOfPlan(checkPlan(brief, planVariants(brief, wording)))?.given;
  } catch (error) {
    if (error instanceof BriefInvalid) return error.issues.map(({ given }) => given).join('; ');
    throw error;
  }
}
