import type { Client } from '@temporalio/client';
import type { Database } from '../database/client.ts';
import { advanceMark, readInstallation } from '../database/installation.ts';
import { Unavailable } from '../domain/errors.ts';
import { type Bond, HOW_TO_MAKE_WHOLE, readBinding, writeBinding } from './binding.ts';

/** Keeps a worker from working on a database that was put back to an earlier state while it runs. */
export interface DatabaseGuard {
  /** Asks the database, and believes an answer for a second. @throws Unavailable while it can't be trusted */
  check(): Promise<void>;
  /** The same, asked at this very moment: between an order's claim and its sending. */
  checkNow(): Promise<void>;
  stop(): void;
}

/** Milliseconds. */
const BELIEVED_FOR = 1000;
const MARKED_EVERY = 60_000;

/**
 * @param bond as it is when the worker starts
 * @param temporal where the mark is kept; left out, only the database itself is asked
 */
export function createDatabaseGuard(database: Database, bond: Bond, temporal?: Client): DatabaseGuard {
  const { id } = bond.installation;
  let newestMark = Math.max(bond.installation.mark, bond.binding?.mark ?? 0);
  let isTakenOver = false;
  let believed: { readonly until: number; readonly answer: Promise<void> } | undefined;
  const timer = setInterval(() => void mark().catch(() => undefined), MARKED_EVERY);
  timer.unref();

  async function checkNow(): Promise<void> {
    const now = await readInstallation(database);
    const why = whyNot(now);
    if (why !== undefined) {
      throw new Unavailable({ code: 'DATABASE_RESTORED', given: why, fix: HOW_TO_MAKE_WHOLE });
    }
    newestMark = Math.max(newestMark, now?.mark ?? 0);
  }

  function whyNot(now: Awaited<ReturnType<typeof readInstallation>>): string | undefined {
    if (isTakenOver) return `The namespace was taken over by another database than ${id}`;
    if (now?.id !== id)
      return `This is the database ${now?.id ?? 'without an identity'}, and not ${id} any more`;
    if (now.hasMoved) return `The database ${id} is not where it was: it was restored, copied or failed over`;
    if (now.mark < newestMark) return `The database ${id} was put back to an earlier state`;
    return now.mustBeReconciled ? `The database ${id} is to be reconciled first` : undefined;
  }

  function check(): Promise<void> {
    if (believed === undefined || Date.now() >= believed.until) {
      const answer = checkNow();
      answer.catch(() => {
        believed = undefined;
      });
      believed = { until: Date.now() + BELIEVED_FOR, answer };
    }
    return believed.answer;
  }

  /** Counts on, so that a copy of the database that is older than a minute is known by it. */
  async function mark(): Promise<void> {
    if (temporal === undefined) return;
    const binding = await readBinding(temporal);
    isTakenOver = binding !== undefined && binding.installation !== id;
    newestMark = Math.max(newestMark, binding?.installation === id ? binding.mark : 0);
    await checkNow();
    const advanced = await advanceMark(database, MARKED_EVERY / 1000 / 2);
    if (advanced !== undefined) await writeBinding(temporal, { installation: id, mark: advanced });
  }

  return { check, checkNow, stop: () => clearInterval(timer) };
}
