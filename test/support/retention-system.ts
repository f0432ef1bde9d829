import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { createDatabase, type Database } from '../../database/client.ts';
import { listMonths, type MonthPlace } from '../../database/month-list.ts';
import { ensurePartitions } from '../../database/partitions.ts';
import { createLocalStore } from '../../storage/local-store.ts';
import type { VideoStore } from '../../storage/video-store.ts';
import { column, connected } from '../prisma/clients.ts';
import { createTestDatabase } from './database.ts';
import { type InsertedGroup, insertOldGroup, insertVenture, type OldGroup } from './old-groups.ts';

/** A database with one venture and a video store, and what the tests of old rows look at. */
export interface RetentionSystem {
  readonly url: string;
  readonly database: Database;
  /** For whatever the product would not do. */
  client: pg.Client;
  readonly folder: string;
  readonly store: VideoStore;
  /** With the partitions for its numbers. */
  group(given: OldGroup): Promise<InsertedGroup>;
  /** Where a month's rows are: of `variant_performance` and of `metric_observations`. */
  places(month: string): Promise<readonly (MonthPlace | undefined)[]>;
  read(sql: string, values?: unknown[]): Promise<unknown[]>;
  stop(): Promise<void>;
}

export async function startRetentionSystem(): Promise<RetentionSystem> {
  const testDatabase = await createTestDatabase({ migrated: true });
  const database = createDatabase(testDatabase.url, 10);
  const folder = await mkdtemp(join(tmpdir(), 'screentest-retention-'));
  const system: RetentionSystem = {
    url: testDatabase.url,
    database,
    client: await connected(testDatabase.url),
    folder,
    store: createLocalStore(folder),
    async group(given) {
      await ensurePartitions(
        database,
        (given.recordedAt ?? []).map((at) => new Date(at)),
      );
      return insertOldGroup(system.client, given);
    },
    async places(month) {
      const parts = (await listMonths(database)).filter((part) => part.month === month);
      return ['variant_performance', 'metric_observations'].map(
        (table) => parts.find((part) => part.table === table)?.place,
      );
    },
    read: (sql, values) => column(system.client, sql, values),
    async stop() {
      await database.$disconnect();
      await system.client.end();
      await testDatabase.drop();
      await rm(folder, { recursive: true });
    },
  };
  await insertVenture(system.client);
  return system;
}

/** `2025-05`: the month that was so many before this one. */
export function monthsAgo(months: number): string {
  const now = new Date();
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 1)).toISOString().slice(0, 7);
}
