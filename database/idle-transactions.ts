import type { PrismaPg } from '@prisma/adapter-pg';
import type { Queries } from './client.ts';

/** Seconds between two statements. What a frozen or lost process leaves open keeps locks that others wait for. */
const LIMIT_SECONDS = 10;

/**
 * The adapter, whose transactions, Prisma's own as well as ours, begin with the limit after which Postgres ends them when
 * nothing is asked. It is said in each, and for it alone: a transaction pooler refuses the startup parameter for it, and
 * would give another client the connection on which it was set.
 */
export function endedWhenIdle(adapters: PrismaPg): PrismaPg {
  const connect = adapters.connect.bind(adapters);
  adapters.connect = async () => {
    const adapter = await connect();
    const startTransaction = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (isolationLevel) => {
      const transaction = await startTransaction(isolationLevel);
      try {
        await transaction.executeRaw(statement(limitOf(LIMIT_SECONDS)));
      } catch (error) {
        await transaction.executeRaw(statement('ROLLBACK')).catch(() => undefined);
        await transaction.rollback(); // gives the connection back to the pool, which drops it if it is broken
        throw error;
      }
      return transaction;
    };
    return adapter;
  };
  return adapters;
}

/** For a transaction that works in between: how long it may leave Postgres without a question. */
export async function allowIdle(tx: Queries, seconds: number): Promise<void> {
  await tx.$executeRawUnsafe(limitOf(seconds));
}

function statement(sql: string) {
  return { sql, args: [], argTypes: [] };
}

function limitOf(seconds: number): string {
  return `SET LOCAL idle_in_transaction_session_timeout = '${seconds}s'`;
}
