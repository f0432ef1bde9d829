import type { SlowQuery } from '../domain/database-health.ts';

/** Seconds; a statement that has once taken as long is counted from then on. */
const SLOW_SECONDS = 0.05;
/** Statements at once; of more, those that took the least time are forgotten. */
const MOST_STATEMENTS = 100;

interface Counted {
  calls: number;
  seconds: number;
  longest: number;
}

/** Statements that were slow, by their text, which has placeholders for all values. */
export interface SlowQueries {
  /** Called for every statement: costs nothing as long as none is slow. */
  add(sql: string, seconds: number): void;
  /** The slowest first; counting begins anew. */
  take(most: number): readonly SlowQuery[];
}

export function createSlowQueries(): SlowQueries {
  const statements = new Map<string, Counted>();
  /** Finding a long text in a map takes microseconds; most are told apart by their length. */
  const lengths = new Set<number>();
  return {
    add(sql, seconds) {
      const known = lengths.has(sql.length) ? statements.get(sql) : undefined;
      if (known !== undefined) {
        known.calls += 1;
        known.seconds += seconds;
        known.longest = Math.max(known.longest, seconds);
      } else if (seconds >= SLOW_SECONDS) {
        if (statements.size >= MOST_STATEMENTS) forgetQuickest(statements);
        statements.set(sql, { calls: 1, seconds, longest: seconds });
        lengths.add(sql.length);
      }
    },
    take(most) {
      const taken = [...statements]
        .map(([sql, { calls, seconds, longest }]) => ({
          sql,
          calls,
          meanSeconds: seconds / calls,
          longestSeconds: longest,
        }))
        .toSorted((a, b) => b.meanSeconds - a.meanSeconds)
        .slice(0, most);
      statements.clear();
      lengths.clear();
      return taken;
    },
  };
}

function forgetQuickest(statements: Map<string, Counted>): void {
  const [quickest] = [...statements].toSorted(([, a], [, b]) => a.seconds - b.seconds);
  if (quickest !== undefined) statements.delete(quickest[0]);
}
