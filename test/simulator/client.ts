import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach } from '@jest/globals';
import OpenAI from 'openai';
import type { FaultInput } from '../../simulator/faults.ts';
import type { Ledger } from '../../simulator/ledger.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { type Simulator, startSimulator } from '../../simulator/simulator.ts';

export interface Rig {
  readonly simulator: Simulator;
  readonly client: OpenAI;
  ledger(): Promise<Ledger>;
  addFaults(...faults: FaultInput[]): Promise<Response>;
}

/** Small and at once, for tests that are not about films or waiting. */
export const SMALL = { seconds: '4', size: '64x64' } as const;
const AT_ONCE = { baseSeconds: 0, perVideoSecond: 0, jitter: 0 };
const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(cleanups.splice(0).map((cleanUp) => cleanUp()));
});

export async function startRig(options: SimulatorOptions = {}): Promise<Rig> {
  const simulator = await startSimulator({ render: AT_ONCE, ...options });
  cleanups.push(() => simulator.stop());
  return {
    simulator,
    client: clientOf(simulator.url),
    ledger: async () => read<Ledger>(await fetch(`${simulator.adminUrl}/ledger`)),
    addFaults: (...faults) =>
      fetch(`${simulator.adminUrl}/faults`, { method: 'POST', body: JSON.stringify({ faults }) }),
  };
}

export function clientOf(baseURL: string, apiKey = 'any key'): OpenAI {
  return new OpenAI({ baseURL, apiKey, maxRetries: 0 });
}

/** Orders what the SDK's types don't allow, too: servers of the protocol take other lengths and sizes than OpenAI's did. */
export async function create(
  client: OpenAI,
  prompt: string,
  fields: Partial<Record<keyof OpenAI.VideoCreateParams, unknown>> = {},
  headers: Record<string, string> = {},
): Promise<OpenAI.Video> {
  const order: unknown = { prompt, ...SMALL, ...fields };
  return client.videos.create(order as OpenAI.VideoCreateParams, { headers });
}

/** What the simulator's own pages tell, as the type that the test knows it to be. */
export async function read<T>(response: Response): Promise<T> {
  return (await response.json()) as T;
}

export async function finished(client: OpenAI, id: string): Promise<OpenAI.Video> {
  while (true) {
    const video = await client.videos.retrieve(id);
    if (video.status === 'completed' || video.status === 'failed') return video;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'screentest-simulator-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  return folder;
}

export async function save(response: Response, folder: string, name = 'film.mp4'): Promise<string> {
  const path = join(folder, name);
  if (response.body === null) throw new Error('no body');
  await pipeline(Readable.fromWeb(response.body as never), createWriteStream(path));
  return path;
}

/** What a promise is rejected with; it is an error of the test where it is not. */
export async function rejection(promise: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}
