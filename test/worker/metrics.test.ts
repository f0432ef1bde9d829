import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../../local/ports.ts';
import { createMetrics } from '../../telemetry/metrics.ts';
import { BACKUP_GAUGES } from '../../worker/backup-metrics.ts';
import { DATABASE_GAUGES } from '../../worker/database-gauges.ts';
import { createWorkerMetrics } from '../../worker/worker-metrics.ts';
import { until } from '../local/support/until.ts';
import { startServer } from '../support/http-server.ts';
import { type Rig, startRig } from '../support/rig.ts';
import { killScreentests, screentest, startScreentest } from '../support/screentest.ts';
import { samplesIn } from '../telemetry/alerts.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({ startsWorkers: false });
}, 60_000);
afterAll(async () => {
  killScreentests();
  await rig.stop();
}, 60_000);

test('a worker tells Prometheus what it does, what it costs and how the database is', async () => {
  const [port, temporalPort] = [await freePort(), await freePort()];
  const worker = startScreentest(['worker'], {
    ...rig.environment,
    SCREENTEST_HTTP_PORT: String(port),
    SCREENTEST_TEMPORAL_METRICS_PORT: String(temporalPort),
  });
  const page = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const read = async (name: string, label?: string) =>
    samplesIn(await page())
      .filter((sample) => sample.name === name)
      .find(({ labels = {} }) => label === undefined || Object.values(labels).includes(label))?.value;
  await worker.untilPrinted('the worker is ready');
  const id = await rig.start({ variants: 3 });
  await rig.until(id, ({ status }) => status === 'testing', 30_000);

  expect(await read('screentest_orders_submitted_total')).toBe(3);
  expect(await read('screentest_videos_stored_total')).toBe(3);
  expect(await read('screentest_activity_duration_seconds_count', 'collectVideo')).toBe(3);
  expect(await read('screentest_poll_rounds_total')).toBeGreaterThan(0);
  expect(await read('screentest_jobs_waited_for')).toBe(0);
  expect(await read('screentest_query_duration_seconds_count', 'read')).toBeGreaterThan(10);
  expect(await read('screentest_submit_rate_per_minute')).toBeGreaterThan(0);
  expect(await read('screentest_provider_errors_total', 'key_refused')).toBe(0);
  expect(await read('screentest_database_answers')).toBe(1);
  await until(
    'the look of a minute ago is taken again',
    async () => (await read('screentest_groups', 'testing')) === 1 || (await forgetLooks()),
  );
  expect(await read('screentest_month_usd', 'settle')).toBeGreaterThan(0);

  // Nothing on the page is unknown, and no label names a group, a person or a secret.
  const metrics = createMetrics();
  createWorkerMetrics(metrics);
  metrics.declare([...DATABASE_GAUGES, ...BACKUP_GAUGES]);
  const known = new Set(metrics.definitions.map(({ name }) => name));
  const text = await page();
  const typed = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
  expect(typed.filter((name) => !known.has(name))).toEqual([]);
  expect(samplesIn(text).filter(({ name }) => !known.has(name.replace(/_(bucket|sum|count)$/, '')))).toEqual(
    [],
  );
  expect(text).not.toContain(id);
  expect(text).not.toMatch(/@|[0-9a-f]{8}-[0-9a-f]{4}/);

  const temporal = await fetch(`http://127.0.0.1:${temporalPort}/metrics`);
  expect(await temporal.text()).toContain('temporal_worker_task_slots_available');

  expect(await worker.end('SIGTERM')).toMatchObject({ exit: 0 });
  // Its last sample of latencies is left for `screentest doctor`.
  expect(await rig.database.queryLatencySample.count()).toBe(1);
});

test('a port for Temporal’s metrics that is taken is named before the worker begins', async () => {
  await using server = await startServer((_, response) => response.end());
  const { exit, stderr } = await screentest(['worker'], {
    ...rig.environment,
    SCREENTEST_TEMPORAL_METRICS_PORT: String(server.port),
  });
  expect({ exit, stderr }).toEqual({
    exit: 4,
    stderr: expect.stringMatching(
      new RegExp(`127\\.0\\.0\\.1:${server.port}, can't be opened.*SCREENTEST_TEMPORAL_METRICS_PORT`, 's'),
    ),
  });
});

async function forgetLooks(): Promise<false> {
  await rig.database.monitoringSnapshot.deleteMany();
  return false;
}
