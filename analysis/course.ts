import { type Brief, variantCount } from '../domain/brief.ts';
import { plannedLooks } from '../domain/looks.ts';
import { planSize } from './plan-size.ts';
import type { AnalysisRules } from './rules.ts';

/** How far a test has come. */
export interface TestCourse {
  readonly brief: Brief;
  /** When it began; undefined before that. */
  readonly began: Date | undefined;
  /** Nothing more will come. */
  readonly isOver: boolean;
}

/** In four of five tests the smallest lift is found by the last look. */
const POWER = 0.8;

/** What the course of a test adds to its brief's rules: whether it is over, and which of its planned looks have come. */
export function rulesOnCourse(
  { brief, began, isOver }: TestCourse,
  now: Date,
): Pick<AnalysisRules, 'isFinal' | 'looks'> & Partial<Pick<AnalysisRules, 'method'>> {
  const { decision } = brief;
  if (decision.looks === undefined) return { isFinal: isOver, looks: null };
  const looks = began === undefined ? [] : plannedLooks(brief, began);
  const days = looks.filter(({ dueAt }) => dueAt <= now).map(({ lastDay }) => lastDay);
  return {
    isFinal: isOver,
    method: 'planned_looks',
    looks: { days, haveCome: true, pairConversions: fullConversions(brief) },
  };
}

/** Of the control and of a variant that is better by the smallest lift, when the test is as large as it was planned. */
function fullConversions(brief: Brief): number {
  const { smallestLift, falseCallLimit } = brief.decision;
  const { controlConversions } = planSize({
    // In conversions the size is the same whatever the rate is, and whatever media cost.
    platforms: [{ name: 'any', baselineRate: 0.01, usdPerThousand: null }],
    smallestLift,
    arms: variantCount(brief),
    method: 'planned_looks',
    falseCallLimit,
    power: POWER,
    exposuresPerDay: null,
  });
  return Math.ceil(controlConversions * (2 + smallestLift));
}
