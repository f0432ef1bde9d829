import { describe, expect, test } from '@jest/globals';
import { Connection } from '@temporalio/client';
import { Client } from 'pg';

describe('the servers of a test run', () => {
  test('PostgreSQL answers', async () => {
    const client = new Client({ connectionString: process.env.SCREENTEST_TEST_POSTGRES_URL });
    await client.connect();
    const { rows } = await client.query('SHOW server_encoding');
    await client.end();
    expect(rows).toEqual([{ server_encoding: 'UTF8' }]);
  });

  test('Temporal answers', async () => {
    const connection = await Connection.connect({
      address: process.env.SCREENTEST_TEST_TEMPORAL_ADDRESS ?? '',
    });
    const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace: 'default' });
    await connection.close();
    expect(namespaceInfo?.name).toBe('default');
  });
});
