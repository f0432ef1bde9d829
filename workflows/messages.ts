import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import { z } from 'zod';
import type { Brief } from '../domain/brief.ts';
import type { Review } from '../domain/gates.ts';
import type { ChosenMode } from '../domain/generation-mode.ts';
import type { GroupId, VariantId } from '../domain/ids.ts';
import type { GenerationStatus, GroupStatus, Outcome } from '../domain/lifecycle.ts';
import { MAIN_RENDITION } from '../domain/video.ts';
import { isVideoSource, VIDEO_SOURCE_FORM } from '../domain/video-source.ts';

/** Everything one can say to a group, and everything it answers. Clients import these values too. */

export const VARIANT_GROUP_WORKFLOW = 'variantGroup';
export const ARCHIVE_GROUP_WORKFLOW = 'archiveGroup';
export const MAINTAIN_PARTITIONS_WORKFLOW = 'maintainPartitions';
export const WATCH_GROUPS_WORKFLOW = 'watchGroups';
export const ANALYZE_TESTS_WORKFLOW = 'analyzeTests';
export const ARCHIVE_CAMPAIGNS_WORKFLOW = 'archiveCampaigns';
export const RETIRE_MONTHS_WORKFLOW = 'retireMonths';
export const EXPIRE_VIDEOS_WORKFLOW = 'expireVideos';
export const DROP_CAMPAIGNS_WORKFLOW = 'dropCampaigns';
export const SAMPLE_DATABASE_WORKFLOW = 'sampleDatabase';

/** After so many batches of maintenance a workflow continues as new, with what it has counted. */
export const BATCHES_A_RUN = 50;

export const BACK_UP_DATABASE_WORKFLOW = 'backUpDatabase';
export const DRILL_RESTORE_WORKFLOW = 'drillRestore';

/** Backups and restore drills: only workers that were told where backups are kept. */
export const BACKUP_QUEUE = 'backup';
/** Workflows and quick records. */
export const MAIN_QUEUE = 'screentest';
/** Waiting for jobs and storing files: one slot for each open job. */
export const COLLECT_QUEUE = 'collect';
/** The only queue with a rate limit, which throttles every activity on it: one for each provider account. */
export function submitQueueOf(providerAccount: string): string {
  return `submit-${providerAccount}`;
}

export function workflowIdOf(groupId: GroupId): string {
  return `variant-group/${groupId}`;
}

export interface VariantGroupInput {
  readonly groupId: GroupId;
  readonly brief: Brief;
  readonly ventureId: string;
  /** E-mail address of who started it. */
  readonly startedBy: string;
  /** Made once for a start: tells this start's own retries from a second group under the same id. */
  readonly startKey: string;
  readonly providerAccount: string;
  /** What whoever started it was told that its videos cost. */
  readonly estimatedMicroUsd: number;
  /** Where its videos come from; left out for the video API. */
  readonly generation?: ChosenMode;
  /** What it knew: when it continues as new, or when another workflow goes on where its own had ended. */
  readonly resumed?: GroupState;
}

/** Everything has a limit: what is kept of a message goes into activities and the next run, which have one too. */
export const by = z
  .email({ error: 'an e-mail address' })
  .max(254, { error: 'an e-mail address of at most 254 characters' })
  .toLowerCase();
/** A variant by its name or its id. */
export const variant = z
  .string({ error: 'the name of a variant' })
  .trim()
  .min(1, { error: 'the name of a variant' })
  .max(200, { error: 'the name of a variant, of at most 200 characters' });
export const reason = z.string().trim().max(2000).optional();

/** Characters of a verdict's sentence that a message may have: one that names fifty variants is longer. */
export const KEPT_SENTENCE = 2000;

export const declarationSchema = z.object({ variant, by, reason });
export const retrySchema = z.object({
  variant,
  by,
  /** Needed where the last submission's outcome is unknown: it may have been charged already. */
  acceptPossibleCharge: z.boolean().default(false),
});
/** What a person says of an order that is held: which job it made, or whether it was charged. */
export const heldOrderSchema = z
  .object({
    variant,
    by,
    rendition: z.string().trim().min(1).max(100).optional(),
    /** The provider's id of the job. */
    jobId: z.string().trim().min(1).max(255).optional(),
    wasCharged: z.boolean().optional(),
  })
  .refine(({ jobId, wasCharged }) => (jobId === undefined) !== (wasCharged === undefined), {
    error: 'either "jobId", or "wasCharged"',
  });
export const providedVideoSchema = z.object({
  variant,
  by,
  /** An http(s) address, or the reference of a file that is staged in the video store. */
  source: z
    .string({ error: VIDEO_SOURCE_FORM })
    .trim()
    .max(4000, { error: 'at most 4000 characters' })
    .refine(isVideoSource, { error: VIDEO_SOURCE_FORM }),
  /** Which of the variant's files; left out for the main one. */
  rendition: z.string().trim().min(1).max(100).default(MAIN_RENDITION),
  /** Its length or size need not be those that the brief asks for. */
  acceptMismatch: z.boolean().default(false),
});
export const closingSchema = z.object({
  by,
  reason,
  /** True ends the group without a winner; false stops the test and leaves the decision open. */
  withoutWinner: z.boolean().default(false),
});
const names = z.array(z.string().max(200)).max(100);
export const verdictSchema = z.object({
  snapshotId: z.string().min(1).max(100),
  /** Counts the looks at the test that found something new. */
  look: z.number().int().min(0).default(0),
  kind: z.string().min(1).max(100),
  sentence: z.string().min(1).max(KEPT_SENTENCE),
  /** What it decides, in a few words; `none` tells that an earlier verdict no longer holds. */
  said: z.string().min(1).max(KEPT_SENTENCE).optional(),
  /** Variants whose declaration goes with the evidence; null while it speaks against nobody's. */
  supports: names.nullable().default(null),
  /** The winner that may be declared without a person: the group makes sure by an analysis of its own. */
  mayDeclare: z.string().max(200).nullable().default(null),
});

export type Declaration = z.output<typeof declarationSchema>;
export type Retry = z.input<typeof retrySchema>;
export type HeldOrder = z.output<typeof heldOrderSchema>;
export type ProvidedVideo = z.input<typeof providedVideoSchema>;
export type Closing = z.input<typeof closingSchema>;
export type ReachedVerdict = z.output<typeof verdictSchema>;

export interface DecisionReceipt {
  readonly outcome: Outcome;
  readonly winner: string | undefined;
  /** What the analysis said at that moment, in one sentence. */
  readonly evidence: string;
  /** Number of the look that it rests on, and the imports that were there. */
  readonly look?: number;
  readonly imports?: readonly { readonly id: string; readonly sha256?: string }[];
}

export interface VariantReceipt {
  readonly variant: string;
  readonly status: GenerationStatus;
}

export interface ProvidedVideoReceipt extends VariantReceipt {
  /** How it differs from what the brief asks for, where that was accepted. */
  readonly warnings: readonly string[];
}

export interface ClosingReceipt {
  readonly status: GroupStatus;
}

export const declareWinner = defineUpdate<DecisionReceipt, [Declaration]>('declareWinner');
/** The same act as the update, for those who can only send a signal; it can't answer. */
export const declareWinnerSignal = defineSignal<[Declaration]>('declareWinner');
export const provideVideo = defineUpdate<ProvidedVideoReceipt, [ProvidedVideo]>('provideVideo');
export const retryVariant = defineUpdate<VariantReceipt, [Retry]>('retryVariant');
export const settleHeldOrder = defineUpdate<VariantReceipt, [HeldOrder]>('settleHeldOrder');
export const closeTest = defineUpdate<ClosingReceipt, [Closing]>('closeTest');
/** Sent by the hourly analysis when the brief's decision rule fires, decides something else, or no longer does. */
export const verdictReached = defineSignal<[z.input<typeof verdictSchema>]>('verdictReached');
export const overview = defineQuery<Overview>('overview');

export interface VariantState {
  readonly id: VariantId;
  readonly name: string;
  status: GenerationStatus;
  /** How often a video was asked for: 0 before the first. */
  ordinal: number;
  /** Why there is no video. */
  reason?: string;
  /** The last submission's outcome is unknown; it may have been charged. */
  isHeld: boolean;
  reservedMicroUsd: number;
  spentMicroUsd: number;
  /** Lines of the budget's book behind these amounts; an answer with fewer is an older one. */
  bookLines: number;
  /** Its files, where the brief asks for more than the main one. */
  renditions?: RenditionState[];
  /** What people said of its video; undefined where they are not asked, or there was none yet. */
  review?: Review;
  /** How often its videos were reviewed; undefined for never. */
  reviews?: number;
  /** By whom it was reviewed the last time, and why so. */
  reviewed?: { readonly by: string; readonly reason?: string };
}

export interface RenditionState {
  readonly name: string;
  status: GenerationStatus;
}

export interface RefusedMessage {
  readonly message: string;
  readonly reason: string;
  readonly at: string;
}

export interface PlanState {
  /** 1 as it was planned, and one more for each change. */
  version: number;
  costMicroUsd: number;
  /** ISO 8601: when it stops waiting for its approval. */
  until: string;
  approvedBy?: string;
  rejection?: { readonly by: string; readonly reason: string };
}

/** What a group knows; plain values, so that it can be handed to its next run. */
export interface GroupState {
  status: GroupStatus;
  outcome?: Outcome;
  winner?: string;
  variants: VariantState[];
  /** The plan that a person approves before anything is ordered; undefined where nobody is asked. */
  plan?: PlanState;
  /** ISO 8601: as long as people may take for the newest video. */
  reviewingUntil?: string;
  /** ISO 8601, each set when its phase begins. */
  generatingUntil?: string;
  testingUntil?: string;
  decidingUntil?: string;
  /** What the newest analysis said that the group has made or heard of. */
  analysis?: {
    readonly kind: string;
    readonly sentence: string;
    /** Variants whose declaration goes with it; left out while it speaks against nobody's. */
    readonly supports?: readonly string[] | null;
  };
  /** The newest that the group was told of by the hourly analysis. */
  verdict?: ReachedVerdict;
  /** The verdict's snapshot that the group has made sure of before it acts by itself. */
  checkedSnapshotId?: string;
  declaration?: Declaration;
  closing?: z.output<typeof closingSchema>;
  decision?: DecisionReceipt;
  /** The newest last; no more than the newest twenty. */
  refusedMessages: RefusedMessage[];
  refusedCount: number;
}

export interface Overview {
  readonly groupId: GroupId;
  readonly name: string;
  readonly venture: string;
  readonly status: GroupStatus;
  readonly outcome: Outcome | undefined;
  readonly winner: string | undefined;
  readonly generation: ChosenMode;
  readonly plan: PlanState | undefined;
  readonly variants: readonly VariantState[];
  readonly spend: { readonly spentMicroUsd: number; readonly reservedMicroUsd: number };
  /** What the newest analysis said, in one sentence. */
  readonly analysis: string | undefined;
  /** What happens without anybody asking, in words. */
  readonly machine: string;
  /** ISO 8601: when each planned look is made; empty where it is looked at every hour. */
  readonly plannedLooks: readonly string[];
  readonly waitsFor: string | undefined;
  /** ISO 8601: when it stops waiting. */
  readonly until: string | undefined;
  readonly refusedMessages: readonly RefusedMessage[];
  readonly refusedCount: number;
}

export interface GroupResult {
  readonly groupId: GroupId;
  readonly outcome: Outcome;
  readonly winner: string | undefined;
  readonly reason: string | undefined;
}
