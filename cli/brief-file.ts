import { readFile } from 'node:fs/promises';
import { parseDocument } from 'yaml';
import { type Brief, parseBrief } from '../domain/brief.ts';
import { BadInput, NotFound } from '../domain/errors.ts';

/** A brief from a YAML or JSON file. @throws NotFound, BadInput with the line, or BriefInvalid with each field. */
export async function readBriefFile(path: string): Promise<Brief> {
  return parseBrief(parseText(path, await readTextFile(path)));
}

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

/** JSON is YAML too. */
function parseText(path: string, text: string): unknown {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  if (error === undefined) return document.toJS();
  throw new BadInput({
    code: 'BRIEF_UNREADABLE',
    given: `${path} is not YAML: ${error.message}`,
    fix: 'correct that line',
  });
}
