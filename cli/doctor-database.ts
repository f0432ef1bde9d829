import type { Database, Queries } from '../database/client.ts';
import { look } from '../database/health/bounded.ts';
import { readIndexes } from '../database/health/indexes.ts';
import { readQueries } from '../database/health/latencies.ts';
import { readOrders } from '../database/health/orders.ts';
import { readPartitions } from '../database/health/partitions.ts';
import { readSessions } from '../database/health/sessions.ts';
import { hasMonitoring } from '../database/health/snapshots.ts';
import { readGrowth } from '../database/health/table-sizes.ts';
import { readTotals } from '../database/health/totals.ts';
import { readUpkeep } from '../database/health/upkeep.ts';
import {
  type Judgement,
  judgeGrowth,
  judgeIndexes,
  judgeLatency,
  judgeLocks,
  judgeOrders,
  judgePartitions,
  judgeSessions,
  judgeSlowest,
  judgeTotals,
  judgeUpkeep,
} from '../domain/database-health.ts';
import type { Finding } from './doctor.ts';

/** What a look finds, judged by each of its subjects. */
type Judges<Facts> = Readonly<Record<string, (facts: Facts) => Judgement>>;

/**
 * How the database itself is: the same looks as the workers' metrics, taken now, and the same limits as the alerts.
 * All at once; one that fails, or takes too long, is a finding too. Nothing of a database that is not migrated: the
 * schema's own finding says that.
 */
export async function examineDatabase(database: Database): Promise<readonly Finding[]> {
  if (!(await hasMonitoring(database))) return [];
  const findings = await Promise.all([
    judged(database, readQueries, { 'query latency': judgeLatency, 'slowest queries': judgeSlowest }),
    judged(database, readGrowth, { 'table growth': judgeGrowth }),
    judged(database, readIndexes, { 'index use': (facts) => judgeIndexes(facts, new Date()) }),
    judged(database, readSessions, { 'lock waits': judgeLocks, sessions: judgeSessions }),
    judged(database, readPartitions, { partitions: judgePartitions }),
    judged(database, readOrders, { orders: judgeOrders }),
    judged(database, readTotals, { totals: judgeTotals }),
    judged(database, readUpkeep, { upkeep: judgeUpkeep }),
  ]);
  return findings.flat();
}

async function judged<Facts>(
  database: Database,
  read: (queries: Queries) => Promise<Facts>,
  judges: Judges<Facts>,
): Promise<readonly Finding[]> {
  try {
    const facts = await look(database, read);
    return Object.entries(judges).map(([subject, judge]) => ({ subject, ...judge(facts) }));
  } catch (error) {
    const detail = `could not be looked at: ${error instanceof Error ? error.message : String(error)}`;
    return Object.keys(judges).map((subject) => ({ subject, isWell: false, detail }));
  }
}
