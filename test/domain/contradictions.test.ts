import { describe, expect, test } from '@jest/globals';
import { type BriefInput, BriefInvalid } from '../../domain/brief.ts';
import { checkBrief, refuseBrief, remarksOn } from '../../domain/check-brief.ts';
import { briefWith, SHORTEST_BRIEF } from './example-brief.ts';

const NOW = new Date('2026-11-25T12:00:00Z');
const OWN = [
  { name: 'One', prompt: 'a cup' },
  { name: 'Two', prompt: 'two cups' },
];

function found(
  changes: Partial<BriefInput> | Record<string, unknown>,
): (readonly [string, string | undefined])[] {
  return checkBrief({ ...SHORTEST_BRIEF, ...changes }, NOW).issues.map(
    ({ path, against }) => [path, against?.path] as const,
  );
}

describe('a brief that contradicts itself is refused with both places', () => {
  test.each<[string, Partial<BriefInput>, string, string]>([
    ['more needed than there are', { variants: 3, minVariants: 4 }, 'minVariants', 'variants'],
    [
      'factors beside own prompts',
      { variants: OWN, factors: { hook: ['scene', 'question'] } },
      'factors',
      'variants',
    ],
    ['a level twice', { factors: { hook: ['a', 'b', 'a'] } }, 'factors.hook[2]', 'factors.hook[0]'],
    [
      'words that must be said and must not',
      { brand: { mustSay: ['Never cheap'], mustNotSay: ['loud', 'cheap'] } },
      'brand.mustSay[0]',
      'brand.mustNotSay[1]',
    ],
    [
      'a forbidden offer',
      { offer: 'a cheap thrill', brand: { mustNotSay: ['cheap'] } },
      'offer',
      'brand.mustNotSay[0]',
    ],
    [
      'a forbidden level',
      { factors: { hook: ['scene', 'Cheap!'] }, brand: { mustNotSay: ['cheap'] } },
      'factors.hook[1]',
      'brand.mustNotSay[0]',
    ],
    [
      'a forbidden tone',
      { tone: 'Cheap and proud of it.', brand: { mustNotSay: ['cheap'] } },
      'tone',
      'brand.mustNotSay[0]',
    ],
    [
      'a forbidden prompt',
      { variants: [...OWN, { name: 'Three', prompt: 'a cheap cup' }], brand: { mustNotSay: ['cheap'] } },
      'variants[2].prompt',
      'brand.mustNotSay[0]',
    ],
    [
      'forbidden words on screen',
      { disclosure: { onScreen: 'Made by a robot' }, brand: { mustNotSay: ['robot'] } },
      'disclosure.onScreen',
      'brand.mustNotSay[0]',
    ],
    [
      'a claim that is forbidden though it has proof',
      { brand: { claims: [{ claim: 'the cheap one', proof: 'a survey' }], mustNotSay: ['cheap'] } },
      'brand.claims[0].claim',
      'brand.mustNotSay[0]',
    ],
    [
      'a claim without proof that is made',
      { product: 'a machine that is twice as fast', brand: { claims: [{ claim: 'twice as fast' }] } },
      'product',
      'brand.claims[0].claim',
    ],
    [
      'an own prompt without what every video says',
      { variants: [{ name: 'Zero', prompt: 'Crema' }, ...OWN.slice(1)], brand: { mustSay: ['Crema'] } },
      'variants[1].prompt',
      'brand.mustSay[0]',
    ],
    [
      'an own prompt without the words that stay on screen',
      {
        variants: [{ name: 'Zero', prompt: '"Made with AI"' }, ...OWN.slice(1)],
        disclosure: { onScreen: 'Made with AI' },
      },
      'variants[1].prompt',
      'disclosure.onScreen',
    ],
    [
      'a shape that a platform does not take',
      { video: { size: '1280x320' }, platforms: ['tiktok'] },
      'video.size',
      'platforms[0]',
    ],
    [
      'a length that a platform does not take',
      { video: { seconds: 2 }, platforms: ['tiktok', 'linkedin'] },
      'video.seconds',
      'platforms[1]',
    ],
    [
      'a video too long for a platform',
      { video: { seconds: 141 }, platforms: ['tiktok', 'twitter'] },
      'video.seconds',
      'platforms[1]',
    ],
    [
      'a length to try that a platform does not take',
      { video: { seconds: 4 }, factors: { length: ['4s', '2s'] }, platforms: ['tiktok', 'linkedin'] },
      'factors.length[1]',
      'platforms[1]',
    ],
    [
      "a control of another length than the video's",
      { video: { seconds: 4 }, factors: { length: ['8s', '4s'] } },
      'factors.length[0]',
      'video.seconds',
    ],
    ['a design for prompts by hand without any', { design: 'manual' }, 'design', 'variants'],
    [
      'a design for planned prompts with prompts by hand',
      { design: 'factorial', variants: OWN },
      'design',
      'variants',
    ],
    [
      'an assignment on a platform that is none of the test',
      { platforms: ['tiktok'], assignment: { youtube: 'randomised' } },
      'assignment.youtube',
      'platforms',
    ],
    [
      'settling of a platform that is none of the test',
      { platforms: ['tiktok'], settling: { youtube: 3 } },
      'settling.youtube',
      'platforms',
    ],
    [
      'a learning phase of a platform that is none of the test',
      { platforms: ['tiktok'], learning: [{ platform: 'youtube', firstDays: 3 }] },
      'learning[0].platform',
      'platforms',
    ],
    [
      'a test that is over before a day has settled',
      { platforms: ['tiktok'], settling: { tiktok: 14 }, deadlines: { testing: '2w' } },
      'deadlines.testing',
      'settling.tiktok',
    ],
    [
      'a test of days that are all left out',
      {
        platforms: ['tiktok'],
        learning: [{ platform: 'tiktok', firstDays: 7 }],
        deadlines: { testing: '7d' },
        settling: { tiktok: 0 },
      },
      'deadlines.testing',
      'learning[0].firstDays',
    ],
    [
      'a look that the test would be over before',
      { decision: { looks: ['7d', '28d'] }, deadlines: { testing: '28d' } },
      'decision.looks[1]',
      'deadlines.testing',
    ],
    [
      'a winner that is declared by itself where each platform chose who saw what',
      { decision: { declare: 'automatic' } },
      'decision.declare',
      'assignment',
    ],
    [
      'a control of another level than it was made with',
      {
        parent: { group: '0b0e4c52-6d3a-4a57-9d39-1f5a3c0a7e11', variant: 'B', levels: { hook: 'question' } },
        factors: { hook: ['scene', 'question'] },
      },
      'factors.hook[0]',
      'parent.levels.hook',
    ],
    [
      'a guardrail of a metric to itself',
      {
        guardrails: [{ metric: { name: 'x', numerator: 'saves', denominator: 'saves' }, worseWhen: 'lower' }],
      },
      'guardrails[0].metric.numerator',
      'guardrails[0].metric.denominator',
    ],
    [
      'a rendition that is the main video again',
      { video: { size: '720x1280' }, renditions: [{ name: 'again', size: '720x1280' }] },
      'renditions[0]',
      'video',
    ],
    [
      'a rendition that is another again',
      {
        renditions: [
          { name: 'wide', size: '1280x720' },
          { name: 'square', size: '720x720' },
          { name: 'wider', size: '1280x720' },
        ],
      },
      'renditions[2]',
      'renditions[0]',
    ],
    [
      'a lift that is worth finding and none',
      { decision: { smallestLift: 0.1, equivalenceMargin: 0.1 } },
      'decision.equivalenceMargin',
      'decision.smallestLift',
    ],
    [
      'a rate of a metric to itself',
      { primaryMetric: { name: 'x', numerator: 'clicks', denominator: 'clicks' } },
      'primaryMetric.numerator',
      'primaryMetric.denominator',
    ],
    [
      'no label where it is required',
      { platforms: ['linkedin', 'tiktok'], disclosure: { label: false } },
      'disclosure.label',
      'platforms[1]',
    ],
    [
      'a right that ends at a border which the ads cross',
      { markets: ['DE', 'US'], rights: [{ to: 'music', whose: 'a song', territories: ['DE', 'AT'] }] },
      'rights[0].territories',
      'markets[1]',
    ],
  ])('%s', (_, changes, at, against) => {
    expect(found(changes)).toEqual([[at, against]]);
    expect(() => refuseBrief(briefWith(changes), NOW)).toThrow(BriefInvalid);
  });

  test.each<[string, Partial<BriefInput>]>([
    ['as short as can be', {}],
    [
      'with a rendition for the platform that the main video does not fit',
      {
        platforms: ['tiktok'],
        video: { size: '1280x320' },
        renditions: [{ name: 'tall', size: '720x1280' }],
      },
    ],
    ['in a shape that models round to 9:16', { video: { size: '1024x1792' } }],
    [
      'without a label where none is required',
      { platforms: ['linkedin', 'twitter'], disclosure: { label: false } },
    ],
    [
      'without a label where nobody takes it for filmed',
      { disclosure: { label: false, isRealistic: false } },
    ],
    [
      'with a claim that has proof',
      {
        product: 'a machine that is twice as fast',
        brand: { claims: [{ claim: 'twice as fast', proof: 'report 7' }] },
      },
    ],
    [
      'with a winner that is declared by itself where one platform leaves it to chance',
      { assignment: { tiktok: 'randomised' }, decision: { declare: 'automatic' } },
    ],
    ['with a rendition in another language', { renditions: [{ name: 'de', language: 'German' }] }],
    [
      'with own prompts that say what every video says',
      { variants: OWN, brand: { mustSay: ['cup'] }, minVariants: 2 },
    ],
  ])('one %s is not', (_, changes) => {
    const variants =
      changes.variants === OWN
        ? [
            { name: 'One', prompt: 'a cup' },
            { name: 'Two', prompt: 'the cup' },
          ]
        : changes.variants;
    expect(found({ ...changes, ...(variants !== undefined && { variants }) })).toEqual([]);
  });

  test('says what is given in both places, what is allowed and what to do', () => {
    const { brief, issues } = checkBrief({ ...SHORTEST_BRIEF, minVariants: 9 }, NOW);
    expect(brief).toBeUndefined();
    expect(issues).toEqual([
      {
        path: 'minVariants',
        given: '9',
        against: { path: 'variants', given: '4' },
        allowed: '2 to 4, the number of variants',
        fix: 'ask for fewer, or plan more',
      },
    ]);
    expect(() => refuseBrief(briefWith({ minVariants: 9 }), NOW)).toThrow(
      /minVariants: given 9, against variants: 4; allowed: 2 to 4/,
    );
  });
});

describe('fields that are wrong', () => {
  test('do not hide what the others contradict', () => {
    expect(
      found({ template: 'DANCE', platfroms: [], offer: 'cheap', brand: { mustNotSay: ['cheap'] } }),
    ).toEqual([
      ['template', undefined],
      ['platfroms', undefined],
      ['offer', 'brand.mustNotSay[0]'],
    ]);
  });

  test('are not told again as what their defaults contradict', () => {
    expect(found({ variants: 'many', minVariants: 9 })).toEqual([['variants', undefined]]);
  });

  test.each([null, 'a text', []])('%p has no others', (input) => {
    expect(checkBrief(input, NOW).issues).toHaveLength(1);
  });
});

describe('usage rights', () => {
  const music = { to: 'music', whose: 'the title song' } as const;

  test('that have run out refuse a start; their last day still counts', () => {
    expect(found({ rights: [{ ...music, until: '2026-11-25' }, music] })).toEqual([]);
    expect(found({ rights: [music, { ...music, until: '2026-11-24' }] })).toEqual([
      ['rights[1].until', undefined],
    ]);
  });

  test('that end before the test may be over are remarked on', () => {
    const changes = { deadlines: { generating: '1d', testing: '14d' } };
    const rights = (until: string) => briefWith({ ...changes, rights: [{ ...music, until }] });
    expect(remarksOn(rights('2026-12-10'), NOW)).toEqual([]);
    expect(remarksOn(rights('2026-12-09'), NOW)).toEqual([
      {
        path: 'rights[0].until',
        says: 'ends before the test may be over (2026-12-10): music: the title song, until 2026-12-09',
      },
    ]);
  });

  test('that hold in some countries are remarked on as long as nobody says where the ads are shown', () => {
    const right = { ...music, territories: ['DE', 'AT'] };
    expect(remarksOn(briefWith({ rights: [right] }), NOW)).toMatchObject([{ path: 'rights[0].territories' }]);
    expect(remarksOn(briefWith({ rights: [right], markets: ['AT'] }), NOW)).toEqual([]);
  });

  test.each(['2026-02-30', '2026-2-3', 'soon', '2026-11-25T00:00:00Z'])(
    'end on a day, which %p is not',
    (until) => {
      expect(found({ rights: [{ ...music, until }] })).toEqual([['rights[0].until', undefined]]);
    },
  );
});

test('more words than can be said in the time of the video are remarked on', () => {
  const mustSay = ['one two three four five six seven eight nine ten eleven twelve'];
  expect(remarksOn(briefWith({ brand: { mustSay }, video: { seconds: 4 } }), NOW)).toEqual([]);
  expect(
    remarksOn(briefWith({ brand: { mustSay: [...mustSay, 'more'] }, video: { seconds: 4 } }), NOW),
  ).toMatchObject([{ path: 'brand.mustSay', says: expect.stringMatching(/^13 words in a video of 4 s/) }]);
});

test('a test that is hardly longer than platforms take to settle is remarked on, where the brief does not say how long', () => {
  expect(remarksOn(briefWith({ deadlines: { testing: '8d' } }), NOW)).toEqual([]);
  expect(remarksOn(briefWith({ deadlines: { testing: '7d' } }), NOW)).toMatchObject([
    { path: 'deadlines.testing', says: expect.stringContaining('7 days') },
  ]);
});
