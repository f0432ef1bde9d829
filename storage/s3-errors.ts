import { S3ServiceException } from '@aws-sdk/client-s3';
import { type ErrorParts, Unavailable } from '../domain/errors.ts';

const CREDENTIALS =
  'check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or the profile or role that stands for them), and what they may do with the bucket: read, write, delete and list';

/** By the names that S3, its SDK and Node give their errors. */
const FIXES: Readonly<Record<string, string>> = {
  NoSuchBucket: 'create the bucket, or set SCREENTEST_STORAGE_S3_BUCKET to one that exists',
  AccessDenied: CREDENTIALS,
  Forbidden: CREDENTIALS,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  ExpiredToken: CREDENTIALS,
  CredentialsProviderError: CREDENTIALS,
  PermanentRedirect: 'set SCREENTEST_STORAGE_S3_REGION to the region that the bucket is in',
  AuthorizationHeaderMalformed: 'set SCREENTEST_STORAGE_S3_REGION to the region that the bucket is in',
  RequestTimeTooSkewed: "set this machine's clock",
  ECONNREFUSED: 'start the server, or mend SCREENTEST_STORAGE_S3_ENDPOINT',
  TimeoutError: 'see that the server can be reached from here, or mend SCREENTEST_STORAGE_S3_ENDPOINT',
};
const NO_SUCH_HOST: Readonly<Record<'true' | 'false', string>> = {
  true: 'mend SCREENTEST_STORAGE_S3_ENDPOINT',
  false:
    'mend SCREENTEST_STORAGE_S3_ENDPOINT, or set SCREENTEST_STORAGE_S3_PATH_STYLE=true where the server has no host name for each bucket',
};

export function isMissing(error: unknown): boolean {
  return error instanceof S3ServiceException && (error.name === 'NotFound' || error.name === 'NoSuchKey');
}

export function isForbidden(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 403;
}

/**
 * Whatever goes wrong with the store is mended there by a person, and says nothing about the video: it may be
 * tried again. Only the error's name is told on, since what a server writes into its text is its own choice.
 */
export function storeTrouble(error: unknown, place: string, pathStyle: boolean): Unavailable {
  const name = nameOf(error);
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const parts: ErrorParts = {
    code: 'STORAGE_UNAVAILABLE',
    given: `No video can be read from or written to ${place} (${[name, status].filter(Boolean).join(', ')})`,
    fix:
      (name === 'ENOTFOUND' ? NO_SUCH_HOST[`${pathStyle}`] : FIXES[name]) ??
      (status === 403 ? CREDENTIALS : undefined) ??
      'run `screentest doctor` where the worker runs, and see what the server says',
  };
  return new Unavailable(parts);
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if ('code' in error && typeof error.code === 'string') return error.code;
  // The SDK wraps what it doesn't know for an error in one that has only its text.
  return /\bE[A-Z]{4,}\b/.exec(error.message)?.[0] ?? error.name;
}
