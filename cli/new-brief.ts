import { access, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BriefInvalid } from '../domain/brief.ts';
import { issuesOf } from '../domain/brief-issues.ts';
import { briefJsonSchema } from '../domain/brief-json-schema.ts';
import { BadInput } from '../domain/errors.ts';
import type { TemplateCode } from '../domain/templates.ts';
import { errorCode, errorMessage } from '../local/node-errors.ts';
import { askBrief } from './ask-brief.ts';
import { exampleBrief, newBriefSchema, SCHEMA_FILE, writeBrief } from './brief-template.ts';

/** What is said on the command line; undefined where nothing is. */
export interface GivenFields {
  readonly template: TemplateCode | undefined;
  readonly [field: string]: unknown;
}

interface Target {
  readonly path: string;
  readonly replaces: boolean;
  readonly withSchema: boolean;
}

/**
 * Writes a new brief, and its schema beside it where there is none.
 * @throws BadInput for a file that is there, a place where none can be, or fields that can't be; nothing is written then
 */
export async function writeNewBrief(given: GivenFields, target: Target): Promise<{ files: string[] }> {
  const { path, replaces, withSchema } = target;
  const said = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (!replaces) await refuseExisting(path);
  const known = newBriefSchema.partial().safeParse(said);
  if (!known.success) throw new BriefInvalid(issuesOf(known.error, said, newBriefSchema));
  const { template } = given;
  if (template === undefined && !process.stdin.isTTY) {
    throw new BadInput({
      code: 'NOBODY_TO_ASK',
      given: 'A brief is written by asking, and nobody is there to ask',
      fix: 'add --template <code> to write one from a template, or run it on a terminal',
    });
  }
  const answers = template === undefined ? await askBrief(said) : { ...exampleBrief(template), ...said };
  const brief = newBriefSchema.parse(answers);
  await writeText(path, writeBrief(brief, withSchema), replaces);
  if (!withSchema) return { files: [path] };
  const schema = join(dirname(path), SCHEMA_FILE);
  if (await isThere(schema)) return { files: [path] };
  await writeText(schema, `${JSON.stringify(briefJsonSchema(), undefined, 2)}\n`, false);
  return { files: [path, schema] };
}

/** Before anything is asked: nobody answers nine questions for nothing. */
async function refuseExisting(path: string): Promise<void> {
  if (await isThere(path)) throw isThereAlready(path);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function writeText(path: string, text: string, replaces: boolean): Promise<void> {
  try {
    await writeFile(path, text, { flag: replaces ? 'w' : 'wx' });
  } catch (cause) {
    if (errorCode(cause) === 'EEXIST') throw isThereAlready(path);
    throw new BadInput({
      code: 'FILE_UNWRITABLE',
      given: `${path} can't be written (${errorMessage(cause)})`,
      fix: 'name another place with --out',
      cause,
    });
  }
}

function isThereAlready(path: string): BadInput {
  return new BadInput({
    code: 'FILE_EXISTS',
    given: `${path} is there already`,
    fix: 'name another file with --out, or add --force to replace it',
  });
}
