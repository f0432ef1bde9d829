import type { Database } from '../database/client.ts';
import { look } from '../database/health/bounded.ts';
import { removeOldLatencies } from '../database/health/latencies.ts';
import { writeSnapshot } from '../database/health/snapshots.ts';
import { sampleSizes } from '../database/health/table-sizes.ts';
import { readAllTotals } from '../database/health/totals.ts';
import { unbalancedOrders } from '../database/spend-queries.ts';

export type MonitoringActivities = ReturnType<typeof createMonitoringActivities>;

/** Milliseconds. Each reads a whole table, once a day. */
const LOOK_WITHIN_MS = 300_000;

export interface DatabaseSample {
  readonly tables: number;
  readonly staleTotals: number;
  readonly unbalancedOrders: number;
}

export function createMonitoringActivities({ database }: { database: Database }) {
  /** How large the tables are today, and what is too much to look at every minute. */
  async function sampleDatabase(): Promise<DatabaseSample> {
    const tables = await sampleSizes(database);
    await removeOldLatencies(database);
    const totals = await look(database, readAllTotals, LOOK_WITHIN_MS);
    const unbalanced = await look(database, unbalancedOrders, LOOK_WITHIN_MS);
    // Every worker reports them until the next day.
    await writeSnapshot(database, 'daily', [
      { name: 'screentest_totals_stale', labels: { checked: 'all' }, value: totals.stale.length },
      { name: 'screentest_orders_unbalanced', value: unbalanced.length },
    ]);
    return { tables, staleTotals: totals.stale.length, unbalancedOrders: unbalanced.length };
  }

  return { sampleDatabase };
}
