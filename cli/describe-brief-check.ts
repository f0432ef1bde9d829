import type { Place } from '../config/yaml-source.ts';
import { variantCount } from '../domain/brief.ts';
import type { BriefRemark } from '../domain/check-brief.ts';
import { type BriefFile, describeIssue } from './brief-file.ts';

export interface BriefCheck extends BriefFile {
  /** What is wrong with the plan. */
  readonly errors: readonly (BriefRemark & Place)[];
  readonly warnings: readonly (BriefRemark & Place)[];
}

/** What is wrong with a brief's file and its plan, or that nothing is; and what its writer should know. */
export function describeBriefCheck(check: BriefCheck): string {
  const { path, brief, issues, errors, warnings } = check;
  const problems = issues.length + errors.length;
  const remarks = (kind: string, told: BriefCheck['errors']) =>
    told.flatMap(({ line, column, path: field, says }) => [
      '',
      `  ${path}:${line}:${column}: ${kind}: ${field}: ${says}`,
    ]);
  return [
    brief === undefined || problems > 0
      ? `${path} can't be started: ${problems === 1 ? 'one problem' : `${problems} problems`}.`
      : `${path} can be started: ${variantCount(brief)} variants of ${brief.template} for ${brief.platforms.join(', ')}.`,
    ...issues.flatMap((issue) => ['', describeIssue(issue, check)]),
    ...remarks('error', errors),
    ...remarks('warning', warnings),
  ].join('\n');
}
