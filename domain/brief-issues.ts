import type { z } from 'zod';
import { BadInput } from './errors.ts';
import { formatPath, show, valueAt } from './issues.ts';
import { RATE_METRIC_NAMES } from './metrics.ts';
import { FACTORS } from './mutations.ts';
import { MAX_VARIANTS, MIN_VARIANTS } from './variants.ts';

/** One thing that is wrong in a brief. */
export interface BriefIssue {
  /** Where: `variants`, `platforms[1]`, `deadlines.testing`. */
  readonly path: string;
  /** The value found there, as JSON; `nothing` when it is missing. */
  readonly given: string;
  readonly allowed: string;
}

export class BriefInvalid extends BadInput {
  readonly issues: readonly BriefIssue[];

  constructor(issues: readonly BriefIssue[]) {
    super({
      code: 'BRIEF_INVALID',
      given: `The brief can't be used as it is:\n${issues.map(describeIssue).join('\n')}`,
      fix: 'change these fields; nothing was started',
    });
    this.issues = issues;
  }
}

function describeIssue(issue: BriefIssue): string {
  return `  ${issue.path}: given ${issue.given}; allowed: ${issue.allowed}`;
}

/** What a schema found in a brief, in words for people. */
export function issuesOf(error: z.ZodError, input: unknown, fields: readonly string[]): BriefIssue[] {
  return error.issues.flatMap((issue) => briefIssues(issue, { input, fields }));
}

/** The brief as it was given, and the fields that it may have. */
interface Given {
  readonly input: unknown;
  readonly fields: readonly string[];
}

type ZodIssue = z.core.$ZodIssue;

function briefIssues(issue: ZodIssue, brief: Given): BriefIssue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return {
        path: formatPath(path),
        given: show(valueAt(brief.input, path)),
        allowed: knownFields(issue.path, brief.fields),
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
  return [
    {
      path: path.length === 0 ? 'the brief' : formatPath(path),
      given: show(valueAt(brief.input, path)),
      allowed: allowedBy(issue),
    },
  ];
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
      return `at least ${issue.minimum}${unitOf(issue.origin)}${rangeHint(issue.path)}`;
    case 'too_big':
      return `at most ${issue.maximum}${unitOf(issue.origin)}${rangeHint(issue.path)}`;
    case 'invalid_key':
      return `one of ${FACTORS.join(', ')}`;
    case 'invalid_union':
      return unionAllows(issue.path);
    default:
      return issue.message;
  }
}

function rangeHint(path: readonly PropertyKey[]): string {
  return path.length === 1 && path[0] === 'variants' ? ` (${MIN_VARIANTS} to ${MAX_VARIANTS} variants)` : '';
}

function unionAllows(path: readonly PropertyKey[]): string {
  return path[0] === 'variants'
    ? `a whole number from ${MIN_VARIANTS} to ${MAX_VARIANTS}, or a list of { name, prompt }`
    : `one of ${RATE_METRIC_NAMES.join(', ')}, or { name, numerator, denominator }`;
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' character(s)';
  if (origin === 'array') return ' item(s)';
  return '';
}

function knownFields(path: readonly PropertyKey[], fields: readonly string[]): string {
  if (path[0] === 'factors') return `one of ${FACTORS.join(', ')}`;
  if (path.length === 0) return `one of the fields ${fields.join(', ')}`;
  return `only the known fields of ${formatPath(path)}`;
}
