import { Client, Connection } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { type ScreentestError, Unavailable } from '../domain/errors.ts';

const DEFAULT_ADDRESS = 'localhost:7233';
/** Bytes of one answer: a page of a history may be larger than gRPC's 4 MB. */
const LARGEST_ANSWER = 64_000_000;
/** Milliseconds until a server that does not answer is given up. */
const CONNECT_TIMEOUT_MS = 5000;

export interface TemporalSettings {
  readonly connectionOptions: ReturnType<typeof loadClientConnectConfig>['connectionOptions'] & {
    address: string;
  };
  readonly namespace: string;
}

/** From Temporal's own profile file and variables (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, `TEMPORAL_API_KEY`, …). */
export function readTemporalSettings(environment: NodeJS.ProcessEnv): TemporalSettings {
  const { connectionOptions, namespace } = loadClientConnectConfig({
    overrideEnvVars: definedOnly(environment),
  });
  return {
    connectionOptions: { ...connectionOptions, address: connectionOptions.address ?? DEFAULT_ADDRESS },
    namespace: namespace ?? 'default',
  };
}

function definedOnly(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

/** @throws Unavailable naming the address that was tried, within ten seconds. */
export async function connectTemporalClient(settings: TemporalSettings): Promise<Client> {
  const { connectionOptions, namespace } = settings;
  try {
    const connection = await Connection.connect({
      ...connectionOptions,
      connectTimeout: CONNECT_TIMEOUT_MS,
      channelArgs: { 'grpc.max_receive_message_length': LARGEST_ANSWER },
    });
    return new Client({ connection, namespace });
  } catch (error) {
    throw temporalUnavailable(connectionOptions.address, error);
  }
}

export function temporalUnavailable(address: string, cause: unknown): ScreentestError {
  return new Unavailable({
    code: 'TEMPORAL_UNAVAILABLE',
    given: `Temporal does not answer at ${address}`,
    fix: 'start it (`npm run demo -- --keep` starts one), or set TEMPORAL_ADDRESS to where it runs',
    cause,
  });
}
