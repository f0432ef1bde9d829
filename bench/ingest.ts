import { randomUUID } from 'node:crypto';
import { parseArgs } from 'node:util';
import { Client as PostgresClient } from 'pg';
import { createDatabase, type Database } from '../database/client.ts';
import {
  type Import,
  ingestObservations,
  type Observation,
  type Publications,
  publicationKey,
  rollUp,
  writeObservations,
  writePublications,
} from '../database/metric-ingest.ts';
import { type GroupId, groupId, variantId } from '../domain/ids.ts';
import { metricUnit } from '../domain/metrics.ts';
import { copyIn } from './copy.ts';
import { keep, quantile, rounded } from './results.ts';
import { BENCH_METRICS, BENCH_PLATFORMS, ROWS_A_DAY, VARIANTS_A_GROUP } from './state.ts';
import { withState } from './state-server.ts';

const HELP = `How quickly metrics are taken in, beside a plain COPY of the same rows into the same tables, which can't upsert.

  npm run bench:ingest -- [options]

  --rounds <n>         of each kind in turn; 9
  --days <n>           of daily rows in a file, ${ROWS_A_DAY} rows each; 90
  --scale <share>      of the 30,000 groups that the tables hold already; 1
  --no-targets         fail for nothing
  --keep               keep the data for the next run
  --out <file.json>    where the figures are written; bench/results/ingest.json
  --help
`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '9' },
    days: { type: 'string', default: '90' },
    scale: { type: 'string', default: '1' },
    'no-targets': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    out: { type: 'string', default: 'bench/results/ingest.json' },
    help: { type: 'boolean', default: false },
  },
});

/** Of a COPY of the same rows. */
const LEAST_SHARE = 0.8;
const BY = 'bench@example.com';

/** A new group, nothing of whose metrics is known yet, and the file that is taken in for it. */
interface File {
  readonly group: GroupId;
  readonly observations: readonly Observation[];
  readonly by: Import;
  readonly publications: Publications;
}

interface Tools {
  readonly database: Database;
  readonly client: PostgresClient;
}

type Way = (tools: Tools, file: File) => Promise<unknown>;

/** Each way beside the COPY that it is measured by. */
const PAIRS: Readonly<
  Record<string, { readonly ours: Way; readonly copy: Way; readonly isHeldTo: boolean }>
> = {
  'the facts (metric_observations)': {
    ours: ({ database }, { observations, by, publications }) =>
      database.$transaction((tx) => writeObservations(tx, by, observations, publications), LONG),
    copy: ({ client }, file) => copyFacts(client, file),
    isHeldTo: true,
  },
  "the seed's table (variant_performance)": {
    ours: ({ database }, { observations, by, publications }) =>
      database.$transaction((tx) => rollUp(tx, by, observations, publications), LONG),
    copy: ({ client }, file) => copyRollUp(client, file),
    isHeldTo: true,
  },
  'a whole import: both and the totals': {
    ours: ({ database }, { group, observations }) => importFile(database, group, observations),
    async copy({ client }, file) {
      await client.query('BEGIN');
      await copyFacts(client, file);
      await copyRollUp(client, file);
      await client.query('COMMIT');
    },
    isHeldTo: false,
  },
};

const LONG = { timeout: 300_000, maxWait: 10_000 };

function importFile(database: Database, group: GroupId, observations: readonly Observation[]) {
  const source = { groupId: group, fileName: 'bench.csv', fileSha256: '0'.repeat(64), by: BY, skipped: 0 };
  return ingestObservations(database, source, observations);
}

function copyFacts(client: PostgresClient, { observations, by, publications }: File): Promise<void> {
  const ids = new Map([...publications].map(([key, { id }]) => [key, id]));
  const lines = observations.map((row) =>
    [
      ids.get(publicationKey(row)),
      row.metric,
      row.recordedAt.toISOString(),
      row.value,
      by.importId,
      by.createdBy,
    ].join('\t'),
  );
  const columns = 'publication_id, metric_name, recorded_at, value, import_id, created_by';
  return copyIn(client, `COPY metric_observations (${columns}) FROM STDIN`, `${lines.join('\n')}\n`);
}

function copyRollUp(client: PostgresClient, { observations, by }: File): Promise<void> {
  const lines = observations.map(({ variantId: variant, platform, metric, recordedAt, value }) =>
    [
      variant,
      platform,
      metric,
      value,
      metricUnit(metric),
      recordedAt.toISOString(),
      'csv',
      by.createdBy,
    ].join('\t'),
  );
  const columns =
    'video_variant_id, platform, metric_name, metric_value, metric_unit, recorded_at, data_source, created_by';
  return copyIn(client, `COPY variant_performance (${columns}) FROM STDIN`, `${lines.join('\n')}\n`);
}

async function newFile({ database, client }: Tools): Promise<File> {
  const group = groupId(randomUUID());
  const variants = Array.from({ length: VARIANTS_A_GROUP }, () => variantId(randomUUID()));
  await client.query(
    `INSERT INTO variant_groups (id, venture_id, use_case_template, use_case_template_id, test_name, created_by)
     SELECT $1, venture_id, use_case_template, use_case_template_id, 'Import bench', created_by FROM variant_groups LIMIT 1`,
    [group],
  );
  await client.query(
    `INSERT INTO video_variants (id, variant_group_id, variant_name, position, prompt_text)
     SELECT id, $1, 'Variant ' || position, position, 'bench' FROM unnest($2::uuid[]) WITH ORDINALITY AS v (id, position)`,
    [group, variants],
  );
  const today = Math.floor(Date.now() / 86_400_000);
  const observations = Array.from(
    { length: Number(options.days) },
    (_, back) => new Date((today - back) * 86_400_000),
  )
    .toReversed()
    .flatMap((recordedAt) =>
      variants.flatMap((variant) =>
        BENCH_PLATFORMS.flatMap((platform) =>
          BENCH_METRICS.map((metric) => ({
            variantId: variant,
            platform,
            ad: '',
            metric,
            value: String(Math.floor(Math.random() * 10_000)),
            recordedAt,
          })),
        ),
      ),
    );
  const { rows } = await client.query<Import>(
    `INSERT INTO metric_imports (variant_group_id, source, created_by)
     SELECT id, 'csv', created_by FROM variant_groups WHERE id = $1
     RETURNING id AS "importId", created_by AS "createdBy"`,
    [group],
  );
  const [by] = rows;
  if (by === undefined) throw new Error('no group to import into');
  const publications = await database.$transaction((tx) => writePublications(tx, observations, by.createdBy));
  return { group, observations, by, publications };
}

async function main(): Promise<void> {
  if (options.help) {
    process.stdout.write(HELP);
    return;
  }
  const size = {
    groupsAYear: Math.ceil(10_000 * Number(options.scale)),
    years: 3,
    daysAGroup: 1,
    hotGroups: Math.ceil(30 * Number(options.scale)),
  };
  await withState({ size, keeps: options.keep, say }, async ({ url }) => {
    const tools = { database: createDatabase(url, 1), client: new PostgresClient({ connectionString: url }) };
    await tools.client.connect();
    try {
      const figures = { ...(await measurePairs(tools)), ...(await measureRepeats(tools)) };
      await keep(options.out, 'ingest', {
        rounds: Number(options.rounds),
        rowsInAFile: Number(options.days) * ROWS_A_DAY,
        ...figures,
      });
    } finally {
      await tools.client.end();
      await tools.database.$disconnect();
    }
  });
}

interface Pair {
  readonly oursPerSecond: number;
  readonly copyPerSecond: number;
  /** The middle one of the rounds' own: whatever else the machine does meets both of a round alike. */
  readonly share: number;
}

/** Ours and the COPY in turn, each with a file of its own; which is first changes with each round. */
async function measurePairs(tools: Tools): Promise<Readonly<Record<string, Pair>>> {
  const figures: Record<string, Pair> = {};
  for (const [name, { ours, copy, isHeldTo }] of Object.entries(PAIRS)) {
    const rates: { ours: number; copy: number }[] = [];
    for (let round = 0; round <= Number(options.rounds); round += 1) {
      const inTurn = async (way: Way) => rateOf(tools, way, await newFile(tools));
      const oursFirst = round % 2 === 0;
      const first = await inTurn(oursFirst ? ours : copy);
      const second = await inTurn(oursFirst ? copy : ours);
      // The first round is for what both find cold.
      if (round > 0) rates.push(oursFirst ? { ours: first, copy: second } : { ours: second, copy: first });
    }
    const share = rounded(
      quantile(
        rates.map((rate) => rate.ours / rate.copy),
        0.5,
      ),
      3,
    );
    figures[name] = {
      oursPerSecond: Math.round(
        quantile(
          rates.map((rate) => rate.ours),
          0.5,
        ),
      ),
      copyPerSecond: Math.round(
        quantile(
          rates.map((rate) => rate.copy),
          0.5,
        ),
      ),
      share,
    };
    say(`${name}: ${JSON.stringify(figures[name])}`);
    say(`  the rounds: ${rates.map((rate) => (rate.ours / rate.copy).toFixed(2)).join(' ')}`);
    if (isHeldTo && share < LEAST_SHARE && !options['no-targets']) {
      say(`NOT AS IT SHOULD BE: ${share} of a COPY, not ${LEAST_SHARE}`);
      process.exitCode = 1;
    }
  }
  return figures;
}

/** The same file again, and with every value restated. */
async function measureRepeats(tools: Tools): Promise<Readonly<Record<string, unknown>>> {
  const file = await newFile(tools);
  const restated = file.observations.map((row) => ({ ...row, value: String(Number(row.value) + 1) }));
  const figures: Record<string, unknown> = {};
  for (const [name, observations] of [
    ['new', file.observations],
    ['the same again', file.observations],
    ['all restated', restated],
  ] as const) {
    const startedAt = performance.now();
    const counts = await importFile(tools.database, file.group, observations);
    figures[`an import: ${name}`] = { perSecond: perSecond(observations.length, startedAt), ...counts };
    say(`an import, ${name}: ${JSON.stringify(figures[`an import: ${name}`])}`);
  }
  return figures;
}

async function rateOf(tools: Tools, way: Way, file: File): Promise<number> {
  const startedAt = performance.now();
  await way(tools, file);
  return perSecond(file.observations.length, startedAt);
}

function perSecond(rows: number, startedAt: number): number {
  return Math.round(rows / ((performance.now() - startedAt) / 1000));
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();
