import { randomUUID } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';
import { z } from 'zod';
import { freePort } from '../../local/ports.ts';
import { startTemporalServer } from '../../local/temporal-server.ts';
import { newFolder, removeFolders } from './support/folders.ts';
import { killPrograms, runProgram, untilGone } from './support/program.ts';

afterAll(killPrograms);
afterAll(removeFolders);

const cli = process.env.SCREENTEST_TEST_TEMPORAL_CLI ?? '';
const address = process.env.SCREENTEST_TEST_TEMPORAL_ADDRESS ?? '';

describe('our Temporal dev server', () => {
  test('killed with kill -9, we leave no server running', async () => {
    const program = await runProgram('./start-temporal.ts', [cli, await newFolder()]);
    const { pid } = z.object({ pid: z.number() }).parse(program.said);
    await program.kill('SIGKILL');
    await untilGone(pid);
  });

  test('with a database file it remembers, its Web UI answers, and it stops when asked to', async () => {
    const folder = await newFolder();
    const options = {
      cli,
      logFile: join(folder, 'temporal.log'),
      databaseFile: join(folder, 'temporal.sqlite'),
    };
    const first = await startTemporalServer(options);
    const page = await fetch(first.uiUrl);
    expect(page.status).toBe(200);
    await inNamespace(first.address, 'default', (client) => start(client, 'remembered'));
    await first.stop();
    await untilGone(first.pid);

    const second = await startTemporalServer(options);
    const status = await inNamespace(second.address, 'default', async (client) => {
      return (await client.workflow.getHandle('remembered').describe()).status.name;
    });
    expect(status).toBe('RUNNING');
    await second.stop();
  });

  test('a namespace can be used as soon as it is registered', async () => {
    const namespace = `test-${randomUUID()}`;
    const connection = await Connection.connect({ address });
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    await connection.close();
    await inNamespace(address, namespace, (client) => start(client, 'first'));
  });

  test('a port in use is told before anything starts', async () => {
    const taken = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', () => resolve()));
    try {
      const logFile = join(await newFolder(), 'temporal.log');
      const uiPort = { port, setting: '--ui-port' };
      await expect(startTemporalServer({ cli, logFile, uiPort })).rejects.toMatchObject({
        code: 'PORT_IN_USE',
        message: expect.stringContaining('asked for by --ui-port'),
      });
    } finally {
      taken.close();
    }
  });

  test('one that can not start says why, with the last lines of its log', async () => {
    const folder = await newFolder();
    const options = {
      cli,
      logFile: join(folder, 'temporal.log'),
      databaseFile: join(folder, 'no-folder', 'a.sqlite'),
    };
    await expect(startTemporalServer(options)).rejects.toMatchObject({
      code: 'TEMPORAL_NOT_STARTED',
      message: expect.stringContaining('no-folder'),
    });
  });
});

async function start(client: Client, workflowId: string): Promise<void> {
  await client.workflow.start('anything', { taskQueue: 'nobody-listens', workflowId });
}

async function inNamespace<T>(
  at: string,
  namespace: string,
  act: (client: Client) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address: at });
  try {
    return await act(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
}
