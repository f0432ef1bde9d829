import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toolsDirectory } from '../../local/data-folder.ts';
import { startPostgres } from '../../local/postgres.ts';
import { barredAt, serverUser } from '../../local/server-user.ts';
import { findTemporalCli, findTestServerCli } from '../../local/temporal-cli.ts';
import { startTemporalServer } from '../../local/temporal-server.ts';

export interface TestServers {
  readonly postgresUrl: string;
  readonly temporalAddress: string;
  readonly temporalCli: string;
  readonly testServerCli: string;
  stop(): Promise<void>;
}

const PREFIX = 'screentest-test-';
const ABANDONED_AFTER_MS = 24 * 3_600_000;

/** A crash of the machine may lose what tests wrote; many pools at once must find a connection. */
const POSTGRES_SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_connections: '200',
} as const;

/**
 * One PostgreSQL and one Temporal dev server for a whole run of the tests, in a temporary folder of their own.
 * @param temporalSettings what the Temporal server is told beside what it is always told
 */
export async function startTestServers(
  temporalSettings: Readonly<Record<string, number>> = {},
): Promise<TestServers> {
  const folder = await temporaryFolder();
  const stops: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    await Promise.allSettled(stops.map((stopOne) => stopOne()));
    await rm(folder, { recursive: true, force: true });
  };

  const search = { cacheDirectory: await toolsDirectory(), env: process.env };
  const startDatabase = async () => {
    const server = await startPostgres({
      dataDirectory: join(folder, 'postgres'),
      settings: POSTGRES_SETTINGS,
      onUnexpectedExit: warn,
    });
    stops.push(() => server.stop());
    return server;
  };
  const startTemporal = async () => {
    const cli = await findTemporalCli(search);
    const server = await startTemporalServer({
      cli,
      logFile: join(folder, 'temporal.log'),
      dynamicConfig: temporalSettings,
    });
    stops.push(() => server.stop());
    return { ...server, cli };
  };

  const [postgres, temporal, testServer] = await Promise.allSettled([
    startDatabase(),
    startTemporal(),
    findTestServerCli(search),
  ]);
  try {
    return {
      postgresUrl: fulfilled(postgres).url,
      temporalAddress: fulfilled(temporal).address,
      temporalCli: fulfilled(temporal).cli,
      testServerCli: fulfilled(testServer),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** One that PostgreSQL's user can enter when we are root. Those of runs that were killed are removed after a day. */
async function temporaryFolder(): Promise<string> {
  const user = serverUser();
  const base =
    [tmpdir(), '/tmp', '/var/tmp'].find((folder) => barredAt(folder, user) === undefined) ?? tmpdir();
  for (const entry of await readdir(base)) {
    if (!entry.startsWith(PREFIX)) continue;
    const left = join(base, entry);
    const touched = await stat(left).catch(() => undefined);
    if (touched !== undefined && Date.now() - touched.mtimeMs > ABANDONED_AFTER_MS) {
      await rm(left, { recursive: true, force: true });
    }
  }
  const folder = await mkdtemp(join(base, PREFIX));
  await chmod(folder, 0o711);
  return folder;
}

function fulfilled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}

function warn(line: string): void {
  process.stderr.write(`${line}\n`);
}
