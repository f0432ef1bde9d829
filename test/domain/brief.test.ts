import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { type BriefInput, BriefInvalid, briefSchema, parseBrief, variantCount } from '../../domain/brief.ts';
import { METRIC_NAMES } from '../../domain/metrics.ts';
import { TEMPLATE_CODES } from '../../domain/templates.ts';
import { briefWith, EXAMPLES, SHORTEST_BRIEF } from './example-brief.ts';

const METRICS = `one of ${METRIC_NAMES.join(', ')}`;
const GROUP = '0b0e4c52-6d3a-4a57-9d39-1f5a3c0a7e11';
const PLATFORM_NAMES = 'one of instagram, tiktok, linkedin, youtube, facebook, twitter';
const FACTOR_NAMES =
  'one of hook, angle, persona, proof, offer, call_to_action, tone, pacing, length, camera, lighting, setting, subject, style, audio';
const RATE_NAMES = 'one of conversion_rate, click_through_rate, view_rate, click_to_conversion_rate';
const DURATIONS = 'a number and a unit, such as "90s", "30m", "6h", "14d" or "2w", up to 400d';
const VARIANTS = 'a whole number from 2 to 50, or a list of { name, prompt }';

function issuesOf(input: unknown): BriefInvalid['issues'] {
  try {
    parseBrief(input);
  } catch (error) {
    if (error instanceof BriefInvalid) return error.issues;
    throw error;
  }
  throw new Error('the brief was accepted');
}

describe('a brief', () => {
  test('needs four fields; the rest has defaults', () => {
    expect(parseBrief(SHORTEST_BRIEF)).toEqual({
      ...SHORTEST_BRIEF,
      audience: 'people who might want it',
      offer: 'an invitation to learn more',
      brand: { mustSay: [], mustNotSay: [], colours: [], claims: [] },
      disclosure: { isRealistic: true, label: true },
      rights: [],
      assignment: {},
      decision: {
        smallestLift: 0.1,
        falseCallLimit: 0.05,
        method: 'anytime_counts',
        stop: 'by_person',
        declare: 'by_person',
      },
      platforms: ['instagram', 'tiktok', 'linkedin', 'youtube', 'facebook'],
      variants: 4,
      seed: 0,
      minVariants: 2,
      primaryMetric: { name: 'conversion_rate', numerator: 'conversions', denominator: 'impressions' },
      primaryMetricOn: {},
      guardrails: [],
      settling: {},
      conversionsDatedBy: {},
      learning: [],
      video: { model: 'sora-2', seconds: 4, size: '720x1280' },
      renditions: [],
      generation: { resubmits: 1, resubmitWhenChargeIsUnknown: false },
      gates: { plan: false, videos: false },
      writer: { enabled: false, rewritesOwnWords: false },
      deadlines: {
        approving: '7d',
        generating: '24h',
        reviewing: '7d',
        testing: '28d',
        deciding: '14d',
      },
    });
  });

  const everything: BriefInput = {
    ...SHORTEST_BRIEF,
    id: GROUP.toUpperCase(),
    description: 'for the spring campaign',
    variants: [
      { name: ' One ', prompt: 'a cup' },
      { name: 'Two', prompt: 'two cups' },
    ],
    factors: { hook: ['scene', 'whatever we like'] },
    primaryMetric: { name: 'save rate', numerator: 'saves', denominator: 'views' },
    video: { seconds: 8 },
    deadlines: { testing: '2w', deciding: '90s' },
  };

  test('keeps what it was given, in the form everything else expects', () => {
    expect(parseBrief(everything)).toMatchObject({
      id: GROUP,
      variants: [{ name: 'One' }, { name: 'Two' }],
      primaryMetric: everything.primaryMetric,
      video: { model: 'sora-2', seconds: 8, size: '720x1280' },
      deadlines: { generating: '24h', testing: '2w', deciding: '90s' },
    });
  });

  test.each([
    ['the shortest', SHORTEST_BRIEF],
    ['one with everything', everything],
    ...EXAMPLES.map((name): [string, unknown] => [name, parse(readFileSync(name, 'utf8'))]),
  ])('that was parsed before stays as it is: %s', (_, input) => {
    const parsed = parseBrief(input);
    expect(parseBrief(parsed)).toEqual(parsed);
    expect(parseBrief(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
  });

  test('counts its variants, planned or written by hand', () => {
    expect(variantCount(briefWith({ variants: 7 }))).toBe(7);
    expect(variantCount(parseBrief(everything))).toBe(2);
  });
});

describe('a brief that is wrong says where, what was given and what is allowed', () => {
  const long = 'x'.repeat(501);
  test.each<[string, Record<string, unknown>, string, string, string]>([
    ['no venture', { venture: undefined }, 'venture', 'nothing', 'a value of type string'],
    ['a venture that is a number', { venture: 7 }, 'venture', '7', 'a value of type string'],
    ['no name', { name: undefined }, 'name', 'nothing', 'a value of type string'],
    ['a blank name', { name: '  ' }, 'name', '"  "', 'at least 1 character(s)'],
    ['no product', { product: '' }, 'product', '""', 'at least 1 character(s)'],
    ['a long product', { product: long }, 'product', `"${'x'.repeat(199)}…`, 'at most 500 character(s)'],
    [
      'an assignment that is none',
      { assignment: { tiktok: 'fair' } },
      'assignment.tiktok',
      '"fair"',
      'one of randomised, platform_split_test, observational_delivery',
    ],
    [
      'a lift in percent',
      { decision: { smallestLift: 10 } },
      'decision.smallestLift',
      '10',
      'a share above 0 and below 1, such as 0.1 for 10%',
    ],
    [
      'a false-call limit that is no limit',
      { decision: { falseCallLimit: 0.9 } },
      'decision.falseCallLimit',
      '0.9',
      'a share above 0, up to 0.5',
    ],
    [
      'media without a rate to plan by',
      { media: { budgetUsd: 100, usdPerThousandImpressions: 8 } },
      'media.baselineRate',
      'nothing',
      'a share above 0 and below 1',
    ],
    ['an id that is none', { id: 'launch-1' }, 'id', '"launch-1"', 'a UUID'],
    [
      'an unknown template',
      { template: 'PRODUCT_REVEEL' },
      'template',
      '"PRODUCT_REVEEL"',
      `one of ${TEMPLATE_CODES.join(', ')}`,
    ],
    ['a template that is a number', { template: 5 }, 'template', '5', `one of ${TEMPLATE_CODES.join(', ')}`],
    [
      'an unknown platform',
      { platforms: ['tiktok', 'myspace'] },
      'platforms[1]',
      '"myspace"',
      PLATFORM_NAMES,
    ],
    [
      'a platform twice',
      { platforms: ['tiktok', 'tiktok'] },
      'platforms',
      '["tiktok","tiktok"]',
      'each platform once',
    ],
    ['no platform', { platforms: [] }, 'platforms', '[]', 'at least 1 item(s)'],
    ['platforms as text', { platforms: 'tiktok' }, 'platforms', '"tiktok"', 'a value of type array'],
    ['0 variants', { variants: 0 }, 'variants', '0', 'at least 2 (2 to 50 variants)'],
    ['1 variant', { variants: 1 }, 'variants', '1', 'at least 2 (2 to 50 variants)'],
    ['51 variants', { variants: 51 }, 'variants', '51', 'at most 50 (2 to 50 variants)'],
    ['half a variant', { variants: 2.5 }, 'variants', '2.5', 'a whole number'],
    ['a number as text', { variants: '4' }, 'variants', '"4"', VARIANTS],
    ['variants that are null', { variants: null }, 'variants', 'null', VARIANTS],
    ['an empty list of variants', { variants: [] }, 'variants', '[]', 'at least 2 (2 to 50 variants)'],
    [
      'two variants of one name',
      {
        variants: [
          { name: 'A', prompt: 'x' },
          { name: 'A ', prompt: 'y' },
        ],
      },
      'variants',
      '[{"name":"A","prompt":"x"},{"name":"A ","prompt":"y"}]',
      'each name once',
    ],
    [
      'a variant without its prompt',
      { variants: [{ name: 'A' }, { name: 'B', prompt: 'y' }] },
      'variants[0].prompt',
      'nothing',
      'a value of type string',
    ],
    ['one variant enough', { minVariants: 1 }, 'minVariants', '1', 'at least 2'],
    ['an unknown factor', { factors: { colour: ['a', 'b'] } }, 'factors.colour', '["a","b"]', FACTOR_NAMES],
    [
      'a factor of one level',
      { factors: { hook: ['scene'] } },
      'factors.hook',
      '["scene"]',
      'at least 2 item(s)',
    ],
    ['levels as text', { factors: { hook: 'scene' } }, 'factors.hook', '"scene"', 'a value of type array'],
    ['an unknown metric', { primaryMetric: 'fame' }, 'primaryMetric', '"fame"', RATE_NAMES],
    ['a metric that is a number', { primaryMetric: 4 }, 'primaryMetric', '4', RATE_NAMES],
    [
      'a size in words',
      { video: { size: 'big' } },
      'video.size',
      '"big"',
      'a width and a height, such as "720x1280"',
    ],
    ['no seconds', { video: { seconds: 0 } }, 'video.seconds', '0', 'at least 1'],
    ['seconds as text', { video: { seconds: '4' } }, 'video.seconds', '"4"', 'a value of type number'],
    [
      'an unknown field of the video',
      { video: { fps: 30 } },
      'video.fps',
      '30',
      'one of model, seconds, size',
    ],
    ['a deadline in words', { deadlines: { testing: 'soon' } }, 'deadlines.testing', '"soon"', DURATIONS],
    ['a deadline of no time', { deadlines: { testing: '0d' } }, 'deadlines.testing', '"0d"', DURATIONS],
    ['a deadline without a unit', { deadlines: { testing: 14 } }, 'deadlines.testing', '14', DURATIONS],
    ['a deadline in years', { deadlines: { testing: '99w' } }, 'deadlines.testing', '"99w"', DURATIONS],
    ['a name with NUL', { name: 'a\u0000b' }, 'name', '"a\\u0000b"', 'text without the character NUL'],
    [
      'an unknown metric in a rate',
      { primaryMetric: { name: 'x', numerator: 'sips', denominator: 'clicks' } },
      'primaryMetric.numerator',
      '"sips"',
      METRICS,
    ],
    [
      'a platform that settles in the past',
      { settling: { tiktok: -1 } },
      'settling.tiktok',
      '-1',
      'at least 0',
    ],
    ['a lag of years', { settling: { tiktok: 365 } }, 'settling.tiktok', '365', 'at most 90'],
    [
      'a lag of no platform',
      { settling: { myspace: 3 } },
      'settling.myspace',
      '3',
      'one of instagram, tiktok, linkedin, youtube, facebook, twitter',
    ],
    [
      'conversions dated by the moon',
      { conversionsDatedBy: { tiktok: 'moon' } },
      'conversionsDatedBy.tiktok',
      '"moon"',
      'one of exposure, conversion',
    ],
    [
      'a learning phase that ends before it begins',
      { learning: [{ platform: 'tiktok', from: '2026-05-04', to: '2026-05-01' }] },
      'learning[0]',
      '{"platform":"tiktok","from":"2026-05-04","to":"2026-05-01"}',
      'either firstDays, or from and to',
    ],
    [
      'a learning phase on a day that is none',
      { learning: [{ platform: 'tiktok', from: '2026-02-30', to: '2026-03-01' }] },
      'learning[0].from',
      '"2026-02-30"',
      'a day such as "2026-05-01"',
    ],
    [
      'a guardrail that tolerates everything',
      { guardrails: [{ metric: 'view_rate', worseWhen: 'lower', tolerated: 1 }] },
      'guardrails[0].tolerated',
      '1',
      'a share from 0, below 1',
    ],
    [
      'a guardrail on nothing that is measured',
      { guardrails: [{ metric: 'fame', worseWhen: 'lower' }] },
      'guardrails[0].metric',
      '"fame"',
      RATE_NAMES,
    ],
    ['a deadline that is null', { deadlines: { deciding: null } }, 'deadlines.deciding', 'null', DURATIONS],
    [
      'an unknown deadline',
      { deadlines: { brewing: '1d' } },
      'deadlines.brewing',
      '"1d"',
      'one of approving, generating, reviewing, testing, deciding',
    ],
    [
      'a budget of nothing',
      { budget: { generationUsd: 0 } },
      'budget.generationUsd',
      '0',
      'US dollars, 0 to 1000000, to the millionth, and more than 0',
    ],
    ['a budget as text', { budget: { generationUsd: '$20' } }, 'budget.generationUsd', '"$20"', 'US dollars'],
    [
      'a writer with a budget below nothing',
      { writer: { enabled: true, budgetUsd: -1 } },
      'writer.budgetUsd',
      '-1',
      "no more than the worker's TEXT_BUDGET_USD",
    ],
    [
      'a misspelt field',
      { platfroms: ['tiktok'] },
      'platfroms',
      '["tiktok"]',
      `one of the fields ${Object.keys(briefSchema.shape).join(', ')}`,
    ],
  ])('%s', (_, changes, path, given, allowed) => {
    const [issue, ...others] = issuesOf({ ...SHORTEST_BRIEF, ...changes });
    expect(issue?.path).toBe(path);
    expect(issue?.given).toBe(given);
    expect(issue?.allowed).toContain(allowed);
    expect(others).toEqual([]);
  });

  test.each([null, undefined, [], 'a text', 4])('%p is no brief', (input) => {
    expect(issuesOf(input)).toEqual([
      {
        path: 'the brief',
        given: input === undefined ? 'nothing' : JSON.stringify(input),
        allowed: 'a value of type object',
      },
    ]);
  });

  test('everything that is wrong is told at once, and how to go on', () => {
    const parsing = () => parseBrief({ ...SHORTEST_BRIEF, name: 3, variants: 1, audeince: 'x' });
    expect(parsing).toThrow(BriefInvalid);
    expect(parsing).toThrow(
      expect.objectContaining({
        code: 'BRIEF_INVALID',
        kind: 'bad-input',
        message: expect.stringMatching(/name: given 3;.*variants: given 1;.*audeince: given "x";.*To fix:/s),
      }),
    );
  });
});
