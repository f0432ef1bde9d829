import { readTextFile } from '../config/text-file.ts';
import { type Place, readYamlSource, type YamlSource } from '../config/yaml-source.ts';
import { type Brief, BriefInvalid, type BriefIssue } from '../domain/brief.ts';
import { checkBrief } from '../domain/check-brief.ts';
import { BadInput } from '../domain/errors.ts';
import { planVariants } from '../planning/plan.ts';

/** One thing that is wrong in a file, and where it stands there. */
export interface PlacedIssue extends Place, Omit<BriefIssue, 'against'> {
  readonly against?: { readonly path: string; readonly given: string; readonly place: Place | undefined };
}

export interface BriefFile {
  readonly path: string;
  readonly source: YamlSource;
  /** Undefined for one that has issues. */
  readonly brief: Brief | undefined;
  readonly issues: readonly PlacedIssue[];
}

/** A brief from a YAML or JSON file, and all that is wrong with it. @throws NotFound */
export async function checkBriefFile(path: string, now: Date): Promise<BriefFile> {
  const source = readYamlSource(await readTextFile(path));
  if (source.errors.length > 0) {
    const issues = source.errors.map(({ place, says }) => ({
      ...place,
      path: 'the file',
      given: 'text that is not YAML',
      allowed: says,
    }));
    return { path, source, brief: undefined, issues };
  }
  const { brief, issues } = checkBrief(source.value, now);
  const found = brief === undefined ? issues : issuesOfPlan(brief);
  return {
    path,
    source,
    brief: found.length === 0 ? brief : undefined,
    issues: found.map((issue) => placed(issue, source)),
  };
}

/** @throws NotFound, BadInput where it is no YAML, or BriefInvalid, both with every line that is wrong */
export async function readBriefFile(path: string): Promise<Brief> {
  const file = await checkBriefFile(path, new Date());
  if (file.brief !== undefined) return file.brief;
  const described = file.issues.map((issue) => describeIssue(issue, file)).join('\n');
  if (file.source.errors.length === 0) throw new BriefInvalid(file.issues, described);
  throw new BadInput({
    code: 'BRIEF_UNREADABLE',
    given: `${path} is not YAML:\n${described}`,
    fix: 'correct these lines',
  });
}

/** As compilers tell it: the place first, so that editors and terminals can jump there. */
export function describeIssue(issue: PlacedIssue, { path, source }: BriefFile): string {
  const { against } = issue;
  return [
    `  ${path}:${issue.line}:${issue.column}: ${issue.path}: given ${issue.given}`,
    // What is missing stands nowhere.
    ...(issue.given === 'nothing' ? [] : source.excerpt(issue).map((line) => `    ${line}`)),
    ...(against === undefined ? [] : describeOther(against, path, source)),
    `    allowed: ${issue.allowed}`,
    ...(issue.fix === undefined ? [] : [`    to fix: ${issue.fix}`]),
  ].join('\n');
}

function describeOther(
  { path: field, given, place }: NonNullable<PlacedIssue['against']>,
  path: string,
  source: YamlSource,
): string[] {
  if (place === undefined) return [`  against ${field}: ${given}, as it is by default`];
  return [
    `  against ${path}:${place.line}:${place.column}: ${field}: ${given}`,
    ...source.excerpt(place).map((line) => `    ${line}`),
  ];
}

function issuesOfPlan(brief: Brief): readonly BriefIssue[] {
  try {
    planVariants(brief);
    return [];
  } catch (error) {
    if (error instanceof BriefInvalid) return error.issues;
    throw error;
  }
}

function placed({ against, ...issue }: BriefIssue, source: YamlSource): PlacedIssue {
  return {
    ...source.placeOf(issue.path),
    ...issue,
    ...(against && { against: { ...against, place: source.find(against.path) } }),
  };
}
