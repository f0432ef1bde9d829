import { readYamlFile } from '../config/text-file.ts';
import { type Brief, parseBrief } from '../domain/brief.ts';

/** A brief from a YAML or JSON file. @throws NotFound, BadInput with the line, or BriefInvalid with each field. */
export async function readBriefFile(path: string): Promise<Brief> {
  return parseBrief(await readYamlFile(path, 'BRIEF_UNREADABLE'));
}
