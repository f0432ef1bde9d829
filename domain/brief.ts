import { z } from 'zod';
import { ASSIGNMENTS } from './assignment.ts';
import { someUsd, words } from './brief-fields.ts';
import { BriefInvalid, issuesOf } from './brief-issues.ts';
import { deadlinesField } from './deadlines.ts';
import { decisionField } from './decision.ts';
import { designField, seedField } from './design.ts';
import { isGroupId } from './ids.ts';
import { mediaField } from './media-plan.ts';
import { RATE_METRICS } from './metrics.ts';
import { DEFAULT_PLATFORMS, PLATFORMS, platformsField } from './platforms.ts';
import { primaryMetricField } from './primary-metric.ts';
import { renditionsField } from './renditions.ts';
import { resubmissionField } from './resubmission.ts';
import { TEMPLATE_CODES } from './templates.ts';
import { factorsField, MIN_VARIANTS, minVariantsField, variantCount, variantsField } from './variants.ts';
import { videoField } from './video.ts';

export { BriefInvalid, type BriefIssue } from './brief-issues.ts';
export { MAX_VARIANTS, MIN_VARIANTS, variantCount } from './variants.ts';

/**
 * What a team writes to start a test. Durations are text (`6h`, `14d`); what is left
 * out gets the defaults below. Unknown fields are refused, since a misspelt one would be ignored.
 * A field that is more than a line is told in a file of its own, beside the rules for it.
 */
export const briefSchema = z.strictObject({
  venture: words(255),
  name: words(255),
  id: z.string().toLowerCase().refine(isGroupId, { error: 'a UUID' }).optional(),
  description: words(10_000).optional(),
  template: z.enum(TEMPLATE_CODES),
  product: words(500),
  audience: words(500).default('people who might want it'),
  offer: words(500).default('an invitation to learn more'),
  /** How the brand speaks, in words of its own: the tone of every variant, unless "factors" varies it. */
  tone: words(300).optional(),
  platforms: platformsField.default([...DEFAULT_PLATFORMS]),
  variants: variantsField.default(4),
  design: designField,
  seed: seedField,
  factors: factorsField.optional(),
  minVariants: minVariantsField.default(MIN_VARIANTS),
  primaryMetric: primaryMetricField.default(RATE_METRICS.conversion_rate),
  /** How people come to see one variant or another, by platform; where it is left out, the platform chose. */
  assignment: z.partialRecord(z.enum(PLATFORMS), z.enum(ASSIGNMENTS)).default({}),
  decision: decisionField.prefault({}),
  media: mediaField.optional(),
  video: videoField.prefault({}),
  renditions: renditionsField.default([]),
  /** What may be spent on making its videos, in US dollars; an order that does not fit is not placed. */
  budget: z.strictObject({ generationUsd: someUsd }).optional(),
  generation: resubmissionField.prefault({}),
  deadlines: deadlinesField.prefault({}),
});

export type Brief = z.output<typeof briefSchema>;
export type BriefInput = z.input<typeof briefSchema>;

/**
 * The brief with its defaults filled in. A brief that was parsed before stays as it is.
 * @throws BriefInvalid naming every field that is wrong, what was given and what is allowed.
 */
export function parseBrief(input: unknown): Brief {
  const parsed = briefSchema.safeParse(input);
  if (!parsed.success) {
    throw new BriefInvalid(issuesOf(parsed.error, input, Object.keys(briefSchema.shape)));
  }
  const brief = parsed.data;
  const planned = variantCount(brief);
  if (brief.minVariants > planned) {
    throw new BriefInvalid([
      {
        path: 'minVariants',
        given: String(brief.minVariants),
        allowed: `${MIN_VARIANTS} to ${planned}, the number of variants`,
      },
    ]);
  }
  return brief;
}
