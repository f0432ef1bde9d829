import type { Database, Queries } from '../client.ts';

/** Milliseconds a statement of a look may take: monitoring must never be what a busy database suffers from. */
export const LOOK_WITHIN_MS = 4000;

/** Milliseconds for a lock: who asks for a table's size stands in the queue behind whoever is altering it. */
const LOCK_WITHIN_MS = 300;

/**
 * A look that writes nothing, and is ended by the server itself when it takes too long. The limits are set in the
 * transaction, which works through every pooler.
 */
export function look<Result>(
  database: Database,
  read: (queries: Queries) => Promise<Result>,
  withinMs = LOOK_WITHIN_MS,
): Promise<Result> {
  return database.$transaction(
    async (tx) => {
      await tx.$executeRaw`
        SELECT set_config('statement_timeout', ${String(withinMs)}, true),
          set_config('lock_timeout', ${String(LOCK_WITHIN_MS)}, true),
          set_config('transaction_read_only', 'on', true)`;
      return read(tx);
    },
    { timeout: withinMs + 1000, maxWait: LOOK_WITHIN_MS },
  );
}
