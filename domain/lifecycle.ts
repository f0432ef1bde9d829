/** The life of a variant group. This table is the one place that says which moves exist. */
export const GROUP_STATUSES = [
  'planning',
  'generating',
  'testing',
  'analyzing',
  'completed',
  'archived',
] as const;

export type GroupStatus = (typeof GROUP_STATUSES)[number];

export const ALLOWED_MOVES: Readonly<Record<GroupStatus, readonly GroupStatus[]>> = {
  planning: ['generating', 'completed'],
  generating: ['testing', 'completed'],
  testing: ['analyzing', 'completed'],
  analyzing: ['completed'],
  completed: ['archived'],
  archived: [],
};

export function mayMove(from: GroupStatus, to: GroupStatus): boolean {
  return ALLOWED_MOVES[from].includes(to);
}

/** How a completed group ended. */
export const OUTCOMES = ['winner', 'no_winner', 'cancelled', 'failed'] as const;

export type Outcome = (typeof OUTCOMES)[number];

/** Where one variant's video stands: the values of the CHECK on `video_variants.generation_status`. */
export const GENERATION_STATUSES = ['pending', 'generating', 'completed', 'failed', 'manual'] as const;

export type GenerationStatus = (typeof GENERATION_STATUSES)[number];

/** A variant with a video, however it came, takes part in the test. */
export function hasVideo(status: GenerationStatus): boolean {
  return status === 'completed' || status === 'manual';
}
