import { z } from 'zod';
import { assignmentField } from './assignment.ts';
import { brandField } from './brand.ts';
import { words } from './brief-fields.ts';
import { BriefInvalid, issuesOf } from './brief-issues.ts';
import { budgetField } from './budget.ts';
import { deadlinesField } from './deadlines.ts';
import { decisionField } from './decision.ts';
import { designField, seedField } from './design.ts';
import { disclosureField } from './disclosure.ts';
import { gatesField } from './gates.ts';
import { guardrails } from './guardrails.ts';
import { idField } from './ids.ts';
import { mediaField } from './media-plan.ts';
import { RATE_METRICS } from './metrics.ts';
import { explorationSchema, parentSchema } from './parent.ts';
import { DEFAULT_PLATFORMS, platformsField } from './platforms.ts';
import { primaryMetricOnField, rateMetric } from './rate-metric.ts';
import { renditionsField } from './renditions.ts';
import { resubmissionField } from './resubmission.ts';
import { attributionWindow, conversionsDatedBy, learning, settling } from './settling.ts';
import { TEMPLATE_CODES } from './templates.ts';
import { marketsField, rightsField } from './usage-rights.ts';
import { factorsField, MIN_VARIANTS, minVariantsField, variantsField } from './variants.ts';
import { videoField } from './video.ts';
import { writerSchema } from './writer.ts';

export { BriefInvalid, type BriefIssue } from './brief-issues.ts';
export { MAX_VARIANTS, MIN_VARIANTS, variantCount } from './variants.ts';

/**
 * What a team writes to start a test. Durations are text (`6h`, `14d`); what is left out gets the defaults below.
 * Unknown fields are refused, since a misspelt one would be ignored. A field that is more than a line is told in a
 * file of its own, beside the rules for it. What each is for is its description: editors show it, and docs/briefs.md.
 */
export const briefSchema = z.strictObject({
  venture: words(255).describe('Whose ads they are. Budgets are kept by venture.'),
  name: words(255).describe('What the test is called; a group is found by it.'),
  id: idField.optional(),
  description: words(10_000).optional().describe('Notes for people. Not in any prompt.'),
  parent: parentSchema.optional(),
  exploration: explorationSchema.optional(),
  template: z.enum(TEMPLATE_CODES).describe('The kind of ad that every variant is.'),
  product: words(500).describe('What is advertised, as you would say it in the middle of a sentence.'),
  audience: words(500).default('people who might want it').describe('Whom it is for, likewise.'),
  offer: words(500).default('an invitation to learn more').describe('What the ad ends on, likewise.'),
  tone: words(300)
    .optional()
    .describe('How the brand speaks, in your words: the tone of every variant, unless factors vary it.'),
  brand: brandField.prefault({}),
  disclosure: disclosureField.prefault({}),
  rights: rightsField.default([]),
  markets: marketsField.optional(),
  platforms: platformsField.default([...DEFAULT_PLATFORMS]),
  variants: variantsField.default(4),
  design: designField,
  seed: seedField,
  factors: factorsField.optional(),
  minVariants: minVariantsField.default(MIN_VARIANTS),
  primaryMetric: rateMetric
    .default(RATE_METRICS.conversion_rate)
    .describe('What the winner is chosen by: a rate by its name, or one of your own.'),
  primaryMetricOn: primaryMetricOnField.default({}),
  guardrails,
  settling,
  conversionsDatedBy,
  attributionWindow,
  learning,
  assignment: assignmentField.default({}),
  decision: decisionField.prefault({}),
  media: mediaField.optional(),
  video: videoField.prefault({}),
  renditions: renditionsField.default([]),
  budget: budgetField.optional(),
  gates: gatesField.prefault({}),
  writer: writerSchema,
  generation: resubmissionField.prefault({}),
  deadlines: deadlinesField.prefault({}),
});

export type Brief = z.output<typeof briefSchema>;
export type BriefInput = z.input<typeof briefSchema>;

/**
 * The brief with its defaults filled in. A brief that was parsed before stays as it is.
 * What its fields say together is not looked at: that is check-brief's, since rules change and old briefs are read.
 * @throws BriefInvalid naming every field that is wrong, what was given and what is allowed.
 */
export function parseBrief(input: unknown): Brief {
  const parsed = briefSchema.safeParse(input);
  if (!parsed.success) throw new BriefInvalid(issuesOf(parsed.error, input, briefSchema));
  return parsed.data;
}
