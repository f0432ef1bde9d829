import type { Database, Queries } from '../database/client.ts';
import { look } from '../database/health/bounded.ts';
import { readGroupCounts } from '../database/health/groups.ts';
import { readIndexes } from '../database/health/indexes.ts';
import { readQueries } from '../database/health/latencies.ts';
import { readOrders } from '../database/health/orders.ts';
import { readPartitions } from '../database/health/partitions.ts';
import { readSessions } from '../database/health/sessions.ts';
import { readGrowth } from '../database/health/table-sizes.ts';
import { readTotals } from '../database/health/totals.ts';
import { readUpkeep } from '../database/health/upkeep.ts';
import { countStopped } from '../database/stopped-groups.ts';
import { growthOf, unexpectedUnused } from '../domain/database-health.ts';
import type { MetricDefinition, Sample } from '../telemetry/metrics.ts';

/** Looks at the database, and the gauges that they become. */

/** How often a look is taken, by one of all workers. */
export const FRESH_SECONDS = { often: 10, seldom: 60 } as const;

export type LookKind = keyof typeof FRESH_SECONDS;

interface Look {
  readonly name: string;
  readonly kind: LookKind;
  read(queries: Queries): Promise<readonly Sample[]>;
}

const USD_PER_MICRO = 1e-6;

/** One that fails, or takes too long, leaves its gauges out; the others are there all the same. */
const LOOKS: readonly Look[] = [
  {
    name: 'sessions',
    kind: 'often',
    async read(queries) {
      const facts = await readSessions(queries);
      return [
        gauge('screentest_lock_wait_seconds', facts.lockWaits[0]?.seconds ?? 0),
        gauge('screentest_lock_waits', facts.lockWaits.length),
        gauge('screentest_idle_in_transaction_seconds', facts.idleInTransaction?.seconds ?? 0),
        gauge('screentest_connections', facts.connections),
        gauge('screentest_connections_allowed', facts.connectionsAllowed),
        gauge('screentest_transaction_id_age', facts.transactionIdAge),
      ];
    },
  },
  {
    name: 'partitions',
    kind: 'seldom',
    async read(queries) {
      const { inDefault, monthsAhead } = await readPartitions(queries);
      return [
        ...inDefault.map(({ table, rows }) => gauge('screentest_default_partition_rows', rows, { table })),
        gauge('screentest_partition_months_ahead', monthsAhead),
      ];
    },
  },
  {
    name: 'tables',
    kind: 'seldom',
    async read(queries) {
      const tables = await readGrowth(queries);
      return tables.flatMap((size) => {
        const { table, bytes, rows } = size;
        const growth = growthOf(size);
        return [
          gauge('screentest_table_size_bytes', bytes, { table }),
          gauge('screentest_table_rows', rows, { table }),
          ...(growth === undefined ? [] : [gauge('screentest_table_growth_ratio', growth, { table })]),
        ];
      });
    },
  },
  {
    name: 'indexes',
    kind: 'seldom',
    async read(queries) {
      const unused = unexpectedUnused(await readIndexes(queries), new Date()) ?? [];
      return unused.map(({ table, index, bytes }) =>
        gauge('screentest_unused_index_bytes', bytes, { table, index }),
      );
    },
  },
  {
    name: 'orders',
    kind: 'seldom',
    async read(queries) {
      const { open, held, overdue, thisMonth } = await readOrders(queries);
      return [
        gauge('screentest_orders', open.count, { state: 'open' }),
        gauge('screentest_orders', held.count, { state: 'held' }),
        gauge('screentest_orders', overdue.count, { state: 'overdue' }),
        gauge('screentest_reserved_usd', open.reserved * USD_PER_MICRO, { state: 'open' }),
        gauge('screentest_reserved_usd', held.reserved * USD_PER_MICRO, { state: 'held' }),
        gauge('screentest_reserved_usd', overdue.reserved * USD_PER_MICRO, { state: 'overdue' }),
        ...thisMonth.map(({ entry, amount }) =>
          gauge('screentest_month_usd', amount * USD_PER_MICRO, { entry }),
        ),
      ];
    },
  },
  {
    name: 'groups',
    kind: 'seldom',
    async read(queries) {
      const counts = await readGroupCounts(queries);
      return [
        ...counts.map(({ status, groups }) => gauge('screentest_groups', groups, { status })),
        gauge('screentest_groups_stopped', await countStopped(queries)),
      ];
    },
  },
  {
    name: 'totals',
    kind: 'seldom',
    async read(queries) {
      const { checked, stale } = await readTotals(queries);
      return [
        gauge('screentest_totals_checked', checked),
        gauge('screentest_totals_stale', stale.length, { checked: 'some' }),
      ];
    },
  },
  {
    name: 'upkeep',
    kind: 'seldom',
    async read(queries) {
      const { notAnalyzed, notVacuumed } = await readUpkeep(queries);
      return [
        gauge('screentest_tables_neglected', notAnalyzed.length, { lacks: 'analyze' }),
        gauge('screentest_tables_neglected', notVacuumed.length, { lacks: 'vacuum' }),
      ];
    },
  },
  {
    name: 'queries',
    kind: 'seldom',
    async read(queries) {
      const { source, slowest } = await readQueries(queries);
      return slowest.map(({ meanSeconds }, index) =>
        gauge('screentest_slow_query_seconds', meanSeconds, { rank: String(index + 1), source }),
      );
    },
  },
];

export const DATABASE_GAUGES: readonly MetricDefinition[] = [
  defined('screentest_lock_wait_seconds', 'Longest wait for a lock now, of those that wait a second or more'),
  defined('screentest_lock_waits', 'Sessions that have waited for a lock for a second or more'),
  defined(
    'screentest_idle_in_transaction_seconds',
    'Longest that a session has kept a transaction open and idle',
  ),
  defined('screentest_connections', "Connections to the server, other programs' included"),
  defined('screentest_connections_allowed', 'Connections that ordinary users may have'),
  defined('screentest_transaction_id_age', 'Age of the oldest transaction id, in transactions'),
  defined(
    'screentest_default_partition_rows',
    'Rows that found no partition of their month, counted up to 100,000',
    ['table'],
  ),
  defined(
    'screentest_partition_months_ahead',
    'Months after this one that have all their partitions, without a gap',
  ),
  defined('screentest_table_size_bytes', 'Size of a table with its indexes and partitions', ['table']),
  defined('screentest_table_rows', 'Rows of a table, as last estimated', ['table']),
  defined('screentest_table_growth_ratio', 'Growth of a table in a week, as a share; once a week is known', [
    'table',
  ]),
  defined('screentest_unused_index_bytes', 'Size of an index that is not used, known exceptions left out', [
    'table',
    'index',
  ]),
  defined('screentest_orders', 'Orders that are not over: open in all, and of those held or overdue', [
    'state',
  ]),
  defined('screentest_reserved_usd', 'What these orders have reserved, in US dollars', ['state']),
  defined('screentest_month_usd', "Lines of the budget's book of this month (UTC), in US dollars", ['entry']),
  defined('screentest_groups', 'Groups by status', ['status']),
  defined('screentest_groups_stopped', 'Groups that are not over, and whose workflow is'),
  defined('screentest_totals_checked', 'Variants whose totals were summed up anew at the last look'),
  defined(
    'screentest_totals_stale',
    'Variants whose totals are not what their rows add up to: of some, or of all once a day',
    ['checked'],
  ),
  defined(
    'screentest_orders_unbalanced',
    "Orders whose account in the budget's book is not balanced, once a day",
  ),
  defined('screentest_tables_neglected', 'Tables that ANALYZE or VACUUM should long have visited', ['lacks']),
  defined('screentest_slow_query_seconds', 'Mean of the slowest statements, the slowest first', [
    'rank',
    'source',
  ]),
  defined('screentest_database_answers', 'Whether the database answered this worker when it last asked'),
  defined('screentest_look_failed', 'Whether a look at the database failed or took too long', ['look']),
  defined('screentest_look_age_seconds', 'How old the last look of its kind is', ['kind']),
];

function defined(name: string, help: string, labels?: readonly string[]): MetricDefinition {
  return { name, type: 'gauge', help, ...(labels && { labels }) };
}

function gauge(name: string, value: number, labels?: Readonly<Record<string, string>>): Sample {
  return { name, value, ...(labels && { labels }) };
}

/** All looks of a kind, one after the other: a busy database is asked one thing at a time. */
export async function takeLooks(database: Database, kind: LookKind): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  for (const { name, read } of LOOKS.filter((one) => one.kind === kind)) {
    const found = await look(database, read).catch(() => undefined);
    samples.push(
      ...(found ?? []),
      gauge('screentest_look_failed', found === undefined ? 1 : 0, { look: name }),
    );
  }
  return samples;
}
