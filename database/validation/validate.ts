import { templateRows } from '../../planning/template-rows.ts';
import type { Database, Queries } from '../client.ts';
import { unbalancedOrders } from '../spend-queries.ts';
import type { Check } from './check.ts';
import { orphans } from './orphans.ts';
import { ROW_CHECKS } from './row-checks.ts';
import { SCHEMA_CHECKS } from './schema-checks.ts';

export interface CheckResult {
  readonly check: string;
  readonly isWell: boolean;
  /** How many problems there are. */
  readonly problems: number;
  /** Some of them. */
  readonly found: readonly string[];
}

/** Problems of one check that are shown. */
const SHOWN = 5;
/** Milliseconds: a large database takes minutes. */
const TIME_LIMIT = 3_600_000;

/**
 * Whether the database is sound: its schema, and what its rows say of each other. Reads only, all of it at one moment,
 * so that what is written meanwhile is seen wholly or not at all.
 * @param tell hears of each check as it begins
 */
export async function validateDatabase(
  database: Database,
  tell: (check: string) => void,
): Promise<readonly CheckResult[]> {
  return database.$transaction(
    async (tx) => {
      await tx.$executeRaw`SET TRANSACTION READ ONLY`;
      return runChecks(tx, tell);
    },
    { isolationLevel: 'RepeatableRead', timeout: TIME_LIMIT },
  );
}

/** All of them, in a transaction of the caller's. */
export async function runChecks(tx: Queries, tell: (check: string) => void): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, problems } of CHECKS) {
    tell(name);
    results.push(await result(tx, name, problems));
  }
  return results;
}

interface Examination {
  readonly name: string;
  readonly problems: (queries: Queries) => Promise<Problems>;
}

interface Problems {
  readonly count: number;
  readonly some: readonly string[];
}

const CHECKS: readonly Examination[] = [
  ...SCHEMA_CHECKS.map(asked),
  {
    name: 'the templates are those of this version',
    problems: async (queries) => counted(await strayTemplates(queries)),
  },
  { name: 'every key leads to a row', problems: async (queries) => counted(await orphans(queries)) },
  ...ROW_CHECKS.map(asked),
  {
    name: 'the account of every order is balanced',
    problems: async (queries) => {
      const unbalanced = await unbalancedOrders(queries);
      return counted(unbalanced.map(({ jobId, problem }) => `order ${jobId}: ${problem}`));
    },
  },
];

function counted(problems: readonly string[]): Problems {
  return { count: problems.length, some: problems.slice(0, SHOWN) };
}

function asked({ name, problems, of }: Check): Examination {
  return {
    name,
    problems: async (queries) => {
      if (of !== undefined && !(await isThere(queries, of))) return counted([]);
      const rows = await queries.$queryRawUnsafe<{ problem: string; total: number }[]>(
        `SELECT problem, count(*) OVER ()::int AS total FROM (${problems}) AS found ORDER BY problem LIMIT ${SHOWN}`,
      );
      return { count: rows[0]?.total ?? 0, some: rows.map(({ problem }) => problem) };
    },
  };
}

async function isThere(queries: Queries, table: string): Promise<boolean> {
  const [row] = await queries.$queryRaw<{ exists: boolean }[]>`
    SELECT to_regclass(${table}) IS NOT NULL AS exists`;
  return row?.exists === true;
}

/** A question that can't be asked is a problem too, and keeps no other from being asked. */
async function result(tx: Queries, check: string, problems: Examination['problems']): Promise<CheckResult> {
  await tx.$executeRaw`SAVEPOINT one_check`;
  try {
    const { count, some } = await problems(tx);
    return { check, isWell: count === 0, problems: count, found: some };
  } catch (error) {
    await tx.$executeRaw`ROLLBACK TO SAVEPOINT one_check`;
    const reason = error instanceof Error ? error.message.split('\n').at(-1) : String(error);
    return { check, isWell: false, problems: 1, found: [`it can't be asked: ${reason}`] };
  }
}

async function strayTemplates(queries: Queries): Promise<readonly string[]> {
  const rows = await queries.useCaseTemplate.findMany();
  const known = new Map(rows.map((row) => [row.code, row]));
  return templateRows().flatMap(({ code, name, description, skeleton, mutations }) => {
    const row = known.get(code);
    if (row === undefined) return [`${code} is missing; run \`screentest db migrate\``];
    const isSame =
      row.name === name &&
      row.description === description &&
      row.promptSkeleton === skeleton &&
      sorted(row.defaultMutations) === sorted(mutations);
    return isSame ? [] : [`${code} is another version's; run \`screentest db migrate\``];
  });
}

/** JSON without regard to the order of an object's fields, which Postgres does not keep. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
