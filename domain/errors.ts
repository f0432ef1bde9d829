/**
 * What can go wrong, in one small hierarchy. Every error says three things (what was given, what is
 * allowed, what to do) and whether trying again can help; `kind` decides the command line's exit code
 * and how an activity's failure is retried.
 */
export type ErrorKind =
  /** The caller's input is wrong; nothing was written. */
  | 'bad-input'
  /** The thing named does not exist. */
  | 'not-found'
  /** It exists, but is not in a state that allows this. */
  | 'precondition'
  /** Something outside (database, server, provider) does not answer now; may be tried again. */
  | 'unavailable'
  /** The provider said no, for good (moderation, bad parameters): never retried. */
  | 'refused'
  /** It may or may not have happened, and it may have cost money: reconciled, never repeated. */
  | 'ambiguous';

export interface ErrorParts {
  /** Stable, in SCREAMING_SNAKE_CASE; documented, and safe to match on. */
  readonly code: string;
  /** What is wrong, with the value that was given. */
  readonly given: string;
  /** What would have been allowed, or what was expected. */
  readonly allowed?: string;
  /** What to do next. */
  readonly fix?: string;
  readonly cause?: unknown;
}

export class ScreentestError extends Error {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly given: string;
  readonly allowed: string | undefined;
  readonly fix: string | undefined;

  constructor(kind: ErrorKind, parts: ErrorParts) {
    const sentences = [
      parts.given,
      parts.allowed === undefined ? undefined : `Allowed: ${parts.allowed}`,
      parts.fix === undefined ? undefined : `To fix: ${parts.fix}`,
    ];
    // What was given may be a list, a line each; then the next sentence begins a line too.
    const separator = parts.given.includes('\n') ? '\n' : '. ';
    super(sentences.filter((sentence) => sentence !== undefined).join(separator), { cause: parts.cause });
    this.name = new.target.name;
    this.kind = kind;
    this.code = parts.code;
    this.given = parts.given;
    this.allowed = parts.allowed;
    this.fix = parts.fix;
  }

  get mayBeRetried(): boolean {
    return this.kind === 'unavailable';
  }
}

export class BadInput extends ScreentestError {
  constructor(parts: ErrorParts) {
    super('bad-input', parts);
  }
}

export class NotFound extends ScreentestError {
  constructor(parts: ErrorParts) {
    super('not-found', parts);
  }
}

export class PreconditionFailed extends ScreentestError {
  constructor(parts: ErrorParts) {
    super('precondition', parts);
  }
}

export class Unavailable extends ScreentestError {
  constructor(parts: ErrorParts) {
    super('unavailable', parts);
  }
}

export class Refused extends ScreentestError {
  constructor(parts: ErrorParts) {
    super('refused', parts);
  }
}

export class AmbiguousOutcome extends ScreentestError {
  constructor(parts: ErrorParts) {
    super('ambiguous', parts);
  }
}
