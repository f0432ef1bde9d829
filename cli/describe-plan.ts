import type { VariantPlan } from '../domain/variant-plan.ts';
import { describeFinding, type Finding } from '../planning/checks/finding.ts';
import type { DesignStatement } from '../planning/designs/statement.ts';
import type { PlanReview } from '../planning/review.ts';
import { describePlannedTest } from './describe-size.ts';
import { table } from './tables.ts';

/** A plan for people: the variants, what the design can tell, and what the checks found. */
export function describePlan(review: PlanReview, options: { readonly withPrompts: boolean }): string {
  const { variants, statement, findings, test } = review;
  return [
    `${variants.length} variants, ${describeDesign(statement)}`,
    '',
    table(
      ['variant', 'differs from the control in'],
      variants.map((variant) => [variant.name, changesOf(variant, statement)]),
    ),
    ...(options.withPrompts ? variants.flatMap(({ name, prompt }) => ['', `${name}:`, prompt]) : []),
    '',
    ...describeStatement(statement),
    ...(test === undefined ? [] : ['', describePlannedTest(test)]),
    '',
    ...describeFindings(findings),
  ].join('\n');
}

/** What a design can tell and what it can't; a sentence a line. */
export function describeStatement({ can, cannot, ...figures }: DesignStatement): string[] {
  return [
    ...(figures.factors.length === 0 ? [] : [qualityOf(figures)]),
    'It can tell',
    ...can.map((sentence) => `  - ${sentence}`),
    "It can't tell",
    ...cannot.map((sentence) => `  - ${sentence}`),
  ];
}

/** What the checks found; a finding a line. */
export function describeFindings(findings: readonly Finding[]): string[] {
  if (findings.length === 0) return ['The checks found nothing.'];
  return findings.map(
    (finding) => `${finding.severity === 'error' ? 'Error' : 'Warning'}: ${describeFinding(finding)}`,
  );
}

function describeDesign({ design, construction, seed }: DesignStatement): string {
  return design === 'factorial' || design === 'diversify'
    ? `${design}: ${construction} (seed ${seed})`
    : `${design}: ${construction}`;
}

function qualityOf({
  dEfficiency,
  resolution,
  spareVideos,
}: Omit<DesignStatement, 'can' | 'cannot'>): string {
  return [
    dEfficiency === 0
      ? 'Not every effect can be estimated'
      : `D-efficiency ${(100 * dEfficiency).toFixed(1)}% of an orthogonal array's`,
    ...(resolution === null
      ? []
      : [`resolution ${['III', 'IV', 'V', 'VI', 'VII'][resolution - 3] ?? resolution}`]),
    `${spareVideos} ${spareVideos === 1 ? 'video' : 'videos'} left to judge the spread between videos by.`,
  ].join('; ');
}

function changesOf({ position, mutations }: VariantPlan, { design, factors }: DesignStatement): string {
  const changes = Object.entries(mutations).map(([factor, level]) => `${factor}: ${level}`);
  if (changes.length > 0) return changes.join(', ');
  if (position > 0) return design === 'manual' ? 'its own prompt' : 'nothing';
  const own = factors.map(({ factor, levels: [control] }) => `${factor}: ${control?.level ?? ''}`);
  return design === 'manual' || own.length === 0 ? '(the control)' : `(the control: ${own.join(', ')})`;
}
