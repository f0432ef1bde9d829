import type { Database } from '../database/client.ts';
import { ensurePartitions, monthsInDefaultPartition } from '../database/partitions.ts';

export type MaintenanceActivities = ReturnType<typeof createMaintenanceActivities>;

/** Numbers of this month come in today; those of the next three must find their partitions. */
const MONTHS_AHEAD = 3;

export function createMaintenanceActivities({ database }: { database: Database }) {
  /** This month and the next ones, and whatever month has rows in the default partition: those are moved. */
  async function makePartitionsAhead(): Promise<{ readonly made: readonly string[] }> {
    const ahead = Array.from({ length: MONTHS_AHEAD + 1 }, (_, months) => monthFrom(new Date(), months));
    return {
      made: await ensurePartitions(database, [...ahead, ...(await monthsInDefaultPartition(database))]),
    };
  }

  return { makePartitionsAhead };
}

function monthFrom(now: Date, months: number): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months, 1));
}
