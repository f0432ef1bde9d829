import { type Brief, briefSchema } from './brief.ts';
import { BriefInvalid, type BriefIssue, issuesOf } from './brief-issues.ts';
import { contradictionsOf } from './contradictions.ts';
import { durationSeconds } from './durations.ts';
import { formatPath, show, valueAt } from './issues.ts';
import { wordsOf } from './phrase-search.ts';
import { longestLagDays } from './settling.ts';
import { TEMPLATE_CODES } from './templates.ts';
import { describeRight, hasRunOut } from './usage-rights.ts';

/** What is known of a brief before anything is planned. */
export interface CheckedBrief {
  /** Undefined for one that has issues. */
  readonly brief: Brief | undefined;
  readonly issues: readonly BriefIssue[];
}

/** Something that is allowed, and that whoever wrote it may not have meant. */
export interface BriefRemark {
  readonly path: string;
  readonly says: string;
}

/** For fields that must be there, so that the others can be looked at without them. */
const PLACEHOLDERS = { venture: '-', name: '-', template: TEMPLATE_CODES[0], product: '-' };

const SECONDS_A_DAY = 86_400;

/** Words that can be spoken in a second, at the brisk pace of an ad. */
const WORDS_A_SECOND = 3;

/**
 * All that is wrong in a brief that somebody wants to start now: its fields, what they contradict, and rights that
 * have run out. The rest is looked at as if fields that are wrong had been left out.
 */
export function checkBrief(input: unknown, now: Date): CheckedBrief {
  const parsed = briefSchema.safeParse(input);
  if (parsed.success) {
    const issues = [...contradictionsIn(parsed.data, input), ...rightsThatRanOut(parsed.data, now)];
    return { brief: issues.length === 0 ? parsed.data : undefined, issues };
  }
  const issues = issuesOf(parsed.error, input, briefSchema);
  const rest = briefSchema.safeParse(withoutFields(input, fieldsOf(parsed.error.issues)));
  if (!rest.success) return { brief: undefined, issues };
  // Of defaults nobody wrote, nothing is told.
  const others = [...contradictionsIn(rest.data, input), ...rightsThatRanOut(rest.data, now)].filter(
    ({ path, against }) =>
      !issues.some((issue) => isWithin(issue.path, path) || isWithin(issue.path, against?.path)),
  );
  return { brief: undefined, issues: [...issues, ...others] };
}

/** @throws BriefInvalid for a brief that contradicts itself, or uses what it has no right to any more */
export function refuseBrief(brief: Brief, now: Date): void {
  const issues = [...contradictionsIn(brief, brief), ...rightsThatRanOut(brief, now)];
  if (issues.length > 0) throw new BriefInvalid(issues);
}

function contradictionsIn(brief: Brief, input: unknown): BriefIssue[] {
  return contradictionsOf(brief).map(({ at, against, allowed, fix }) => ({
    path: formatPath(at),
    given: show(valueIn(brief, input, at)),
    allowed,
    fix,
    against: { path: formatPath(against), given: show(valueIn(brief, input, against)) },
  }));
}

/** As it was written; the default where nothing was. */
function valueIn(brief: Brief, input: unknown, path: readonly PropertyKey[]): unknown {
  return valueAt(input, path) ?? valueAt(brief, path);
}

function rightsThatRanOut({ rights }: Brief, now: Date): BriefIssue[] {
  return rights.flatMap((right, index) =>
    hasRunOut(right, now)
      ? [
          {
            path: `rights[${index}].until`,
            given: show(right.until),
            allowed: `a day that is not over; it is ${now.toISOString().slice(0, 10)}`,
            fix: `renew the right to ${right.whose}, or leave it out of the videos and of the brief`,
          },
        ]
      : [],
  );
}

/** What a person should know before starting a brief that is well. */
export function remarksOn(brief: Brief, now: Date): readonly BriefRemark[] {
  return [
    ...rightsThatEndTooSoon(brief, now),
    ...moreWordsThanTime(brief),
    ...territoriesUnchecked(brief),
    ...tooShortToSettle(brief),
  ];
}

function rightsThatEndTooSoon({ rights, deadlines }: Brief, now: Date): BriefRemark[] {
  const seconds = durationSeconds(deadlines.generating) + durationSeconds(deadlines.testing);
  const end = new Date(now.getTime() + seconds * 1000);
  return rights.flatMap((right, index) =>
    hasRunOut(right, end)
      ? [
          {
            path: `rights[${index}].until`,
            says: `ends before the test may be over (${end.toISOString().slice(0, 10)}): ${describeRight(right)}`,
          },
        ]
      : [],
  );
}

function moreWordsThanTime({ brand, video }: Brief): BriefRemark[] {
  const count = brand.mustSay.flatMap(wordsOf).length;
  if (count <= video.seconds * WORDS_A_SECOND) return [];
  return [
    {
      path: 'brand.mustSay',
      says: `${count} words in a video of ${video.seconds} s: more than can be spoken; show some of them, or take more time`,
    },
  ];
}

/** Where the brief itself says how long a platform takes, `contradictionsOf` refuses it. */
function tooShortToSettle(brief: Brief): BriefRemark[] {
  const lag = longestLagDays(brief);
  if (durationSeconds(brief.deadlines.testing) > lag * SECONDS_A_DAY) return [];
  return [
    {
      path: 'deadlines.testing',
      says: `no longer than the ${lag} days after which platforms restate a day no more: hardly a day would count`,
    },
  ];
}

function territoriesUnchecked({ rights, markets }: Brief): BriefRemark[] {
  if (markets !== undefined) return [];
  return rights.flatMap(({ territories }, index) =>
    territories === undefined
      ? []
      : [
          {
            path: `rights[${index}].territories`,
            says: 'nothing holds the ads to these countries: say under "markets" where they are shown',
          },
        ],
  );
}

function fieldsOf(issues: readonly { readonly path: readonly PropertyKey[]; readonly code?: string }[]) {
  return new Set(issues.map(({ path }) => path[0]).filter((field) => field !== undefined));
}

function withoutFields(input: unknown, fields: ReadonlySet<PropertyKey>): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const known = Object.keys(briefSchema.shape);
  const rest = Object.entries(input).filter(([name]) => known.includes(name) && !fields.has(name));
  return { ...PLACEHOLDERS, ...Object.fromEntries(rest) };
}

/** Whether the path of a contradiction lies in the field that an issue is told of. */
function isWithin(issue: string, path: string | undefined): boolean {
  const field = (text: string) => text.split(/[.[]/, 1)[0];
  return path !== undefined && field(issue) === field(path);
}
