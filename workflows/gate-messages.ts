import { defineUpdate } from '@temporalio/workflow';
import { z } from 'zod';
import type { Review } from '../domain/gates.ts';
import type { GenerationStatus } from '../domain/lifecycle.ts';
import { by, reason, variant } from './messages.ts';

/** What people say to a group that asks them: of its plan before anything is ordered, and of videos before they are used. */

const why = z
  .string({ error: 'why, in words' })
  .trim()
  .min(1, { error: 'why, in words' })
  .max(2000, { error: 'at most 2000 characters' });
/** Of the plan that was looked at, so that nobody agrees to one that was changed in between. */
const version = z.int({ error: 'the number of the version that was looked at' }).min(1).max(1_000_000);
/** What it was seen to cost, in micro-dollars; a plan that costs more by now is not approved. */
const costMicroUsd = z.int().min(0).optional();
/** The whole prompt, as it goes to the provider; how long it may be depends on the model besides. */
const prompt = z
  .string({ error: 'the whole prompt' })
  .trim()
  .min(1, { error: 'the whole prompt' })
  .max(32_000, { error: 'a prompt of at most 32000 characters' })
  .refine((text) => !text.includes('\u0000'), { error: 'text without the character NUL' });
/** Checksums (SHA-256) of the files that were looked at, or their beginnings; what is another file by now is not reviewed. */
const files = z
  .array(z.string().regex(/^[0-9a-f]{8,64}$/, { error: '8 to 64 hexadecimal digits' }))
  .max(50)
  .optional();

export const planApprovalSchema = z.object({ by, version, reason, costMicroUsd });
export const planEditSchema = z.object({ by, version, variant, prompt, reason });
export const variantRemovalSchema = z.object({ by, version, variant, reason });
export const planRejectionSchema = z.object({ by, reason: why });
export const videoApprovalSchema = z.object({ by, variant, reason, files });
export const videoRejectionSchema = z.object({
  by,
  variant,
  reason: why,
  files,
  /** Another one is made in its place, and paid for; in manual mode, waited for. */
  regenerate: z.boolean().default(false),
});

export type PlanApprovalMessage = z.input<typeof planApprovalSchema>;
export type PlanEdit = z.input<typeof planEditSchema>;
export type VariantRemoval = z.input<typeof variantRemovalSchema>;
export type PlanRejection = z.input<typeof planRejectionSchema>;
export type VideoApproval = z.input<typeof videoApprovalSchema>;
export type VideoRejection = z.input<typeof videoRejectionSchema>;

export interface PlanReceipt {
  readonly version: number;
  readonly costMicroUsd: number;
  /** Who approved it; undefined while nobody has. */
  readonly approvedBy: string | undefined;
}

export interface ChangedPlanReceipt extends PlanReceipt {
  /** What the checks find in the plan as it is now. */
  readonly warnings: readonly string[];
}

export interface VideoReceipt {
  readonly variant: string;
  readonly status: GenerationStatus;
  readonly review: Review | undefined;
}

export const approvePlan = defineUpdate<PlanReceipt, [PlanApprovalMessage]>('approvePlan');
export const editPlan = defineUpdate<ChangedPlanReceipt, [PlanEdit]>('editPlan');
export const removeVariant = defineUpdate<ChangedPlanReceipt, [VariantRemoval]>('removeVariant');
export const rejectPlan = defineUpdate<{ readonly reason: string }, [PlanRejection]>('rejectPlan');
export const approveVideo = defineUpdate<VideoReceipt, [VideoApproval]>('approveVideo');
export const rejectVideo = defineUpdate<VideoReceipt, [VideoRejection]>('rejectVideo');
