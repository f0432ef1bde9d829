import { describe, expect, test } from '@jest/globals';
import { createMetrics } from '../../telemetry/metrics.ts';

describe('the page that Prometheus reads', () => {
  test('has a counter, a gauge and a histogram, each with what it means', () => {
    const metrics = createMetrics();
    const orders = metrics.counter({ name: 'orders_total', help: 'Orders' });
    const errors = metrics.counter({ name: 'errors_total', help: 'Errors', labels: ['kind'] });
    metrics.gauge({ name: 'waiting', help: 'Who waits' }, () => 7);
    const durations = metrics.histogram({ name: 'seconds', help: 'How long' }, [0.1, 1]);
    orders.add();
    errors.add(2, { kind: 'refused' });
    for (const seconds of [0.1, 0.5, 3]) durations.observe(seconds);
    expect(metrics.text().split('\n')).toEqual([
      '# HELP orders_total Orders',
      '# TYPE orders_total counter',
      'orders_total 1',
      '# HELP errors_total Errors',
      '# TYPE errors_total counter',
      'errors_total{kind="refused"} 2',
      '# HELP waiting Who waits',
      '# TYPE waiting gauge',
      'waiting 7',
      '# HELP seconds How long',
      '# TYPE seconds histogram',
      'seconds_bucket{le="0.1"} 1',
      'seconds_bucket{le="1"} 2',
      'seconds_bucket{le="+Inf"} 3',
      'seconds_sum 3.6',
      'seconds_count 3',
      '',
    ]);
  });

  test('begins counters at zero, so that the first of something is an increase', () => {
    const metrics = createMetrics();
    metrics.counter({ name: 'orders_total', help: 'Orders' });
    expect(metrics.text()).toContain('\norders_total 0\n');
  });

  test('holds whatever text a label has, and leaves out what nobody declared', () => {
    const metrics = createMetrics();
    metrics.declare([{ name: 'size_bytes', type: 'gauge', help: 'Size', labels: ['table'] }]);
    const page = metrics.text([
      { name: 'size_bytes', labels: { table: 'a "b"\\\n' }, value: Number.NaN },
      { name: 'unheard_of', value: 1 },
    ]);
    expect(page).toBe(
      '# HELP size_bytes Size\n# TYPE size_bytes gauge\nsize_bytes{table="a \\"b\\"\\\\\\n"} NaN\n',
    );
  });

  test('can’t have two metrics of one name', () => {
    const metrics = createMetrics();
    metrics.counter({ name: 'orders_total', help: 'Orders' });
    expect(() => metrics.gauge({ name: 'orders_total', help: 'Orders' }, () => 0)).toThrow('defined twice');
  });
});
