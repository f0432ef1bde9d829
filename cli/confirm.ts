import { createInterface } from 'node:readline/promises';
import { BadInput } from '../domain/errors.ts';

/** Asks on a terminal; elsewhere --yes must have been given. @throws BadInput unless the answer is yes. */
export async function confirmed(yes: boolean, question: string): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY) {
    throw new BadInput({
      code: 'NOT_CONFIRMED',
      given: `${question} Nobody is there to ask`,
      fix: 'add --yes',
    });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  if (/^y(es)?$/i.test(answer.trim())) return;
  throw new BadInput({ code: 'NOT_CONFIRMED', given: 'The answer was no; nothing was done' });
}
