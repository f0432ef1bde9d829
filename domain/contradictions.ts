import { forbiddenIn } from './brand.ts';
import type { Brief } from './brief.ts';
import { isByChanceAnywhere, machinePart } from './deciding.ts';
import { mustDisclose } from './disclosure.ts';
import { durationSeconds, parseDuration } from './durations.ts';
import { lateLook } from './looks.ts';
import { isFactor } from './mutations.ts';
import { says } from './phrase-search.ts';
import { describeAspects, describeLengths, fitsAspect, fitsLength } from './platform-limits.ts';
import type { Platform } from './platforms.ts';
import { renditionsOf } from './renditions.ts';
import { variantCount } from './variants.ts';
import { formatSize } from './video.ts';

type Path = readonly (string | number)[];

/** Two places of a brief that can't both hold. */
export interface Contradiction {
  readonly at: Path;
  readonly against: Path;
  /** What could stand at the first place, as long as the second stays. */
  readonly allowed: string;
  readonly fix: string;
}

type Rule = (brief: Brief) => readonly Contradiction[];

/** Each rule by itself, so that all that a brief contradicts is told at once. */
const RULES: readonly Rule[] = [
  noVariantNeedsMoreThanThereAre,
  noFactorsBesideOwnPrompts,
  noLevelTwice,
  noTextBreaksTheBrandsRules,
  noOwnPromptLacksWhatEveryVideoSays,
  everyPlatformTakesTheShape,
  everyPlatformTakesTheLength,
  everyPlatformTakesTheOtherLengths,
  noControlIsOfAnotherLength,
  noDesignOfAnotherKindOfVariants,
  nothingIsSaidOfOtherPlatforms,
  noDaySettlesAfterTheTest,
  noPlatformLearnsLongerThanTheTest,
  noLookIsAfterTheTest,
  nothingIsDeclaredWhereThePlatformsChose,
  noControlIsOfAnotherLevelThanItWasMadeWith,
  noRenditionIsAnotherAgain,
  noLiftIsBothWorthFindingAndNone,
  noMetricIsAShareOfItself,
  noLabelLeftOutWhereItIsRequired,
  noRightEndsAtABorderThatAdsCross,
];

export function contradictionsOf(brief: Brief): readonly Contradiction[] {
  return RULES.flatMap((rule) => rule(brief));
}

function noVariantNeedsMoreThanThereAre(brief: Brief): Contradiction[] {
  const planned = variantCount(brief);
  if (brief.minVariants <= planned) return [];
  return [
    {
      at: ['minVariants'],
      against: ['variants'],
      allowed: `2 to ${planned}, the number of variants`,
      fix: 'ask for fewer, or plan more',
    },
  ];
}

function noFactorsBesideOwnPrompts({ variants, factors }: Brief): Contradiction[] {
  if (typeof variants === 'number' || factors === undefined) return [];
  return [
    {
      at: ['factors'],
      against: ['variants'],
      allowed: 'no factors beside prompts of your own, which are sent as they are',
      fix: 'leave "factors" out, or give a number of variants to plan from them',
    },
  ];
}

function noLevelTwice({ factors }: Brief): Contradiction[] {
  return Object.entries(factors ?? {}).flatMap(([factor, levels = []]) =>
    levels.flatMap((level, index) => {
      const first = levels.indexOf(level);
      return first === index
        ? []
        : [
            {
              at: ['factors', factor, index],
              against: ['factors', factor, first],
              allowed: 'each level once: two variants would be one',
              fix: 'leave one of them out',
            },
          ];
    }),
  );
}

function noTextBreaksTheBrandsRules(brief: Brief): Contradiction[] {
  const claims = brief.brand.claims.map(({ claim }, index) => ({
    at: ['brand', 'claims', index, 'claim'],
    text: claim,
  }));
  const forbidden = [...textsOf(brief), ...claims].flatMap(({ at, text }) =>
    forbiddenIn(text, brief.brand).map((found) => ({ at, ...found })),
  );
  return (
    forbidden
      // A claim says itself.
      .filter(({ at, path }) => at.join() !== path.join())
      .map(({ at, why, words, path }) => ({
        at,
        against: path,
        allowed:
          why === 'must_not_say'
            ? `words without "${words}", which no video may say`
            : `words without the claim "${words}", as long as it has no proof`,
        fix: why === 'must_not_say' ? 'change one of the two' : 'say otherwise, or give the claim its proof',
      }))
  );
}

/**
 * All that a brief itself brings to the videos, and where it stands. What the library says for a level is not here:
 * the finished prompts are looked at before anything is paid for.
 */
function textsOf({ product, audience, offer, tone, brand, disclosure, factors, variants }: Brief) {
  const levels = Object.entries(factors ?? {}).flatMap(([factor, words = []]) =>
    words.map((text, index) => ({ at: ['factors', factor, index], text })),
  );
  const prompts = typeof variants === 'number' ? [] : variants;
  const texts: readonly { readonly at: Path; readonly text: string | undefined }[] = [
    { at: ['product'], text: product },
    { at: ['audience'], text: audience },
    { at: ['offer'], text: offer },
    { at: ['tone'], text: tone },
    { at: ['disclosure', 'onScreen'], text: disclosure.onScreen },
    ...brand.mustSay.map((text, index) => ({ at: ['brand', 'mustSay', index], text })),
    ...levels,
    ...prompts.map(({ prompt }, index) => ({ at: ['variants', index, 'prompt'], text: prompt })),
  ];
  return texts.flatMap(({ at, text }) => (text === undefined ? [] : [{ at, text }]));
}

/** Planned prompts get these words from the plan; those written by hand are sent as they are. */
function noOwnPromptLacksWhatEveryVideoSays({ variants, brand, disclosure }: Brief): Contradiction[] {
  if (typeof variants === 'number') return [];
  const wanted = [
    ...brand.mustSay.map((words, index) => ({ against: ['brand', 'mustSay', index], words })),
    ...(disclosure.onScreen === undefined
      ? []
      : [{ against: ['disclosure', 'onScreen'], words: disclosure.onScreen }]),
  ];
  return variants.flatMap(({ prompt }, index) =>
    wanted
      .filter(({ words }) => !says(prompt, words))
      .map(({ against, words }) => ({
        at: ['variants', index, 'prompt'],
        against,
        allowed: `a prompt with the words "${words}", which every video has`,
        fix: 'a prompt of your own is sent as it is: put the words into it',
      })),
  );
}

function everyPlatformTakesTheShape(brief: Brief): Contradiction[] {
  const files = filesOf(brief);
  return platformsThat(brief, (platform) => !files.some((file) => fitsAspect(platform, file))).map(
    ({ against, platforms }) => ({
      at: ['video', 'size'],
      against,
      allowed: `in the main video or a rendition an aspect of ${each(platforms, describeAspects)}; there is ${files.map(formatSize).join(', ')}`,
      fix: 'change the size, add a rendition that fits, or leave the platform out',
    }),
  );
}

function everyPlatformTakesTheLength(brief: Brief): Contradiction[] {
  return platformsThat(brief, (platform) => !fitsLength(platform, brief.video.seconds)).map(
    ({ against, platforms }) => ({
      at: ['video', 'seconds'],
      against,
      allowed: each(platforms, describeLengths),
      fix: 'change the length, or leave the platform out',
    }),
  );
}

/** A variant's length may be what it differs by. */
function everyPlatformTakesTheOtherLengths(brief: Brief): Contradiction[] {
  return (brief.factors?.length ?? []).flatMap((level, index) => {
    const seconds = parseDuration(level);
    // The first is the control's, which is the brief's own.
    if (index === 0 || seconds === undefined) return [];
    return platformsThat(brief, (platform) => !fitsLength(platform, seconds)).map(
      ({ against, platforms }) => ({
        at: ['factors', 'length', index],
        against,
        allowed: each(platforms, describeLengths),
        fix: 'change the length, or leave the platform out',
      }),
    );
  });
}

function noControlIsOfAnotherLength({ factors, video }: Brief): Contradiction[] {
  const control = factors?.length?.[0];
  const seconds = control === undefined ? undefined : parseDuration(control);
  if (seconds === undefined || seconds === video.seconds) return [];
  return [
    {
      at: ['factors', 'length', 0],
      against: ['video', 'seconds'],
      allowed: `"${video.seconds}s" first: the control's length is the video's`,
      fix: 'change the order of the lengths, or video.seconds',
    },
  ];
}

function noDesignOfAnotherKindOfVariants({ design, variants }: Brief): Contradiction[] {
  const isByHand = typeof variants !== 'number';
  if (design === undefined || isByHand === (design === 'manual')) return [];
  return [
    {
      at: ['design'],
      against: ['variants'],
      allowed: isByHand
        ? '"manual", for prompts of your own; they are sent as they are'
        : 'isolate, factorial or diversify, for variants that are planned from factors',
      fix: isByHand
        ? 'leave "design" out, or give a number of variants to plan'
        : 'leave "design" out, or write the prompts under "variants"',
    },
  ];
}

/** One place for all platforms of a kind: the first of them. Nothing where there is none. */
function platformsThat(
  { platforms }: Brief,
  isMeant: (platform: Platform) => boolean,
): { against: Path; platforms: readonly Platform[] }[] {
  const meant = platforms.filter(isMeant);
  const [first] = meant;
  return first === undefined ? [] : [{ against: ['platforms', platforms.indexOf(first)], platforms: meant }];
}

/** Of the control: lengths have rules of their own. */
function filesOf({ video, renditions }: Brief) {
  return renditionsOf({ video, renditions });
}

/** `3 to 1800 seconds for linkedin, 1 to 140 seconds for twitter` */
function each(platforms: readonly Platform[], describe: (platform: Platform) => string): string {
  return platforms.map((platform) => `${describe(platform)} for ${platform}`).join(', ');
}

/** Fields whose own are platforms. */
const BY_PLATFORM = ['assignment', 'primaryMetricOn', 'settling', 'conversionsDatedBy'] as const;

function nothingIsSaidOfOtherPlatforms(brief: Brief): Contradiction[] {
  const others = [
    ...BY_PLATFORM.flatMap((field) =>
      Object.keys(brief[field]).map((platform) => ({ at: [field, platform], platform })),
    ),
    ...brief.learning.map(({ platform }, index) => ({ at: ['learning', index, 'platform'], platform })),
  ];
  return others
    .filter(({ platform }) => !brief.platforms.some((known) => known === platform))
    .map(({ at, platform }) => ({
      at,
      against: ['platforms'],
      allowed: `only platforms of the test: ${brief.platforms.join(', ')}`,
      fix: `add ${platform} to the platforms, or leave this out`,
    }));
}

const SECONDS_A_DAY = 86_400;

/** A day enters the test when its platform restates it no more. */
function noDaySettlesAfterTheTest({ deadlines, settling }: Brief): Contradiction[] {
  const days = durationSeconds(deadlines.testing) / SECONDS_A_DAY;
  return Object.entries(settling).flatMap(([platform, lag]) =>
    lag === 0 || lag < days
      ? []
      : [
          {
            at: ['deadlines', 'testing'],
            against: ['settling', platform],
            allowed: `more than ${lag}d: before that no day of ${platform} has settled`,
            fix: 'test for longer, or say that the platform settles sooner',
          },
        ],
  );
}

function noPlatformLearnsLongerThanTheTest({ deadlines, learning }: Brief): Contradiction[] {
  const days = durationSeconds(deadlines.testing) / SECONDS_A_DAY;
  return learning.flatMap(({ firstDays, platform }, index) =>
    firstDays === undefined || firstDays < days
      ? []
      : [
          {
            at: ['deadlines', 'testing'],
            against: ['learning', index, 'firstDays'],
            allowed: `more than ${firstDays}d: until then every day of ${platform} is left out`,
            fix: 'test for longer, or leave fewer days out',
          },
        ],
  );
}

function noLookIsAfterTheTest(brief: Brief): Contradiction[] {
  const late = lateLook(brief);
  if (late === undefined) return [];
  return [
    {
      at: ['decision', 'looks', late.index],
      against: ['deadlines', 'testing'],
      allowed: late.allowed,
      fix: 'test for longer, or look sooner',
    },
  ];
}

/** Where each platform shows a video to whom it chooses, a difference is an association, which only a person declares. */
function nothingIsDeclaredWhereThePlatformsChose({
  decision,
  assignment,
  platforms,
}: Brief): Contradiction[] {
  if (machinePart(decision) === 'nothing' || isByChanceAnywhere({ assignment, platforms })) return [];
  return [
    {
      at: ['decision', decision.declare === 'automatic' ? 'declare' : 'stop'],
      against: ['assignment'],
      allowed: 'by_person: on every platform of the test, the platform itself chose who saw what',
      fix: 'say by_person; or show the videos in a split test, and say so under "assignment"',
    },
  ];
}

/** A control that was made before can't be made otherwise. */
function noControlIsOfAnotherLevelThanItWasMadeWith({ parent, factors = {} }: Brief): Contradiction[] {
  return Object.entries(parent?.levels ?? {}).flatMap(([factor, own]) => {
    const first = isFactor(factor) ? factors[factor]?.[0] : undefined;
    if (first === undefined || first === own) return [];
    return [
      {
        at: ['factors', factor, 0],
        against: ['parent', 'levels', factor],
        allowed: `${JSON.stringify(own)} first: ${parent?.variant}, the control, was made with it`,
        fix: "put the control's level first",
      },
    ];
  });
}

function noRenditionIsAnotherAgain(brief: Brief): Contradiction[] {
  const files = filesOf(brief).map((file) => `${formatSize(file)} ${file.wording}`);
  return files.flatMap((file, index) => {
    const first = files.indexOf(file);
    return first === index
      ? []
      : [
          {
            at: ['renditions', index - 1],
            against: first === 0 ? ['video'] : ['renditions', first - 1],
            allowed: 'a size, language or captions that no other file of a variant has; each is paid for',
            fix: 'change what it differs by, or leave it out',
          },
        ];
  });
}

function noLiftIsBothWorthFindingAndNone({ decision }: Brief): Contradiction[] {
  const { smallestLift, equivalenceMargin } = decision;
  if (equivalenceMargin === undefined || equivalenceMargin < smallestLift) return [];
  return [
    {
      at: ['decision', 'equivalenceMargin'],
      against: ['decision', 'smallestLift'],
      allowed: `less than ${smallestLift}, the smallest lift worth finding: it would count as no difference`,
      fix: 'narrow the margin, or look for a larger lift',
    },
  ];
}

function noMetricIsAShareOfItself({ primaryMetric, primaryMetricOn, guardrails }: Brief): Contradiction[] {
  const metrics = [
    { at: ['primaryMetric'], metric: primaryMetric },
    ...Object.entries(primaryMetricOn).map(([platform, metric]) => ({
      at: ['primaryMetricOn', platform],
      metric,
    })),
    ...guardrails.map(({ metric }, index) => ({ at: ['guardrails', index, 'metric'], metric })),
  ];
  return metrics
    .filter(({ metric }) => metric.numerator === metric.denominator)
    .map(({ at, metric }) => ({
      at: [...at, 'numerator'],
      against: [...at, 'denominator'],
      allowed: `another metric than ${metric.denominator}: the rate would be 1 for every variant`,
      fix: 'count one metric for each of another',
    }));
}

function noLabelLeftOutWhereItIsRequired(brief: Brief): Contradiction[] {
  const { disclosure } = brief;
  if (disclosure.label) return [];
  return platformsThat(brief, (platform) => mustDisclose(platform, disclosure)).map(
    ({ against, platforms }) => ({
      at: ['disclosure', 'label'],
      against,
      allowed: `true: a label on realistic videos that AI made is required by ${platforms.join(', ')}`,
      fix: 'publish with the label, leave these platforms out, or say isRealistic: false where nobody could take the videos for filmed ones',
    }),
  );
}

function noRightEndsAtABorderThatAdsCross({ rights, markets = [] }: Brief): Contradiction[] {
  return rights.flatMap(({ territories, whose }, right) =>
    markets.flatMap((market, index) =>
      territories === undefined || territories.includes(market)
        ? []
        : [
            {
              at: ['rights', right, 'territories'],
              against: ['markets', index],
              allowed: `territories with ${market}, where the ads are shown`,
              fix: `get the right to ${whose} there too, or leave the market out`,
            },
          ],
    ),
  );
}
