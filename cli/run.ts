import { type Command, CommanderError } from 'commander';
import { type ErrorKind, ScreentestError } from '../domain/errors.ts';

/** docs/cli.md lists them. */
export const EXIT = {
  ok: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  precondition: 4,
  timeout: 124,
  interrupted: 130,
} as const;

const EXIT_OF_KIND: Readonly<Record<ErrorKind, number>> = {
  'bad-input': EXIT.usage,
  'not-found': EXIT.notFound,
  precondition: EXIT.precondition,
  unavailable: EXIT.failure,
  refused: EXIT.failure,
  ambiguous: EXIT.failure,
};

/** Runs one command line. Errors go to standard error in words, and to the exit code. */
export async function runProgram(program: Command, argv: readonly string[]): Promise<void> {
  exitByThrowing(program);
  process.stdout.on('error', stopQuietly);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    if (error instanceof CommanderError) return; // commander has said it
    process.stderr.write(`screentest: ${describe(error)}\n`);
  }
}

/** Whoever read our output has gone (`screentest list | head`). */
function stopQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
}

function exitByThrowing(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) exitByThrowing(child);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ScreentestError) return EXIT_OF_KIND[error.kind];
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof Interrupted) return EXIT.interrupted;
  if (error instanceof TimedOut) return EXIT.timeout;
  return EXIT.failure;
}

function describe(error: unknown): string {
  if (error instanceof ScreentestError) return `${error.message}\n  (${error.code})`;
  if (error instanceof Interrupted || error instanceof TimedOut) return error.message;
  // A defect of ours: whoever reports it needs the place.
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export class Interrupted extends Error {
  constructor() {
    super('interrupted');
  }
}

export class TimedOut extends Error {}
