import { PrismaPg } from '@prisma/adapter-pg';

/** Hears of each statement when it has ended, well or not. Called thousands of times a second: it must be quick. */
export type QueryObserver = (sql: string, kind: QueryKind, seconds: number) => void;

/** `read` for what asks, `write` for everything else: what changes rows, and what takes locks. */
export type QueryKind = 'read' | 'write';

type Adapter = Awaited<ReturnType<PrismaPg['connect']>>;
type Queryable = Pick<Adapter, 'queryRaw' | 'executeRaw'>;

/**
 * The adapter, whose statements are timed from being handed over to their last row: with the wait for a connection,
 * as whoever asks feels it. Beneath Prisma's client, whose own events cost more and know whole milliseconds only.
 */
export class MeasuredPg extends PrismaPg {
  readonly #observe: QueryObserver;

  constructor(config: ConstructorParameters<typeof PrismaPg>[0], observe: QueryObserver) {
    super(config);
    this.#observe = observe;
  }

  override async connect(): Promise<Adapter> {
    const adapter = measured(await super.connect(), this.#observe);
    const start = adapter.startTransaction.bind(adapter);
    adapter.startTransaction = async (level) => measured(await start(level), this.#observe);
    return adapter;
  }
}

function measured<Measured extends Queryable>(queryable: Measured, observe: QueryObserver): Measured {
  const query = queryable.queryRaw.bind(queryable);
  const execute = queryable.executeRaw.bind(queryable);
  queryable.queryRaw = async (statement) => {
    const startedAt = performance.now();
    try {
      return await query(statement);
    } finally {
      observe(statement.sql, isQuestion(statement.sql) ? 'read' : 'write', secondsSince(startedAt));
    }
  };
  queryable.executeRaw = async (statement) => {
    const startedAt = performance.now();
    try {
      return await execute(statement);
    } finally {
      observe(statement.sql, 'write', secondsSince(startedAt));
    }
  };
  return queryable;
}

function isQuestion(sql: string): boolean {
  return /^\s*SELECT\b/i.test(sql);
}

function secondsSince(startedAt: number): number {
  return (performance.now() - startedAt) / 1000;
}
