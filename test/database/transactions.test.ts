import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createDatabase, type Database, type Queries } from '../../database/client.ts';
import { allowIdle } from '../../database/idle-transactions.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let testDatabase: TestDatabase;
let database: Database;
beforeAll(async () => {
  testDatabase = await createTestDatabase({ migrated: true });
  database = createDatabase(testDatabase.url, 2);
}, 60_000);
afterAll(async () => {
  await database.$disconnect();
  await testDatabase.drop();
});

async function idleLimit(queries: Queries): Promise<string | undefined> {
  const [row] = await queries.$queryRaw<{ limit: string }[]>`
    SELECT current_setting('idle_in_transaction_session_timeout') AS limit`;
  return row?.limit;
}

test('every transaction has a limit for standing still, and leaves none on its connection', async () => {
  expect(await database.$transaction((tx) => idleLimit(tx))).toBe('10s');
  const ofPrismasOwn = await database.$transaction([
    database.$executeRaw`SELECT 1`,
    database.$queryRaw`SELECT current_setting('idle_in_transaction_session_timeout') AS limit`,
  ]);
  expect(ofPrismasOwn[1]).toEqual([{ limit: '10s' }]);
  expect(
    await database.$transaction(async (tx) => {
      await allowIdle(tx, 60);
      return idleLimit(tx);
    }),
  ).toBe('1min');
  expect(await Promise.all([idleLimit(database), idleLimit(database)])).toEqual(['0', '0']);
});

test('a process that stands still in a transaction loses it, and its locks', async () => {
  const stood = database.$transaction(async (tx) => {
    await tx.$executeRaw`INSERT INTO ventures (name) VALUES ('Crema & Co')`;
    await allowIdle(tx, 1);
    await delay(1500);
    await tx.$queryRaw`SELECT 1`;
  });
  await expect(stood).rejects.toThrow();
  await database.$executeRaw`INSERT INTO ventures (name) VALUES ('Crema & Co')`;
  expect(await database.venture.count()).toBe(1);
});
