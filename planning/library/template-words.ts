import type { Factor } from '../../domain/mutations.ts';
import type { Levels } from './shared.ts';

/** How a template is told: what stays the same in all its variants, and the words for what may change. */
export interface TemplateWords {
  /** Who says the angle's line; left out where it stands on screen as lettering. */
  readonly speaker?: string;
  /** What happens between the opening and the close. It is all that a short video has time for. */
  readonly story: string;
  /** What happens after it, where there is time. */
  readonly further: string;
  /**
   * The levels that suit it, by factor, each factor's default first. A factor without levels has no place in it by
   * itself: a brief may still give it words.
   */
  readonly levels: Readonly<Partial<Record<Exclude<Factor, 'length'>, Levels>>>;
  /** Levels of the shared library that would contradict the story. */
  readonly contradicts?: Readonly<Partial<Record<Factor, readonly string[]>>>;
}
