import { expect, test } from '@jest/globals';
import {
  isMetricName,
  METRIC_KINDS,
  METRIC_NAMES,
  metricUnit,
  RATE_METRIC_NAMES,
  RATE_METRICS,
} from '../../domain/metrics.ts';

test('every metric has one of the units that the database takes', () => {
  const units = METRIC_NAMES.map(metricUnit);
  expect(new Set(units)).toEqual(new Set(['count', 'seconds', 'dollars', 'squares']));
  expect(metricUnit('spend')).toBe('dollars');
  expect(metricUnit('watch_seconds')).toBe('seconds');
  expect(metricUnit('clicks')).toBe('count');
});

test('a rate divides one count by another, and goes by its own name', () => {
  for (const [name, rate] of Object.entries(RATE_METRICS)) {
    expect(rate.name).toBe(name);
    expect(METRIC_KINDS[rate.numerator]).toBe('count');
    expect(METRIC_KINDS[rate.denominator]).toBe('count');
    expect(rate.numerator).not.toBe(rate.denominator);
  }
  expect(RATE_METRIC_NAMES).toEqual(Object.keys(RATE_METRICS));
});

test('a name that is no metric is told apart, even one that every object has', () => {
  expect(METRIC_NAMES).toEqual(Object.keys(METRIC_KINDS));
  expect(isMetricName('clicks')).toBe(true);
  expect(isMetricName('Clicks')).toBe(false);
  expect(isMetricName('constructor')).toBe(false);
});
