import { z } from 'zod';
import { ASSIGNMENTS } from './assignment.ts';
import { looks, whoActs } from './deciding.ts';
import { designField, ownMutationsField, seedField } from './design.ts';
import { DURATION_FORM, parseDuration } from './durations.ts';
import { BadInput } from './errors.ts';
import { gatesField } from './gates.ts';
import { guardrails } from './guardrails.ts';
import { isGroupId } from './ids.ts';
import { formatPath, show, valueAt } from './issues.ts';
import { lateLook } from './looks.ts';
import { RATE_METRIC_NAMES, RATE_METRICS } from './metrics.ts';
import { isUsd, USD_ALLOWED } from './money.ts';
import { FACTORS } from './mutations.ts';
import { explorationSchema, parentSchema, strayControlLevels } from './parent.ts';
import { DEFAULT_PLATFORMS, PLATFORMS } from './platforms.ts';
import { rateMetric } from './rate-metric.ts';
import { attributionWindow, conversionsDatedBy, learning, settling } from './settling.ts';
import { TEMPLATE_CODES } from './templates.ts';
import { MAIN_RENDITION, parseSize } from './video.ts';
import { writerSchema } from './writer.ts';

export const MIN_VARIANTS = 2;
export const MAX_VARIANTS = 50;
/** Beside the main one. */
const MAX_RENDITIONS = 10;

const MAX_RESUBMITS = 5;

const LONGEST_DAYS = 400;
const DURATION_ALLOWED = `${DURATION_FORM}, up to ${LONGEST_DAYS}d`;

/** Kept as it was written; a bare number would not say of what. */
const duration = z.string({ error: DURATION_ALLOWED }).refine(
  (text) => {
    const seconds = parseDuration(text) ?? 0;
    return seconds > 0 && seconds <= LONGEST_DAYS * 86_400;
  },
  { error: DURATION_ALLOWED },
);

/** What people write, without the character NUL, which no database keeps. */
function words(most: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => !text.includes('\u0000'), { error: 'text without the character NUL' });
}

const level = words(500);
const variantName = words(100);

const ownVariant = z.strictObject({
  name: variantName,
  /** The whole prompt, as it goes to the provider. */
  prompt: words(4000),
  mutations: ownMutationsField,
});

const size = z.string().refine((text) => parseSize(text) !== undefined, {
  error: 'a width and a height, such as "720x1280"',
});

/** Another file of every variant; what is left out is as in `video`. */
const rendition = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,49}$/, { error: 'up to 50 of a-z, 0-9 and -' })
      .refine((name) => name !== MAIN_RENDITION, {
        error: `another name than "${MAIN_RENDITION}", which is what "video" describes`,
      }),
    size: size.optional(),
    language: words(50).optional(),
    captions: z.boolean().default(false),
  })
  .refine(({ size, language, captions }) => size !== undefined || language !== undefined || captions, {
    error: 'a size, a language or captions: something that differs from the main video',
  });

const BUDGET_ALLOWED = `${USD_ALLOWED}, and more than 0`;
const budgetUsd = z
  .number({ error: BUDGET_ALLOWED })
  .refine((usd) => isUsd(usd) && usd > 0, { error: BUDGET_ALLOWED });

const SHARE_ALLOWED = 'a share above 0 and below 1, such as 0.1 for 10%';
const share = z
  .number({ error: SHARE_ALLOWED })
  .refine((value) => value > 0 && value < 1, { error: SHARE_ALLOWED });

/**
 * What a team writes to start a test. Durations are text (`6h`, `14d`); what is left
 * out gets the defaults below. Unknown fields are refused, since a misspelt one would be ignored.
 */
export const briefSchema = z.strictObject({
  venture: words(255),
  name: words(255),
  id: z.string().toLowerCase().refine(isGroupId, { error: 'a UUID' }).optional(),
  description: words(10_000).optional(),
  /** The round before. */
  parent: parentSchema.optional(),
  exploration: explorationSchema.optional(),
  template: z.enum(TEMPLATE_CODES),
  product: words(500),
  audience: words(500).default('people who might want it'),
  offer: words(500).default('an invitation to learn more'),
  /** How the brand speaks, in words of its own: the tone of every variant, unless "factors" varies it. */
  tone: words(300).optional(),
  platforms: z
    .array(z.enum(PLATFORMS))
    .min(1)
    .default([...DEFAULT_PLATFORMS])
    .refine((platforms) => new Set(platforms).size === platforms.length, { error: 'each platform once' }),
  /** How many to plan from the factors, the control included; or the prompts themselves. */
  variants: z
    .union([
      z.number().int().min(MIN_VARIANTS).max(MAX_VARIANTS),
      z
        .array(ownVariant)
        .min(MIN_VARIANTS)
        .max(MAX_VARIANTS)
        .refine((variants) => new Set(variants.map((variant) => variant.name)).size === variants.length, {
          error: 'each name once',
        }),
    ])
    .default(4),
  design: designField,
  seed: seedField,
  /** Levels by factor, the control's first. Left out: the template's own. */
  factors: z.partialRecord(z.enum(FACTORS), z.array(level).min(2).max(20)).optional(),
  minVariants: z.number().int().min(MIN_VARIANTS).max(MAX_VARIANTS).default(MIN_VARIANTS),
  primaryMetric: rateMetric.default(RATE_METRICS.conversion_rate),
  /** Where a platform's own differs. */
  primaryMetricOn: z.partialRecord(z.enum(PLATFORMS), rateMetric).default({}),
  guardrails,
  settling,
  conversionsDatedBy,
  attributionWindow,
  learning,
  /** How people come to see one variant or another, by platform; where it is left out, the platform chose. */
  assignment: z.partialRecord(z.enum(PLATFORMS), z.enum(ASSIGNMENTS)).default({}),
  /** What it takes to call a winner. Set before the data. */
  decision: z
    .strictObject({
      /** The smallest relative lift worth finding. */
      smallestLift: share.default(0.1),
      /** Most chance of calling a winner that is none, over all looks and variants. */
      falseCallLimit: share
        .refine((value) => value <= 0.5, { error: 'a share above 0, up to 0.5' })
        .default(0.05),
      /** By conversions alone, or by days where a variant has good and bad days of its own. */
      method: z.enum(['anytime_counts', 'anytime_days']).default('anytime_counts'),
      /** Relative lifts within this to both sides make no practical difference. */
      equivalenceMargin: share.optional(),
      /** Nothing is called between planned looks, by counts; left out, it is looked at with every day's data. */
      looks,
      stop: whoActs,
      declare: whoActs,
    })
    .refine(({ method, looks: planned }) => planned === undefined || method === 'anytime_counts', {
      path: ['looks'],
      error: 'planned looks, or the method anytime_days, and not both',
    })
    .prefault({}),
  /** What showing the videos costs, and is expected to bring; for planning the test's size. */
  media: z
    .strictObject({
      budgetUsd,
      usdPerThousandImpressions: budgetUsd,
      /** What the control is expected to reach on the primary metric. */
      baselineRate: share,
    })
    .optional(),
  video: z
    .strictObject({
      model: words(50).default('sora-2'),
      seconds: z.number().int().min(1).max(60).default(4),
      size: size.default('720x1280'),
    })
    .prefault({}),
  /** Files beside the main one, for every variant: not variants, and each paid for. */
  renditions: z
    .array(rendition)
    .max(MAX_RENDITIONS)
    .refine((renditions) => new Set(renditions.map(({ name }) => name)).size === renditions.length, {
      error: 'each name once',
    })
    .default([]),
  /** What may be spent on making its videos, in US dollars; an order that does not fit is not placed. */
  budget: z.strictObject({ generationUsd: budgetUsd }).optional(),
  /** What is done about a job that gets stuck at the provider. */
  generation: z
    .strictObject({
      /** How often its video is ordered anew by itself. */
      resubmits: z.number().int().min(0).max(MAX_RESUBMITS).default(1),
      /** Even when nobody could confirm that the stuck job was stopped: then both may be charged. */
      resubmitWhenChargeIsUnknown: z.boolean().default(false),
    })
    .prefault({}),
  gates: gatesField.prefault({}),
  /** Whether a language model words the levels. */
  writer: writerSchema,
  deadlines: z
    .strictObject({
      /** From the plan to its approval, where `gates.plan` asks for one. */
      approving: duration.default('7d'),
      generating: duration.default('24h'),
      /** From the newest video to the last review, where `gates.videos` asks for them. */
      reviewing: duration.default('7d'),
      testing: duration.default('28d'),
      deciding: duration.default('14d'),
    })
    .prefault({}),
});

export type Brief = z.output<typeof briefSchema>;
export type BriefInput = z.input<typeof briefSchema>;

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

/**
 * The brief with its defaults filled in. A brief that was parsed before stays as it is.
 * @throws BriefInvalid naming every field that is wrong, what was given and what is allowed.
 */
export function parseBrief(input: unknown): Brief {
  const parsed = briefSchema.safeParse(input);
  if (!parsed.success) {
    throw new BriefInvalid(parsed.error.issues.flatMap((issue) => briefIssues(issue, input)));
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
  const stray = strayControlLevels(brief);
  if (stray.length > 0) throw new BriefInvalid(stray);
  const late = lateLook(brief);
  if (late !== undefined) throw new BriefInvalid([late]);
  return brief;
}

export function variantCount(brief: Pick<Brief, 'variants'>): number {
  return typeof brief.variants === 'number' ? brief.variants : brief.variants.length;
}

type ZodIssue = z.core.$ZodIssue;

function briefIssues(issue: ZodIssue, root: unknown): BriefIssue[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const path = [...issue.path, key];
      return { path: formatPath(path), given: show(valueAt(root, path)), allowed: knownFields(issue.path) };
    });
  }
  if (issue.code === 'invalid_union') {
    const nested = closestBranch(issue.errors, valueAt(root, issue.path));
    if (nested !== undefined) {
      return nested.flatMap((inner) => briefIssues({ ...inner, path: [...issue.path, ...inner.path] }, root));
    }
  }
  const path = issue.path;
  return [
    {
      path: path.length === 0 ? 'the brief' : formatPath(path),
      given: show(valueAt(root, path)),
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

/** Fields whose own are the platforms. */
const BY_PLATFORM: ReadonlySet<PropertyKey> = new Set([
  'assignment',
  'primaryMetricOn',
  'settling',
  'conversionsDatedBy',
]);

function knownFields(path: readonly PropertyKey[]): string {
  if (path[0] === 'factors' || path.at(-1) === 'mutations') return `one of ${FACTORS.join(', ')}`;
  if (path.length === 0) return `one of the fields ${Object.keys(briefSchema.shape).join(', ')}`;
  const known = `only the known fields of ${formatPath(path)}`;
  return path.length === 1 && BY_PLATFORM.has(path[0] ?? '') ? `${known}: ${PLATFORMS.join(', ')}` : known;
}
