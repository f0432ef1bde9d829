import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type pg from 'pg';
import { createMonitoringActivities } from '../../activities/monitoring.ts';
import { examineDatabase } from '../../cli/doctor-database.ts';
import { createDatabase, type Database } from '../../database/client.ts';
import { sampleSizes } from '../../database/health/table-sizes.ts';
import { QUERY_BOUNDS, quantileBound } from '../../domain/latency.ts';
import { startPostgres } from '../../local/postgres.ts';
import { migrate } from '../../prisma/migrator.ts';
import { openBackupFolder } from '../../recovery/backup/backup-folder.ts';
import { backupHealth } from '../../recovery/backup/health.ts';
import { createLogger } from '../../telemetry/logger.ts';
import { createMetrics, type Sample } from '../../telemetry/metrics.ts';
import { BACKUP_GAUGES, createBackupMetrics } from '../../worker/backup-metrics.ts';
import { DATABASE_GAUGES } from '../../worker/database-gauges.ts';
import { createDatabaseMetrics } from '../../worker/database-metrics.ts';
import { createQueryRecorder } from '../../worker/query-recorder.ts';
import { newFolder, removeFolders } from '../local/support/folders.ts';
import { until } from '../local/support/until.ts';
import { connected } from '../prisma/clients.ts';
import { GROUP, insertGroups, JOB, VARIANT } from '../prisma/rows.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { isBeyond, readAlerts, samplesIn } from '../telemetry/alerts.ts';

/** Each condition is made to happen on a real server; the alert's rule and `screentest doctor` must both see it. */

let server: TestDatabase;
let database: Database;
let client: pg.Client;

beforeAll(async () => {
  server = await createTestDatabase({ migrated: true });
  database = createDatabase(server.url, 5);
  client = await connected(server.url);
  await insertGroups(client);
}, 60_000);
afterAll(async () => {
  await client.end();
  await database.$disconnect();
  await server.drop();
  await removeFolders();
});
// Whatever was looked at before is forgotten.
beforeEach(forget);

async function forget(): Promise<void> {
  await client.query('DELETE FROM monitoring_snapshots');
}

function pageOf(samples: readonly Sample[]): readonly Sample[] {
  const metrics = createMetrics();
  metrics.declare([...DATABASE_GAUGES, ...BACKUP_GAUGES]);
  return samplesIn(metrics.text(samples));
}

/** What Prometheus would read from a worker that looks now. */
async function scraped(): Promise<readonly Sample[]> {
  await forget();
  return pageOf(await createDatabaseMetrics(database)());
}

/** Whether the rule's expression holds of what a worker reports now. */
async function isFiring(name: string): Promise<boolean> {
  const alert = readAlerts().find((one) => one.alert === name);
  if (alert === undefined) throw new Error(`there is no alert ${name}`);
  return isBeyond(alert, await scraped());
}

async function doctorOn(subject: string) {
  const finding = (await examineDatabase(database)).find((one) => one.subject === subject);
  if (finding === undefined) throw new Error(`doctor has nothing to say of ${subject}`);
  return finding;
}

async function expectAlarm(alert: string, subject: string, said: RegExp): Promise<void> {
  expect({ alert, isFiring: await isFiring(alert) }).toEqual({ alert, isFiring: true });
  expect(await doctorOn(subject)).toEqual({ subject, isWell: false, detail: expect.stringMatching(said) });
}

async function expectQuiet(alert: string, subject: string): Promise<void> {
  expect({ alert, isFiring: await isFiring(alert) }).toEqual({ alert, isFiring: false });
  expect(await doctorOn(subject)).toMatchObject({ subject, isWell: true });
}

test('a database that is well raises no alarm, and every look succeeds', async () => {
  const samples = await scraped();
  const byPromtool = new Set(['ScreentestQueriesSlow', 'ScreentestProviderFailing', 'ScreentestKeyRefused']);
  const firing = readAlerts()
    .filter(({ alert, expr }) => !byPromtool.has(alert) && !expr.includes('absent('))
    .filter(({ expr }) => !/ \/ |=~/.test(expr))
    .filter((alert) => isBeyond(alert, samples));
  expect(firing.map(({ alert }) => alert)).toEqual([]);
  expect(samples.filter(({ name, value }) => name === 'screentest_look_failed' && value === 1)).toEqual([]);
  const findings = await examineDatabase(database);
  expect(findings.filter(({ isWell }) => !isWell)).toEqual([]);
  expect(findings.map(({ subject }) => subject)).toEqual([
    'query latency',
    'slowest queries',
    'table growth',
    'index use',
    'lock waits',
    'sessions',
    'partitions',
    'orders',
    'totals',
    'upkeep',
  ]);
});

test('a lock that is waited for longer than five seconds tells who blocks whom', async () => {
  const holder = await connected(server.url);
  const waiter = await connected(server.url);
  try {
    await holder.query('BEGIN');
    await holder.query('LOCK TABLE use_case_templates IN ACCESS EXCLUSIVE MODE');
    const { rows } = await holder.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const waiting = waiter.query('SELECT count(*) FROM use_case_templates');
    await until(
      'somebody has waited for more than a second',
      async () => (await doctorValue('screentest_lock_wait_seconds')) > 1,
    );
    await expectQuiet('ScreentestLockWait', 'lock waits');
    await until(
      'somebody has waited for five seconds',
      async () => (await doctorValue('screentest_lock_wait_seconds')) > 5,
    );
    await expectAlarm(
      'ScreentestLockWait',
      'lock waits',
      new RegExp(`has waited \\d+ s for ${rows[0]?.pid} \\(idle in transaction`),
    );
    expect(await doctorValue('screentest_idle_in_transaction_seconds')).toBeGreaterThan(4);
    await holder.query('COMMIT');
    await waiting;
    await expectQuiet('ScreentestLockWait', 'lock waits');
  } finally {
    await holder.end();
    await waiter.end();
  }
});

async function doctorValue(name: string): Promise<number> {
  return (await scraped()).find((sample) => sample.name === name)?.value ?? Number.NaN;
}

test('rows in a default partition, until they are moved', async () => {
  await client.query(`
    INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value, recorded_at)
    VALUES ('${VARIANT}', 'tiktok', 'views', 7, now() - interval '30 months')`);
  await expectAlarm(
    'ScreentestDefaultPartitionRows',
    'partitions',
    /1 rows of variant_performance are in its default/,
  );
  await client.query('DELETE FROM variant_performance');
  await expectQuiet('ScreentestDefaultPartitionRows', 'partitions');
});

test('a month to come without its partition', async () => {
  await expectQuiet('ScreentestPartitionsMissing', 'partitions');
  const next = await client.query<{ name: string }>(
    `SELECT to_char((now() AT TIME ZONE 'UTC') + interval '1 month', '"screentest_partitions.metric_observations_"YYYY_MM') AS name`,
  );
  await client.query(`DROP TABLE ${next.rows[0]?.name}`);
  await expectAlarm('ScreentestPartitionsMissing', 'partitions', /only 0 of the months to come/);
  await client.query(`SELECT screentest_ensure_month_partitions((now() AT TIME ZONE 'UTC')::date, 4)`);
  await expectQuiet('ScreentestPartitionsMissing', 'partitions');
});

test('money that stays reserved after its job’s deadline, and an order that is held', async () => {
  await client.query(`
    INSERT INTO video_generation_jobs
      (id, video_variant_id, idempotency_key, submission_state, job_status, sora_job_id, job_submitted_at, job_deadline, reserved_usd)
    VALUES ('${JOB}', '${VARIANT}', 'k', 'accepted', 'processing', 'video_1', now() - interval '1 hour', now() - interval '14 minutes', 0.4);
    INSERT INTO budget_ledger (variant_group_id, job_id, entry, amount_micro_usd, month)
    VALUES ('${GROUP}', '${JOB}', 'reserve', 400000, date_trunc('month', now() AT TIME ZONE 'UTC')::date)`);
  await expectQuiet('ScreentestReservationsOverdue', 'orders');
  expect(await doctorValue('screentest_month_usd')).toBeCloseTo(0.4);
  await client.query(`UPDATE video_generation_jobs SET job_deadline = now() - interval '16 minutes'`);
  await expectAlarm(
    'ScreentestReservationsOverdue',
    'orders',
    new RegExp(`\\$0.40 are reserved by 1 orders .*${JOB}`),
  );

  await client.query(
    `UPDATE video_generation_jobs SET submission_state = 'held', held_reason = 'nobody knows'`,
  );
  await expectQuiet('ScreentestReservationsOverdue', 'totals');
  await expectAlarm('ScreentestOrdersHeld', 'orders', /1 orders are held, \$0.40 together/);
  await client.query('DELETE FROM video_generation_jobs; DELETE FROM budget_ledger');
  await expectQuiet('ScreentestOrdersHeld', 'orders');
});

test('totals that their rows do not add up to, whether the rows are newer or the total is wrong', async () => {
  const total = (value: number, rows: number) => `
    INSERT INTO variant_metric_totals
      (video_variant_id, platform, metric_name, total_value, first_recorded_at, last_recorded_at, row_count)
    VALUES ('${VARIANT}', 'tiktok', 'views', ${value}, now(), now(), ${rows})
    ON CONFLICT (video_variant_id, platform, metric_name) DO UPDATE
      SET total_value = excluded.total_value, row_count = excluded.row_count`;
  await client.query(`
    INSERT INTO variant_performance (video_variant_id, platform, metric_name, metric_value)
    VALUES ('${VARIANT}', 'tiktok', 'views', 7)`);
  await expectAlarm('ScreentestTotalsStale', 'totals', new RegExp(`1 of \\d+ variants .*${VARIANT}`));
  await client.query(total(7, 1));
  await expectQuiet('ScreentestTotalsStale', 'totals');
  await client.query(total(8, 1));
  await expectAlarm('ScreentestTotalsStale', 'totals', /do not add up/);

  // The daily look goes through all of them, and every worker reports what it found.
  await createMonitoringActivities({ database }).sampleDatabase();
  const daily = pageOf(await createDatabaseMetrics(database)());
  expect(daily).toContainEqual({ name: 'screentest_totals_stale', labels: { checked: 'all' }, value: 1 });
  await client.query('DELETE FROM variant_performance; DELETE FROM variant_metric_totals');
  await expectQuiet('ScreentestTotalsStale', 'totals');
});

test('an order whose account is not balanced, found by the daily look', async () => {
  await client.query(`
    INSERT INTO video_generation_jobs (id, video_variant_id, idempotency_key) VALUES ('${JOB}', '${VARIANT}', 'k')`);
  await createMonitoringActivities({ database }).sampleDatabase();
  const [alert] = readAlerts().filter((one) => one.alert === 'ScreentestBookUnbalanced');
  if (alert === undefined) throw new Error('no such alert');
  const found = pageOf(await createDatabaseMetrics(database)());
  expect(isBeyond(alert, found)).toBe(true);
  await client.query('DELETE FROM video_generation_jobs');
});

describe('a table of more than 100 MB', () => {
  const fill = (rows: number) =>
    client.query(
      `INSERT INTO video_prompts (prompt_text) SELECT repeat('x', 2900) || n FROM generate_series(1, ${rows}) n`,
    );

  beforeAll(async () => {
    await client.query(`
      ALTER TABLE video_prompts ALTER prompt_text SET STORAGE EXTERNAL;
      ALTER TABLE video_prompts SET (autovacuum_enabled = false)`);
    await fill(30_000);
    await sampleSizes(database);
    await client.query('UPDATE table_size_samples SET sampled_on = sampled_on - 7');
  }, 60_000);

  test('that grew by more than a tenth in a week', async () => {
    await expectQuiet('ScreentestTableGrowth', 'table growth');
    await fill(9000);
    await expectAlarm(
      'ScreentestTableGrowth',
      'table growth',
      /video_prompts grew by \d\d% in a week to 1\d\d\.\d MB/,
    );
    await client.query('UPDATE table_size_samples SET sampled_on = sampled_on + 1');
    expect(await isFiring('ScreentestTableGrowth')).toBe(false);
  });

  test('with an index that nobody uses, once uses have been counted for long', async () => {
    await client.query('CREATE INDEX idx_spare ON video_prompts (md5(prompt_text))');
    await expectQuiet('ScreentestIndexUnused', 'index use');
    await client.query(`UPDATE _prisma_migrations SET finished_at = now() - interval '15 days'`);
    await expectAlarm('ScreentestIndexUnused', 'index use', /idx_spare of video_prompts/);
    await client.query(`
      SET enable_seqscan = off; SET enable_bitmapscan = off;
      SELECT count(*) FROM video_prompts WHERE md5(prompt_text) = 'none';
      SELECT pg_stat_force_next_flush()`);
    await until('the use was counted', async () => !(await isFiring('ScreentestIndexUnused')));
    await client.query('DROP INDEX idx_spare');
  });

  test('that ANALYZE has not visited for long', async () => {
    await client.query('ANALYZE video_prompts; UPDATE video_prompts SET is_variant = false WHERE true');
    await client.query('UPDATE video_prompts SET is_variant = true');
    await client.query('SELECT pg_stat_force_next_flush()');
    await until('the changes were counted', () => isFiring('ScreentestTablesNeglected'));
    await expectAlarm(
      'ScreentestTablesNeglected',
      'upkeep',
      /not analysed for too long: video_prompts; .*dead rows: video_prompts/,
    );
    await client.query('VACUUM ANALYZE video_prompts');
    await client.query('SELECT pg_stat_force_next_flush()');
    await until('the visit was counted', async () => !(await isFiring('ScreentestTablesNeglected')));
  });
});

test('slow queries, as a worker measures them', async () => {
  const metrics = createMetrics();
  const histogram = metrics.histogram(
    { name: 'screentest_query_duration_seconds', help: '', labels: ['kind'] },
    QUERY_BOUNDS,
  );
  const recorder = createQueryRecorder(histogram);
  const measured = createDatabase(server.url, 5, recorder.observe);
  recorder.start(database, createLogger('silent'));
  try {
    for (let n = 0; n < 110; n++) await measured.$queryRaw`SELECT 1`;
    expect(quantileBound(histogram.counts({ kind: 'read' }), 0.95)).toBeLessThanOrEqual(0.1);
    await Promise.all(Array.from({ length: 10 }, () => measured.$queryRaw`SELECT true FROM pg_sleep(1.1)`));
    const counts = histogram.counts({ kind: 'read' });
    expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(120);
    expect(quantileBound(counts, 0.95)).toBe(2.5);
    await measured.$executeRaw`SELECT 1`;
    expect(metrics.text()).toContain('screentest_query_duration_seconds_count{kind="write"} 1');
  } finally {
    await measured.$disconnect();
    await recorder.stop();
  }
  expect(await doctorOn('query latency')).toMatchObject({
    isWell: false,
    detail: expect.stringMatching(/^P95 of 120 queries in 15 minutes is at most 2500 ms/),
  });
  await expectAlarm(
    'ScreentestStatementSlow',
    'slowest queries',
    /^from the workers' own .*: SELECT true FROM pg_sleep\(1\.1\)/,
  );
  await client.query('DELETE FROM query_latency_samples');
  await expectQuiet('ScreentestStatementSlow', 'slowest queries');
});

test('the slowest queries are pg_stat_statements’ own where it is installed', async () => {
  const postgres = await startPostgres({
    dataDirectory: await newFolder(),
    settings: { fsync: 'off', shared_preload_libraries: 'pg_stat_statements' },
  });
  const other = createDatabase(postgres.url, 5);
  try {
    await migrate({ connectionString: postgres.url, opensAutomaticMode: true });
    const slowest = async () =>
      (await examineDatabase(other)).find(({ subject }) => subject === 'slowest queries');
    expect(await slowest()).toMatchObject({ detail: expect.stringContaining("workers' own") });
    await other.$executeRaw`CREATE EXTENSION pg_stat_statements`;
    await Promise.all(Array.from({ length: 5 }, () => other.$queryRaw`SELECT true FROM pg_sleep(1.1)`));
    expect(await slowest()).toMatchObject({
      isWell: false,
      detail: expect.stringMatching(
        /^from pg_stat_statements: 11\d\d ms on average.* 5 times: SELECT \$1 FROM pg_sleep|^from pg_stat_statements: 11\d\d ms.*pg_sleep/,
      ),
    });
  } finally {
    await other.$disconnect();
    await postgres.stop();
  }
});

test('backups that are not as they should be, where somebody looks after them', async () => {
  const [alert] = readAlerts().filter((one) => one.alert === 'ScreentestBackupProblem');
  if (alert === undefined) throw new Error('no such alert');
  const well = { newestVerified: { id: 'b', ageSeconds: 3600 }, newestWalAgeSeconds: 60, problems: [] };
  const quiet = pageOf(await createBackupMetrics(async () => well)());
  expect(quiet).toContainEqual({ name: 'screentest_backup_age_seconds', labels: {}, value: 3600 });
  expect(isBeyond(alert, quiet)).toBe(false);

  // A folder in which no backup was ever made.
  const { path: folder } = await openBackupFolder(await newFolder());
  const health = createBackupMetrics(() => backupHealth({ folder, databaseUrl: server.url }));
  expect(isBeyond(alert, pageOf(await health()))).toBe(true);
});

test('a look that fails is told as blindness, and takes no other down with it', async () => {
  await client.query('ALTER TABLE variant_metric_totals RENAME TO totals_gone');
  try {
    await expectAlarm('ScreentestLookFailing', 'totals', /could not be looked at/);
    expect(await doctorValue('screentest_partition_months_ahead')).toBeGreaterThan(1);
  } finally {
    await client.query('ALTER TABLE totals_gone RENAME TO variant_metric_totals');
  }
  expect(await isFiring('ScreentestLookFailing')).toBe(false);
});

test('a look is ended by the server when it takes too long, and a look never writes', async () => {
  const { look } = await import('../../database/health/bounded.ts');
  await expect(look(database, (tx) => tx.$queryRaw`SELECT true FROM pg_sleep(3)`, 200)).rejects.toThrow(
    /statement timeout/,
  );
  await expect(look(database, (tx) => tx.$executeRaw`DELETE FROM ventures`)).rejects.toThrow(/read-only/);
});

test('a database that does not answer is told of, and keeps no scrape waiting for long', async () => {
  const gone = createDatabase('postgresql://nobody@127.0.0.1:1/none', 1);
  expect(await createDatabaseMetrics(gone)()).toEqual([{ name: 'screentest_database_answers', value: 0 }]);
  await gone.$disconnect();

  // One that takes the connection and says nothing.
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const address = silent.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const mute = createDatabase(`postgresql://nobody@127.0.0.1:${address.port}/none`, 1);
  const startedAt = performance.now();
  expect(await createDatabaseMetrics(mute)()).toEqual([]);
  expect(performance.now() - startedAt).toBeLessThan(4000);
  silent.close();
  await mute.$disconnect();
});

test('a storm of scrapes at three workers is one look at the database', async () => {
  const asked: string[] = [];
  const pools = Array.from({ length: 3 }, () => createDatabase(server.url, 2, (sql) => asked.push(sql)));
  const workers = pools.map((pool) => createDatabaseMetrics(pool));
  const pages = await Promise.all(workers.flatMap((worker) => Array.from({ length: 300 }, () => worker())));
  expect(pages).toHaveLength(900);
  expect(asked.filter((sql) => sql.includes('pg_partition_tree(c.oid) AS tree'))).toHaveLength(1);
  expect(asked.filter((sql) => sql.includes('pg_blocking_pids'))).toHaveLength(1);
  // Reading what is stored (three) and trying to claim two looks, for each worker; the looks themselves.
  expect(asked.length).toBeLessThan(3 * 5 + 40);
  for (const pool of pools) await pool.$disconnect();
});
