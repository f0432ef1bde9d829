import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { BadInput, NotFound } from '../domain/errors.ts';

/** @throws NotFound for a file that can't be read */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new NotFound({
      code: 'FILE_UNREADABLE',
      given: `${path} can't be read (${cause instanceof Error ? cause.message : String(cause)})`,
      cause,
    });
  }
}

/** What is in a YAML or JSON file, which is YAML too. @throws NotFound, or BadInput (`code`) with the line */
export async function readYamlFile(path: string, code: string): Promise<unknown> {
  const document = parseDocument(await readTextFile(path), { prettyErrors: true });
  const [error] = document.errors;
  if (error === undefined) return document.toJS();
  throw new BadInput({ code, given: `${path} is not YAML: ${error.message}`, fix: 'correct that line' });
}
