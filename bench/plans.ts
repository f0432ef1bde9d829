import { open, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { createDatabase, type Database } from '../database/client.ts';

/** A node of `EXPLAIN (FORMAT JSON)`, as far as it is read here. */
interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Actual Loops'?: number;
  readonly Plans?: readonly PlanNode[];
}

export interface PlanFindings {
  /** How many statements there were. */
  readonly statements: number;
  /** The kinds of scan and what they read, each once; the partitions of a table as one. */
  readonly scans: readonly string[];
  /** Of each partitioned table, how many partitions a statement read at the most. */
  readonly partitions: Readonly<Record<string, number>>;
  /** What must not be. */
  readonly problems: readonly string[];
}

const PARTITION = /^(variant_performance|metric_observations)_(\d{4}_\d{2}|default)$/;

/**
 * Runs `work` on a connection whose statements Postgres explains as it runs them, into its log, and reads the plans there.
 * @param mostPartitions of a table, by its own bounds on `recorded_at`
 */
export async function plansOf(
  { url, logFile }: { url: string; logFile: string },
  mostPartitions: number,
  work: (database: Database) => Promise<unknown>,
): Promise<PlanFindings> {
  const explained = new URL(url);
  explained.searchParams.set(
    'options',
    [
      '-c session_preload_libraries=auto_explain',
      '-c auto_explain.log_min_duration=0',
      '-c auto_explain.log_analyze=on',
      '-c auto_explain.log_timing=off',
      '-c auto_explain.log_format=json',
    ].join(' '),
  );
  const { size } = await stat(logFile);
  const database = createDatabase(explained.href, 1);
  try {
    await work(database);
  } finally {
    await database.$disconnect();
  }
  await delay(200); // what the server has said is in its log a little later
  return findingsIn(plansIn(await textFrom(logFile, size)), mostPartitions);
}

async function textFrom(file: string, offset: number): Promise<string> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const { buffer } = await handle.read(Buffer.alloc(size - offset), 0, size - offset, offset);
    return buffer.toString('utf8');
  } finally {
    await handle.close();
  }
}

/** Lines that go on with an entry of the log begin with a tab. */
function plansIn(log: string): readonly PlanNode[] {
  return [...log.matchAll(/duration: [\d.]+ ms {2}plan:\n((?:\t.*\n)+)/g)].map(([, json = '']) => {
    const { Plan } = JSON.parse(json.replaceAll(/^\t/gm, '')) as { Plan: PlanNode };
    return Plan;
  });
}

function findingsIn(plans: readonly PlanNode[], mostPartitions: number): PlanFindings {
  const scans = new Set<string>();
  const problems = new Set<string>();
  const partitions: Record<string, number> = {};
  for (const plan of plans) {
    const read = new Map<string, Set<string>>();
    for (const node of nodesOf(plan)) {
      const relation = node['Relation Name'];
      // A partition that was pruned while the statement ran is in the plan, but was not read.
      if (relation === undefined || node['Actual Loops'] === 0) continue;
      const [, table, part] = PARTITION.exec(relation) ?? [];
      scans.add(`${node['Node Type']} on ${table ?? relation}`);
      if (table === undefined || part === undefined || node['Node Type'] === 'ModifyTable') continue;
      read.set(table, (read.get(table) ?? new Set()).add(part));
      if (node['Node Type'] === 'Seq Scan' && part !== 'default')
        problems.add(`sequential scan of ${relation}`);
    }
    for (const [table, parts] of read) {
      partitions[table] = Math.max(partitions[table] ?? 0, parts.size);
      if (parts.size > mostPartitions)
        problems.add(`${parts.size} partitions of ${table} are read, not ${mostPartitions}`);
    }
  }
  if (plans.length === 0) problems.add('the log has no plan');
  return { statements: plans.length, scans: [...scans].toSorted(), partitions, problems: [...problems] };
}

function nodesOf(plan: PlanNode): readonly PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
