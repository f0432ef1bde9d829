import { z } from 'zod';
import { BadInput } from './errors.ts';
import { formatPath, show, valueAt } from './issues.ts';
import { closest } from './spelling.ts';

/** One thing that is wrong in a brief. */
export interface BriefIssue {
  /** Where: `variants`, `platforms[1]`, `deadlines.testing`. */
  readonly path: string;
  /** The value found there, as JSON; `nothing` when it is missing. */
  readonly given: string;
  readonly allowed: string;
  /** What it contradicts, where two rules of the brief do not go together. */
  readonly against?: { readonly path: string; readonly given: string };
  /** What to do about it, where more can be said than to give what is allowed. */
  readonly fix?: string;
}

export class BriefInvalid extends BadInput {
  readonly issues: readonly BriefIssue[];

  /** @param described the issues in words, where more is known of them, such as their lines in a file */
  constructor(issues: readonly BriefIssue[], described = issues.map(describeIssue).join('\n')) {
    super({
      code: 'BRIEF_INVALID',
      given: `The brief can't be used as it is:\n${described}`,
      fix: 'change these fields; nothing was started',
    });
    this.issues = issues;
  }
}

function describeIssue({ path, given, allowed, against, fix }: BriefIssue): string {
  const contradicted = against === undefined ? '' : `, against ${against.path}: ${against.given}`;
  return `  ${path}: given ${given}${contradicted}; allowed: ${allowed}${fix === undefined ? '' : ` (${fix})`}`;
}

/** What a schema found in a brief, in words for people. */
export function issuesOf(error: z.ZodError, input: unknown, schema: z.ZodType): BriefIssue[] {
  return error.issues.flatMap((issue) => briefIssues(issue, { input, schema }));
}

/** The brief as it was given, and what it was held to. */
interface Given {
  readonly input: unknown;
  readonly schema: z.ZodType;
}

type ZodIssue = z.core.$ZodIssue;

function briefIssues(issue: ZodIssue, brief: Given): BriefIssue[] {
  if (issue.code === 'unrecognized_keys') {
    const fields = fieldsAt(brief.schema, issue.path);
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return {
        path: formatPath(path),
        given: show(valueAt(brief.input, path)),
        allowed: `one of ${issue.path.length === 0 ? 'the fields ' : ''}${fields.join(', ')}`,
        ...didYouMean(key, fields),
      };
    });
  }
  if (issue.code === 'invalid_union') {
    const nested = closestBranch(issue.errors, valueAt(brief.input, issue.path));
    if (nested !== undefined) {
      return nested.flatMap((inner) =>
        briefIssues({ ...inner, path: [...issue.path, ...inner.path] }, brief),
      );
    }
  }
  const path = issue.path;
  const given = valueAt(brief.input, path);
  return [
    {
      path: path.length === 0 ? 'the brief' : formatPath(path),
      given: show(given),
      allowed: allowedBy(issue),
      ...(issue.code === 'invalid_value' ? didYouMean(given, issue.values.map(String)) : {}),
    },
  ];
}

function didYouMean(given: unknown, known: readonly string[]): Pick<BriefIssue, 'fix'> {
  const likely = typeof given === 'string' ? closest(given, known) : undefined;
  return likely === undefined ? {} : { fix: `did you mean ${likely}?` };
}

/** Of a union's branches, the one that fits the value's type: it says what is wrong inside. */
function closestBranch(branches: readonly ZodIssue[][], value: unknown): ZodIssue[] | undefined {
  return branches.find(
    (issues) => !issues.some((issue) => issue.path.length === 0 && isWrongType(issue, value)),
  );
}

/** Where one of certain words is wanted, anything that isn't text is of the wrong type. */
function isWrongType(issue: ZodIssue, value: unknown): boolean {
  if (issue.code === 'invalid_value') return typeof value !== 'string';
  return issue.code === 'invalid_type' && issue.expected !== 'int';
}

function allowedBy(issue: ZodIssue): string {
  switch (issue.code) {
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`;
    case 'invalid_type':
      // A message of the schema's own says more than the type alone.
      if (!issue.message.startsWith('Invalid input')) return issue.message;
      return `${issue.expected === 'int' ? 'a whole number' : `a value of type ${issue.expected}`}`;
    case 'too_small':
      if (!issue.message.startsWith('Too small')) return issue.message;
      return `at least ${issue.minimum}${unitOf(issue.origin)}`;
    case 'too_big':
      if (!issue.message.startsWith('Too big')) return issue.message;
      return `at most ${issue.maximum}${unitOf(issue.origin)}`;
    default:
      return issue.message;
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' character(s)';
  if (origin === 'array') return ' item(s)';
  return '';
}

/** The names that an object or a record of a schema may have at a path; none where there is neither. */
function fieldsAt(schema: z.core.$ZodType, path: readonly PropertyKey[]): readonly string[] {
  const [first, ...rest] = path;
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return fieldsAt(schema.def.innerType, path);
  }
  if (schema instanceof z.ZodUnion) {
    return schema.options.flatMap((option: z.core.$ZodType) => fieldsAt(option, path));
  }
  if (schema instanceof z.ZodArray) return first === undefined ? [] : fieldsAt(schema.element, rest);
  if (schema instanceof z.ZodRecord) {
    if (first !== undefined) return fieldsAt(schema.valueType, rest);
    return schema.keyType instanceof z.ZodEnum ? schema.keyType.options.map(String) : [];
  }
  if (schema instanceof z.ZodObject) {
    if (first === undefined) return Object.keys(schema.shape);
    const field = Object.entries(schema.shape).find(([name]) => name === first)?.[1];
    return field === undefined ? [] : fieldsAt(field, rest);
  }
  return [];
}
