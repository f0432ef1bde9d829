import { spawn } from 'node:child_process';
import { PreconditionFailed } from '../../domain/errors.ts';

/** What a program's last lines may hold of an error. */
const LAST_CHARACTERS = 2000;

/**
 * Runs one of PostgreSQL's programs to its end.
 * @throws PreconditionFailed PROGRAM_FAILED with what it said; whatever the signal was aborted with
 */
export function runProgram(
  program: string,
  args: readonly string[],
  { env = {}, signal }: { readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const child = spawn(program, args, {
      env: { PATH: process.env.PATH, LC_ALL: 'C', ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
      signal,
    });
    child.stderr.on('data', (chunk) => {
      said = `${said}${String(chunk)}`.slice(-LAST_CHARACTERS);
    });
    child.once('error', (cause) =>
      reject(signal?.aborted ? signal.reason : failed(program, String(cause), cause)),
    );
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(signal?.aborted ? signal.reason : failed(program, said.trim()));
    });
  });
}

function failed(program: string, said: string, cause?: unknown): PreconditionFailed {
  return new PreconditionFailed({
    code: 'PROGRAM_FAILED',
    given: `${program} failed:\n${said}`,
    fix: 'mend what it says, and try again',
    cause,
  });
}
