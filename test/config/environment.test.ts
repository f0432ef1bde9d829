import { describe, expect, test } from '@jest/globals';
import {
  readAccountSettings,
  readDatabaseSettings,
  readPersonSettings,
  readRetentionSettings,
  readWorkerSettings,
} from '../../config/environment.ts';
import { BadInput } from '../../domain/errors.ts';

const NEEDED = {
  DATABASE_URL: 'postgresql://screentest:sesame@db.example.com:5432/screentest',
  VIDEO_API_BASE_URL: 'https://videos.example.com/v1',
  VIDEO_API_KEY: 'sk-sesame',
  SCREENTEST_STORAGE_DIR: '/videos',
};

type Environment = Record<string, string | undefined>;

function complaintsAbout(environment: Environment): string {
  try {
    readWorkerSettings({ ...NEEDED, ...environment });
  } catch (error) {
    if (error instanceof BadInput) return error.message;
    throw error;
  }
  throw new Error('the settings were accepted');
}

describe('a worker', () => {
  test('needs four settings; the others have defaults, and some may be left out', () => {
    expect(readWorkerSettings(NEEDED)).toEqual({
      ...NEEDED,
      VIDEO_PROVIDER: 'openai-compatible',
      VIDEO_API_DIALECT: 'openai',
      VIDEO_API_ACCOUNT: 'default',
      VIDEO_JOB_TIMEOUT_MINUTES: 30,
      SCREENTEST_STORAGE_S3_REGION: 'us-east-1',
      SCREENTEST_STORAGE_S3_PREFIX: '',
      SCREENTEST_STORAGE_S3_PATH_STYLE: false,
      SCREENTEST_ARCHIVE_AFTER_MONTHS: 12,
      SCREENTEST_BACKUP_KEEP_DAYS: 30,
      SCREENTEST_DROP_AFTER_MONTHS: 36,
      SCREENTEST_FFMPEG: 'ffmpeg',
      SCREENTEST_VIDEO_SOURCES: [],
      SCREENTEST_HTTP_HOST: '127.0.0.1',
      TEXT_BUDGET_USD: 0.5,
      TEXT_TIMEOUT_SECONDS: 60,
      LOG_LEVEL: 'info',
    });
  });

  test('gets numbers and yes-or-no from text, and none of what else is in the environment', () => {
    const settings = readWorkerSettings({
      ...NEEDED,
      VIDEO_API_CANCELS_JOBS: 'true',
      VIDEO_API_SUBMITS_PER_MINUTE: '0.5',
      SCREENTEST_HTTP_PORT: '8081',
      HOME: '/root',
    });
    expect(settings).toMatchObject({
      VIDEO_API_CANCELS_JOBS: true,
      VIDEO_API_SUBMITS_PER_MINUTE: 0.5,
      SCREENTEST_HTTP_PORT: 8081,
    });
    expect(settings).not.toHaveProperty('HOME');
  });

  test.each(Object.keys(NEEDED))('without %s does not start, nor with an empty one', (name) => {
    for (const value of [undefined, '']) {
      expect(complaintsAbout({ [name]: value })).toContain(`${name}: given nothing; allowed: `);
    }
  });

  test('keeps its videos in one place: a folder, or a bucket, and not both', () => {
    const bucket = { SCREENTEST_STORAGE_DIR: '', SCREENTEST_STORAGE_S3_BUCKET: 'videos' };
    expect(readWorkerSettings({ ...NEEDED, ...bucket })).toMatchObject({
      SCREENTEST_STORAGE_S3_BUCKET: 'videos',
    });
    const one =
      'exactly one of SCREENTEST_STORAGE_DIR (a folder) and SCREENTEST_STORAGE_S3_BUCKET (a bucket)';
    expect(complaintsAbout({ SCREENTEST_STORAGE_S3_BUCKET: 'videos' })).toContain(one);
    expect(complaintsAbout({ SCREENTEST_STORAGE_DIR: '' })).toContain(one);
  });

  test('is told of a setting for a bucket where no bucket is named', () => {
    expect(complaintsAbout({ SCREENTEST_STORAGE_S3_ENDPOINT: 'http://localhost:9000' })).toContain(
      'SCREENTEST_STORAGE_S3_ENDPOINT: given "http://localhost:9000"; allowed: only beside SCREENTEST_STORAGE_S3_BUCKET',
    );
  });

  test('may have a language model, with its prices, or none: half of one is refused', () => {
    const model = {
      TEXT_API_BASE_URL: 'http://localhost:11434/v1',
      TEXT_API_KEY: 'none',
      TEXT_MODEL: 'a-model',
      TEXT_USD_PER_MILLION_INPUT_TOKENS: '0',
      TEXT_USD_PER_MILLION_OUTPUT_TOKENS: '0.6',
    };
    expect(readWorkerSettings({ ...NEEDED, ...model })).toMatchObject({
      TEXT_USD_PER_MILLION_INPUT_TOKENS: 0,
      TEXT_USD_PER_MILLION_OUTPUT_TOKENS: 0.6,
      TEXT_BUDGET_USD: 0.5,
    });
    for (const name of Object.keys(model)) {
      expect(complaintsAbout({ ...model, [name]: '' })).toContain(`${name}: given nothing; allowed: `);
    }
  });

  test('counts an empty setting as one that is not set', () => {
    const settings = readWorkerSettings({ ...NEEDED, LOG_LEVEL: '', SCREENTEST_HTTP_PORT: '' });
    expect(settings.LOG_LEVEL).toBe('info');
    expect(settings.SCREENTEST_HTTP_PORT).toBeUndefined();
  });

  test.each([
    ['VIDEO_API_BASE_URL', 'ftp://videos.example.com'],
    ['VIDEO_API_BASE_URL', 'videos'],
    ['VIDEO_API_DIALECT', 'sora'],
    ['VIDEO_API_HONOURS_IDEMPOTENCY_KEYS', 'yes'],
    ['VIDEO_API_CANCELS_JOBS', '1'],
    ['VIDEO_API_ACCOUNT', 'Main Account'],
    ['VIDEO_API_SUBMITS_PER_MINUTE', 'fast'],
    ['VIDEO_API_SUBMITS_PER_MINUTE', '0'],
    ['VIDEO_JOB_TIMEOUT_MINUTES', '-1'],
    ['SCREENTEST_STORAGE_S3_ENDPOINT', 'minio:9000'],
    ['SCREENTEST_STORAGE_S3_PREFIX', '/videos/'],
    ['SCREENTEST_STORAGE_S3_PATH_STYLE', 'yes'],
    ['SCREENTEST_VIDEO_SOURCES', 'https://assets.example.com/videos'],
    ['SCREENTEST_VIDEO_SOURCES', 'assets.example.com'],
    ['SCREENTEST_HTTP_PORT', '70000'],
    ['SCREENTEST_HTTP_PORT', '80.5'],
    ['VIDEO_JOB_STALL_MINUTES', '0'],
    ['TEXT_BUDGET_USD', '-1'],
    ['TEXT_TIMEOUT_SECONDS', '0'],
    ['LOG_LEVEL', 'loud'],
  ])('is told when %s is %j', (name, value) => {
    expect(complaintsAbout({ [name]: value })).toContain(
      `${name}: given ${JSON.stringify(value)}; allowed: `,
    );
  });

  test('is told everything that is wrong at once, and where to read on', () => {
    const complaints = complaintsAbout({ VIDEO_API_ACCOUNT: 'A', LOG_LEVEL: 'loud', VIDEO_API_KEY: '' });
    expect(complaints).toMatch(/VIDEO_API_KEY: .*VIDEO_API_ACCOUNT: .*LOG_LEVEL: .*docs\/configuration\.md/s);
  });

  test('never shows a secret, even one that can not be used', () => {
    const complaints = complaintsAbout({
      DATABASE_URL: 'mysql://screentest:sesame@db.example.com/screentest',
      VIDEO_API_WEBHOOK_SECRET: 'sesame',
      SCREENTEST_STORAGE_S3_ENDPOINT: 'https://screentest:sesame@minio.example.com',
      LOG_LEVEL: 'loud',
    });
    expect(complaints).toContain('VIDEO_API_WEBHOOK_SECRET: given a value that is not shown');
    expect(complaints).toContain('DATABASE_URL: given a value that is not shown');
    expect(complaints).not.toContain('sesame');
  });
});

test('a command needs only what it uses', () => {
  const { DATABASE_URL } = NEEDED;
  expect(readDatabaseSettings({ DATABASE_URL })).toEqual({ DATABASE_URL });
  expect(readAccountSettings({})).toEqual({ VIDEO_API_ACCOUNT: 'default' });
  expect(readPersonSettings({})).toEqual({});
});

test('whoever acts is an e-mail address', () => {
  const ana = { SCREENTEST_USER: 'ana@example.com' };
  expect(readPersonSettings(ana)).toEqual(ana);
  expect(() => readPersonSettings({ SCREENTEST_USER: 'ana' })).toThrow(
    expect.objectContaining({
      code: 'SETTING_INVALID',
      message: expect.stringContaining('SCREENTEST_USER: given "ana"; allowed: an e-mail address'),
    }),
  );
});

describe('how long things are kept', () => {
  test('is a year until the archive and three in all, unless it is set', () => {
    expect(readRetentionSettings({})).toEqual({
      SCREENTEST_ARCHIVE_AFTER_MONTHS: 12,
      SCREENTEST_DROP_AFTER_MONTHS: 36,
    });
    expect(readRetentionSettings({ SCREENTEST_LOSING_VIDEO_DAYS: '30' })).toMatchObject({
      SCREENTEST_LOSING_VIDEO_DAYS: 30,
    });
  });

  test.each([
    [{ SCREENTEST_ARCHIVE_AFTER_MONTHS: '0' }, 'a whole number of months from 1 to 600'],
    [{ SCREENTEST_DROP_AFTER_MONTHS: '40.5' }, 'a whole number of months from 1 to 600'],
    [{ SCREENTEST_LOSING_VIDEO_DAYS: '-1' }, 'a whole number of days from 1 to 20000'],
    [{ SCREENTEST_WINNING_VIDEO_DAYS: 'never' }, 'a whole number of days from 1 to 20000'],
    [
      { SCREENTEST_ARCHIVE_AFTER_MONTHS: '12', SCREENTEST_DROP_AFTER_MONTHS: '12' },
      'more than SCREENTEST_ARCHIVE_AFTER_MONTHS, which is 12',
    ],
    [{ SCREENTEST_ARCHIVE_AFTER_MONTHS: '36' }, 'more than SCREENTEST_ARCHIVE_AFTER_MONTHS, which is 36'],
  ])('is refused as %p, with what is allowed', (environment, allowed) => {
    expect(complaintsAbout(environment)).toContain(allowed);
  });
});
