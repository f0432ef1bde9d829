import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client as PostgresClient } from 'pg';
import { setupNamespace, writeReferenceRows } from '../client/open.ts';
import { ScreentestClient } from '../client/screentest-client.ts';
import { createDatabase } from '../database/client.ts';
import { type BriefInput, parseBrief } from '../domain/brief.ts';
import type { GroupId } from '../domain/ids.ts';
import { PUBLISHED_PRICES, pricingOf } from '../domain/prices.ts';
import { type RunningProgram, startNodeProgram } from '../local/node-program.ts';
import { startTemporalServer } from '../local/temporal-server.ts';
import { migrate } from '../prisma/migrator.ts';
import type { Ledger } from '../simulator/ledger.ts';
import { connectTemporalClient, readTemporalSettings } from '../temporal/connection.ts';

/** What every measurement of a run shares. */
export interface Servers {
  /** Of a PostgreSQL server, as its superuser. */
  readonly postgresUrl: string;
  readonly temporalCli: string;
  /** For logs and videos; removed at the end. */
  readonly folder: string;
}

export interface SystemOptions {
  /** Arguments of the simulated video API. */
  readonly simulator: readonly string[];
  /** The program of each worker, below `dist/`, and its arguments. */
  readonly workers: readonly (readonly string[])[];
  readonly environment?: NodeJS.ProcessEnv;
  /** Of the Temporal server, beside what it is always told. */
  readonly dynamicConfig?: Readonly<Record<string, boolean | number>>;
}

/** A whole system in processes of their own, as on one small machine: only the measuring is done in ours. */
export interface System {
  readonly client: ScreentestClient;
  readonly temporal: Awaited<ReturnType<typeof connectTemporalClient>>;
  readonly workers: readonly RunningProgram[];
  /** What the simulated video API has on its books. */
  ledger(): Promise<Ledger>;
  /** A group of so many variants. */
  start(variants: number, changes?: Partial<BriefInput>): Promise<GroupId>;
}

export const PRODUCT_WORKER = ['cli/main.js', 'worker'] as const;

const BY = 'bench@example.com';

const BRIEF = {
  venture: 'Crema & Co',
  name: 'Bench',
  template: 'PRODUCT_REVEAL',
  product: 'a small espresso machine',
  platforms: ['instagram', 'tiktok', 'youtube', 'facebook'],
  video: { model: 'sora-2', seconds: 1, size: '128x72' },
} as const satisfies BriefInput;

/** A system of its own for `measure`, stopped afterwards whatever happens. */
export async function withSystem<Result>(
  servers: Servers,
  options: SystemOptions,
  measure: (system: System) => Promise<Result>,
): Promise<Result> {
  const name = `bench_${randomBytes(6).toString('hex')}`;
  const logFile = (part: string) => join(servers.folder, `${name}-${part}.log`);
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const databaseUrl = await createEmptyDatabase(servers.postgresUrl, name);
    await migrate({ connectionString: databaseUrl, opensAutomaticMode: true });
    const temporalServer = await startTemporalServer({
      cli: servers.temporalCli,
      logFile: logFile('temporal'),
      databaseFile: join(servers.folder, `${name}.sqlite`),
      ...(options.dynamicConfig && { dynamicConfig: options.dynamicConfig }),
    });
    stops.push(temporalServer.stop);
    const simulator = await startNodeProgram({
      name: 'the simulated video API',
      script: built('simulator/main.js'),
      args: options.simulator,
      env: process.env,
      logFile: logFile('simulator'),
      readyLine: (line) => line.startsWith('{"ready":true'),
    });
    stops.push(simulator.stop);
    const { url, adminUrl } = JSON.parse(simulator.readyLine) as { url: string; adminUrl: string };
    const environment = {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      DATABASE_URL: databaseUrl,
      TEMPORAL_ADDRESS: temporalServer.address,
      VIDEO_API_BASE_URL: url,
      VIDEO_API_KEY: 'bench',
      VIDEO_JOB_TIMEOUT_MINUTES: '120',
      SCREENTEST_STORAGE_DIR: join(servers.folder, 'videos'),
      LOG_LEVEL: 'warn',
      ...options.environment,
    };
    await writeReferenceRows(environment);
    await setupNamespace(environment);
    const temporal = await connectTemporalClient(readTemporalSettings(environment));
    stops.push(() => temporal.connection.close());
    const database = createDatabase(databaseUrl);
    stops.push(() => database.$disconnect());
    const workers: RunningProgram[] = [];
    for (const [script = '', ...args] of options.workers) {
      const worker = await startNodeProgram({
        name: 'a worker',
        script: built(script),
        args,
        env: environment,
        logFile: logFile(`worker-${workers.length + 1}`),
        readyLine: (line) => line.includes('the worker is ready'),
      });
      stops.push(worker.stop);
      workers.push(worker);
    }
    const client = new ScreentestClient({ temporal, database });
    return await measure({
      client,
      temporal,
      workers,
      ledger: async () => (await (await fetch(`${adminUrl}/ledger`)).json()) as Ledger,
      async start(count, changes = {}) {
        const product = changes.product ?? BRIEF.product;
        const variants = Array.from({ length: count }, (_, index) => ({
          name: `Variant ${index + 1}`,
          prompt: `${product}, take ${index + 1}`,
        }));
        const brief = parseBrief({ ...BRIEF, ...changes, variants });
        const pricing = pricingOf('openai-compatible', PUBLISHED_PRICES);
        const options = { by: BY, createVenture: true, providerAccount: 'default', pricing };
        return (await client.start(brief, options)).groupId;
      },
    });
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
}

/** Of a process on Linux, in megabytes; undefined elsewhere. */
export async function memoryMb(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Math.round(Number(kilobytes) / 1024);
}

async function createEmptyDatabase(serverUrl: string, name: string): Promise<string> {
  const server = new PostgresClient({ connectionString: serverUrl });
  await server.connect();
  try {
    await server.query(`CREATE DATABASE ${name}`);
  } finally {
    await server.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

/** A compiled file: this one is `dist/bench/system.js`. */
function built(path: string): string {
  return fileURLToPath(new URL(`../${path}`, import.meta.url));
}
