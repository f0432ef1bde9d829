import { startTestServers, type TestServers } from './servers.ts';

declare global {
  var screentestTestServers: TestServers | undefined;
}

/** SCREENTEST_TEST_SERVERS=off skips this, for runs of test/domain and test/analysis alone. */
export default async function startServersForAllTests(): Promise<void> {
  if (process.env.SCREENTEST_TEST_SERVERS !== 'off') await startServers();
}

export async function startServers(temporalSettings?: Readonly<Record<string, number>>): Promise<void> {
  const servers = await startTestServers(temporalSettings);
  globalThis.screentestTestServers = servers;
  // Jest's workers inherit the environment.
  process.env.SCREENTEST_TEST_POSTGRES_URL = servers.postgresUrl;
  process.env.SCREENTEST_TEST_TEMPORAL_ADDRESS = servers.temporalAddress;
  process.env.SCREENTEST_TEST_TEMPORAL_CLI = servers.temporalCli;
  process.env.SCREENTEST_TEST_SERVER_CLI = servers.testServerCli;
}
