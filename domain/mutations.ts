/**
 * What a variant may change against the control. A variant differs from the control in named factors only, so that a
 * result can be traced to what was changed; the words for a level are the planning library's.
 */
export const FACTORS = [
  /** The first second: what makes a thumb stop. */
  'hook',
  /** The argument, as one line that is said, or stands on screen. */
  'angle',
  /** Who is on screen. */
  'persona',
  /** What makes it believable. */
  'proof',
  /** What is offered, and on what it stands. */
  'offer',
  /** The last words. */
  'call_to_action',
  'tone',
  /** How it is cut. */
  'pacing',
  /** Of the whole video, as `8s`: what is paid for, so that a longer variant costs more. */
  'length',
  'camera',
  'lighting',
  'setting',
  /** What carries it: the product, hands, a person. */
  'subject',
  'style',
  'audio',
] as const;

export type Factor = (typeof FACTORS)[number];

const known: ReadonlySet<string> = new Set(FACTORS);

export function isFactor(name: string): name is Factor {
  return known.has(name);
}

/** Levels by factor: what a variant is made of. */
export type Mutations = Readonly<Partial<Record<Factor, string>>>;

/** As they were recorded; what is no level of a factor is left out. */
export function readMutations(recorded: unknown): Mutations {
  if (typeof recorded !== 'object' || recorded === null) return {};
  const levels = Object.entries(recorded).filter(
    (entry): entry is [Factor, string] => isFactor(entry[0]) && typeof entry[1] === 'string',
  );
  return Object.fromEntries(levels);
}
