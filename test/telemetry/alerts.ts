import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';
import type { Labels, Sample } from '../../telemetry/metrics.ts';

const rulesFile = z.object({
  groups: z.array(
    z.object({
      rules: z.array(
        z.object({
          alert: z.string(),
          expr: z.string(),
          for: z.string().optional(),
          labels: z.object({ severity: z.enum(['info', 'warning', 'critical']) }),
          annotations: z.object({ summary: z.string(), action: z.string(), docs: z.string() }),
        }),
      ),
    }),
  ),
});

export type Alert = z.output<typeof rulesFile>['groups'][number]['rules'][number];

/** The alerts that ship. */
export function readAlerts(): readonly Alert[] {
  const { groups } = rulesFile.parse(parse(readFileSync('ops/prometheus/rules.yaml', 'utf8')));
  return groups.flatMap(({ rules }) => rules);
}

/** The samples of a page in Prometheus' text format. @throws for a line that is not of it */
export function samplesIn(page: string): readonly Sample[] {
  return page
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
      if (name === undefined || value === undefined) throw new Error(`no sample: ${line}`);
      return { name, labels: labelsIn(labels), value: Number(value.replace('Inf', 'Infinity')) };
    });
}

function labelsIn(text: string): Labels {
  return Object.fromEntries(
    [...text.matchAll(/([a-z_]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]),
  );
}

/** `max by (table) (some_metric{state="held"}) > 3`: the aggregation is over workers, which all say the same here. */
const CONDITION = /(?:max|min)(?: by \([^)]*\))? ?\((\w+)(?:\{(\w+)="([^"]*)"\})?\) ([<>]) ([\d.]+)/g;

/**
 * Whether the values on this page are beyond what a rule allows: every condition of its expression holds for the
 * same table, or whatever it is that a sample names. @throws for a rule that is not made of such conditions
 */
export function isBeyond(alert: Alert, samples: readonly Sample[]): boolean {
  const conditions = [...alert.expr.matchAll(CONDITION)];
  if (conditions.length === 0) throw new Error(`${alert.alert} has no condition that can be read here`);
  const beyond = conditions.map(([, name, label = '', wanted, comparison, limit]) =>
    samples
      .filter((sample) => sample.name === name && (label === '' || sample.labels?.[label] === wanted))
      .filter(({ value }) => (comparison === '>' ? value > Number(limit) : value < Number(limit))),
  );
  const [first = [], ...others] = beyond;
  return first.some(({ labels }) =>
    others.every((found) => found.some((sample) => sample.labels?.table === labels?.table)),
  );
}
