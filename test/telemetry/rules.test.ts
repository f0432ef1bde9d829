import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { EXPECTED_UNUSED, HEALTH_LIMITS } from '../../domain/database-health.ts';
import { createMetrics, type MetricDefinition } from '../../telemetry/metrics.ts';
import { BACKUP_GAUGES } from '../../worker/backup-metrics.ts';
import { DATABASE_GAUGES } from '../../worker/database-gauges.ts';
import { createWorkerMetrics } from '../../worker/worker-metrics.ts';
import { readAlerts } from './alerts.ts';

const metrics = createMetrics();
createWorkerMetrics(metrics);
metrics.declare([...DATABASE_GAUGES, ...BACKUP_GAUGES]);
const { definitions } = metrics;
const alerts = readAlerts();
const page = readFileSync('docs/monitoring.md', 'utf8');

describe('the alert rules', () => {
  test('ask for metrics and labels that a worker has', () => {
    const exported = new Set(definitions.flatMap(namesOf));
    const labels = new Set([...definitions.flatMap(({ labels = [] }) => labels), 'le']);
    for (const { alert, expr } of alerts) {
      const names = [...expr.matchAll(/\bscreentest_\w+/g)].map(([name]) => name);
      expect({ alert, unknown: names.filter((name) => !exported.has(name)) }).toEqual({ alert, unknown: [] });
      const asked = [...expr.matchAll(/by \(([^)]+)\)/g)].flatMap(([, list = '']) => list.split(', '));
      expect({ alert, unknown: asked.filter((label) => !labels.has(label)) }).toEqual({ alert, unknown: [] });
    }
  });

  test('have the limits that `screentest doctor` has', () => {
    const limits = Object.fromEntries(
      alerts.map(({ alert, expr }) => [
        alert,
        [...expr.matchAll(/[<>] ([\d.]+)/g)].map(([, limit]) => Number(limit)),
      ]),
    );
    expect(limits).toMatchObject({
      ScreentestQueriesSlow: [HEALTH_LIMITS.querySeconds, HEALTH_LIMITS.queriesForPercentile],
      ScreentestStatementSlow: [HEALTH_LIMITS.slowQuerySeconds],
      ScreentestTableGrowth: [HEALTH_LIMITS.weeklyGrowth, HEALTH_LIMITS.growthFloorBytes],
      ScreentestIndexUnused: [HEALTH_LIMITS.unusedIndexBytes],
      ScreentestLockWait: [HEALTH_LIMITS.lockWaitSeconds],
      ScreentestIdleInTransaction: [HEALTH_LIMITS.idleInTransactionSeconds],
      ScreentestConnectionsNearMax: [HEALTH_LIMITS.connectionShare],
      ScreentestTransactionIdAge: [HEALTH_LIMITS.transactionIdAge],
      ScreentestPartitionsMissing: [HEALTH_LIMITS.monthsAhead],
    });
  });

  test('are each made to fire by promtool, and to stay quiet', () => {
    const {
      tests,
    }: {
      tests: readonly { alert_rule_test: readonly { alertname: string; exp_alerts: readonly unknown[] }[] }[];
    } = parse(readFileSync('ops/prometheus/rules.test.yaml', 'utf8'));
    const cases = tests.flatMap((one) => one.alert_rule_test);
    for (const { alert } of alerts) {
      const own = cases.filter(({ alertname }) => alertname === alert);
      expect({ alert, fires: own.map((one) => one.exp_alerts.length) }).toEqual({ alert, fires: [1, 0] });
    }
  });

  test('point to what docs/monitoring.md says to do', () => {
    const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading);
    expect(headings).toEqual(alerts.map(({ alert }) => alert));
    for (const { alert, annotations } of alerts) {
      expect(annotations.docs).toBe(`docs/monitoring.md#${alert.toLowerCase()}`);
    }
  });
});

test('docs/monitoring.md lists every metric, what it means and its labels', () => {
  const rows = [...page.matchAll(/^\| `(screentest_\w+)` +\| (\w+) +\| (.*?) +\| (.*?) +\|$/gm)];
  expect(rows.map(([, name, type, labels, help]) => ({ name, type, labels, help }))).toEqual(
    definitions.map(({ name, type, labels = [], help }) => ({
      name,
      type,
      labels: labels.map((label) => `\`${label}\``).join(', '),
      help,
    })),
  );
});

test('docs/monitoring.md names the indexes that may be unused', () => {
  const [, section = ''] = /^### ScreentestIndexUnused\n(.*?)^### /ms.exec(page) ?? [];
  const named = [...section.matchAll(/`(idx_\w+)`/g)].map(([, index = '']) => index);
  expect(named.toSorted()).toEqual(Object.keys(EXPECTED_UNUSED).toSorted());
});

test('the dashboard asks for metrics that a worker has', () => {
  const dashboard = readFileSync('ops/prometheus/dashboard.json', 'utf8');
  const exported = new Set(definitions.flatMap(namesOf));
  const asked = [...dashboard.matchAll(/\bscreentest_\w+/g)].map(([name]) => name);
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter((name) => !exported.has(name))).toEqual([]);
});

test('no metric has a label whose values are many, or anybody’s', () => {
  const labels = new Set(definitions.flatMap(({ labels = [] }) => labels));
  expect([...labels].toSorted()).toEqual([
    'activity',
    'checked',
    'entry',
    'index',
    'kind',
    'lacks',
    'look',
    'operation',
    'outcome',
    'rank',
    'source',
    'state',
    'status',
    'table',
  ]);
});

function namesOf({ name, type }: MetricDefinition): readonly string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
}
