import { describe, expect, test } from '@jest/globals';
import { variantId } from '../../domain/ids.ts';
import { badRows, readLongCsv } from '../../metrics/long-csv.ts';

const NOW = new Date('2026-05-10T12:00:00Z');
const A = variantId('00000000-0000-4000-8000-00000000000a');
const B = variantId('00000000-0000-4000-8000-00000000000b');
const VARIANTS = new Map([
  ['Control', A],
  ['Variant B, "fast"', B],
]);
const HEADER = 'variant,platform,metric,value,recorded_at';

function read(...lines: string[]) {
  return readLongCsv([HEADER, ...lines].join('\n'), VARIANTS, NOW);
}

describe('a file in the long form', () => {
  test('is read with a byte order mark, CRLF, quotes, a header in capitals and columns nobody asked for', () => {
    const text = [
      '\uFEFF Recorded_At ,VARIANT,Campaign,Platform,"Metric",value,Ad,Ad_Set,market',
      '2026-05-01,Control,Spring,tiktok,impressions,1200,ad 1,cold,DE',
      '2026-05-01T24:00:00Z,"Variant B, ""fast""","a, b",youtube,spend,12.3456,,,',
      '',
    ].join('\r\n');
    expect(readLongCsv(text, VARIANTS, NOW)).toEqual({
      problems: [],
      observations: [
        {
          variantId: A,
          platform: 'tiktok',
          ad: 'ad 1',
          adSet: 'cold',
          market: 'DE',
          metric: 'impressions',
          value: '1200',
          recordedAt: new Date('2026-05-02T00:00:00Z'),
        },
        {
          variantId: B,
          platform: 'youtube',
          ad: '',
          adSet: '',
          market: '',
          metric: 'spend',
          value: '12.3456',
          recordedAt: new Date('2026-05-02T00:00:00Z'),
        },
      ],
    });
  });

  test('that lacks columns is refused with the ones it has and the ones it lacks', () => {
    expect(() => readLongCsv('variant,value\nControl,1', VARIANTS, NOW)).toThrow(
      'has variant, value; it lacks platform, metric, recorded_at',
    );
    expect(() => readLongCsv('', VARIANTS, NOW)).toThrow('no columns');
  });

  test('that is no CSV is refused in words', () => {
    expect(() => readLongCsv(`${HEADER}\n"Control,tiktok`, VARIANTS, NOW)).toThrow('not CSV as it should be');
  });

  test('keeps an instant whatever its offset', () => {
    const { observations } = read('Control,tiktok,clicks,1,2026-05-01T02:00:00+02:00');
    expect(observations[0]?.recordedAt).toEqual(new Date('2026-05-01T00:00:00Z'));
  });
});

describe('a row is refused, with its line and what is allowed,', () => {
  test.each([
    [
      'whose variant is unknown',
      'control,tiktok,clicks,1,2026-05-01',
      'known are Control, Variant B, "fast"',
    ],
    ['whose platform is unknown', 'Control,TikTok,clicks,1,2026-05-01', 'allowed are instagram, tiktok'],
    ['whose metric is unknown', 'Control,tiktok,ctr,1,2026-05-01', 'allowed are impressions, reach'],
    ['whose metric is the name of something else', 'Control,tiktok,toString,1,2026-05-01', 'unknown metric'],
    ['whose count is no whole number', 'Control,tiktok,clicks,1.5,2026-05-01', 'allowed is a whole number'],
    ['whose count is negative', 'Control,tiktok,clicks,-1,2026-05-01', 'allowed is a whole number'],
    ['whose value is empty', 'Control,tiktok,clicks,,2026-05-01', '"" is no value'],
    ['with a decimal comma', 'Control,tiktok,spend,"12,50",2026-05-01', 'written with a point'],
    ['with a comma for thousands', 'Control,tiktok,clicks,"1,200",2026-05-01', 'allowed is a whole number'],
    ['with five decimals', 'Control,tiktok,spend,0.00001,2026-05-01', 'up to four decimals'],
    ['with a number in another notation', 'Control,tiktok,spend,1e5,2026-05-01', 'is no value'],
    ['whose value is NaN', 'Control,tiktok,spend,NaN,2026-05-01', '"NaN" is no value for spend'],
    ['whose value is infinite', 'Control,tiktok,spend,Infinity,2026-05-01', 'a number from 0 to'],
    ['whose count has twelve digits', 'Control,tiktok,views,100000000000,2026-05-01', 'to 99999999999'],
    [
      'whose value is larger than the column',
      'Control,tiktok,spend,100000000000.00,2026-05-01',
      'to 99999999999.9999',
    ],
    ['from a century ago', 'Control,tiktok,clicks,1,1926-05-01', 'over 3 years ago'],
    ['from a century ahead', 'Control,tiktok,clicks,1,2126-05-01', 'more than 31 days ahead'],
    ['on the 30th of February', 'Control,tiktok,clicks,1,2026-02-30', 'is not a time'],
    ['on the 31st of April, at a time', 'Control,tiktok,clicks,1,2026-04-31T10:00:00Z', 'is not a time'],
    ['in the 13th month', 'Control,tiktok,clicks,1,2026-13-01', 'is not a time'],
    ['whose time has no offset', 'Control,tiktok,clicks,1,2026-05-01T10:00:00', 'with its offset'],
    ['whose date could be American', 'Control,tiktok,clicks,1,05/04/2026', 'allowed is a date such as'],
    ['of over three years ago', 'Control,tiktok,clicks,1,2023-05-01', 'over 3 years ago'],
    ['from far ahead', 'Control,tiktok,clicks,1,2026-08-01', 'more than 31 days ahead'],
    ['that is cut off', 'Control,tiktok', 'unknown metric ""'],
  ])('%s', (_, line, reason) => {
    const { problems, observations } = read('Control,tiktok,likes,1,2026-05-01', line);
    expect(observations).toHaveLength(1);
    expect(problems).toEqual([expect.stringMatching(/^line 3: /)]);
    expect(problems[0]).toContain(reason);
  });

  test('of a month that is archived, and the largest value of an open one is taken', () => {
    const text = [
      HEADER,
      'Control,tiktok,clicks,1,2025-02-27',
      'Control,tiktok,clicks,1,2025-02-28',
      'Control,tiktok,spend,99999999999.9999,2025-03-10',
    ].join('\n');
    const { problems, observations } = readLongCsv(text, VARIANTS, NOW, new Set(['2025-02']));
    // A whole day is recorded at its end, which for the last one is in the next month.
    expect(problems).toEqual([
      expect.stringMatching(
        /^line 2: 2025-02-28T00:00:00.000Z is in 2025-02, which is archived.*leave it out$/,
      ),
    ]);
    expect(observations).toHaveLength(2);
  });

  test('that says again what an earlier one of its file says', () => {
    const { problems, observations } = read(
      'Control,tiktok,clicks,1,2026-05-01',
      'Control,tiktok,clicks,2,2026-05-01T24:00:00Z',
    );
    expect(observations).toHaveLength(1);
    expect(problems[0]).toContain('line 3: the same variant, platform, metric, ad, place and time as line 2');
  });

  test('that names an ad set which is longer than any that can be kept', () => {
    const rows = [
      `Control,tiktok,clicks,1,2026-05-01,${'x'.repeat(256)}`,
      'Control,tiktok,clicks,1,2026-05-01,cold',
    ];
    const { problems, observations } = readLongCsv([`${HEADER},ad_set`, ...rows].join('\n'), VARIANTS, NOW);
    expect(problems).toEqual(['line 2: its ad_set has 256 characters; allowed are up to 255']);
    expect(observations).toMatchObject([{ adSet: 'cold' }]);
  });

  test('that has more fields than the header, and the others are read', () => {
    const { problems, observations } = read(
      'Control,tiktok,spend,12,50,2026-05-01',
      'Control,tiktok,clicks,2,2026-05-01',
    );
    expect(observations).toHaveLength(1);
    expect(problems).toEqual([expect.stringMatching(/^line 2: /)]);
  });
});

test('a long list of bad rows names the first twenty and counts the others', () => {
  const rows = Array.from({ length: 30 }, (_, at) => `Nobody ${at},tiktok,clicks,1,2026-05-01`);
  const { message } = badRows('ads.csv', read(...rows, 'Control,tiktok,clicks,1,2026-05-01'));
  expect(message).toContain("ads.csv: 30 of 31 rows can't be used");
  expect(message).toContain('Nobody 19"');
  expect(message).not.toContain('Nobody 20"');
  expect(message).toContain('and 10 more');
  expect(message).toContain('nothing was written');
});
