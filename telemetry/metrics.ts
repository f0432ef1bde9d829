/**
 * What a process counts, in Prometheus' text format (version 0.0.4). Of our own: `prom-client` brings OpenTelemetry's
 * API and a summary that nobody here needs, for what is a map of numbers and a page of text.
 */

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** A metric as it is documented and exported. */
export interface MetricDefinition {
  readonly name: string;
  readonly type: MetricType;
  /** One sentence for people, without a full stop. */
  readonly help: string;
  /** Names of its labels. Their values must be few: no ids, no text of people, no secrets. */
  readonly labels?: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

/** One value of a metric. */
export interface Sample {
  readonly name: string;
  readonly labels?: Labels | undefined;
  readonly value: number;
}

export interface Counter {
  add(amount?: number, labels?: Labels): void;
}

export interface Histogram {
  /** @param seconds or whatever the metric's unit is */
  observe(value: number, labels?: Labels): void;
  /** How many were observed in each bucket so far (not cumulative), by its upper bound; the last is infinite. */
  counts(labels?: Labels): readonly (readonly [upperBound: number, count: number])[];
}

export interface Metrics {
  /** Everything that this process can export, in order. */
  readonly definitions: readonly MetricDefinition[];
  counter(definition: Omit<MetricDefinition, 'type'>): Counter;
  histogram(definition: Omit<MetricDefinition, 'type'>, bounds: readonly number[]): Histogram;
  /** Asked for its values whenever the metrics are read. */
  gauge(definition: Omit<MetricDefinition, 'type'>, read: () => number): void;
  /** Metrics whose samples come from somewhere else when the metrics are read; undeclared ones are left out. */
  declare(definitions: readonly MetricDefinition[]): void;
  /** The page that Prometheus reads. */
  text(more?: readonly Sample[]): string;
}

export const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8';

export function createMetrics(): Metrics {
  const definitions: MetricDefinition[] = [];
  const readers = new Map<string, () => readonly Sample[]>();

  function define(definition: MetricDefinition, read: () => readonly Sample[]): void {
    if (readers.has(definition.name)) throw new TypeError(`the metric ${definition.name} is defined twice`);
    definitions.push(definition);
    readers.set(definition.name, read);
  }

  return {
    definitions,
    counter(definition) {
      const values = new Map<string, { labels: Labels; value: number }>();
      // A counter without labels is there from the start: a rate needs a zero to begin with.
      if (definition.labels === undefined) values.set('', { labels: {}, value: 0 });
      define({ ...definition, type: 'counter' }, () => samplesOf(definition.name, values.values()));
      return {
        add(amount = 1, labels = {}) {
          const key = labelText(labels);
          const known = values.get(key);
          if (known === undefined) values.set(key, { labels, value: amount });
          else known.value += amount;
        },
      };
    },
    histogram(definition, bounds) {
      const series = new Map<string, HistogramSeries>();
      define({ ...definition, type: 'histogram' }, () =>
        [...series.values()].flatMap((one) => histogramSamples(definition.name, bounds, one)),
      );
      return {
        observe(value, labels = {}) {
          const key = labelText(labels);
          let one = series.get(key);
          if (one === undefined) {
            one = { labels, sum: 0, counts: new Array<number>(bounds.length + 1).fill(0) };
            series.set(key, one);
          }
          const bucket = bucketOf(bounds, value);
          one.counts[bucket] = (one.counts[bucket] ?? 0) + 1;
          one.sum += value;
        },
        counts(labels = {}) {
          const counts = series.get(labelText(labels))?.counts ?? [];
          return [...bounds, Number.POSITIVE_INFINITY].map((bound, index) => [bound, counts[index] ?? 0]);
        },
      };
    },
    gauge(definition, read) {
      define({ ...definition, type: 'gauge' }, () => [{ name: definition.name, value: read() }]);
    },
    declare(more) {
      for (const definition of more) define(definition, () => []);
    },
    text(more = []) {
      return definitions
        .flatMap((definition) => {
          const samples = [
            ...(readers.get(definition.name)?.() ?? []),
            ...more.filter(({ name }) => name === definition.name),
          ];
          return samples.length === 0 ? [] : [headOf(definition), ...samples.map(lineOf)];
        })
        .map((line) => `${line}\n`)
        .join('');
    },
  };
}

interface HistogramSeries {
  readonly labels: Labels;
  readonly counts: number[];
  sum: number;
}

/** A few bounds: looking at one after the other is quicker than anything clever. */
function bucketOf(bounds: readonly number[], value: number): number {
  const index = bounds.findIndex((bound) => value <= bound);
  return index === -1 ? bounds.length : index;
}

function samplesOf(name: string, values: Iterable<{ labels: Labels; value: number }>): readonly Sample[] {
  return [...values].map(({ labels, value }) => ({ name, labels, value }));
}

function histogramSamples(
  name: string,
  bounds: readonly number[],
  { labels, counts, sum }: HistogramSeries,
): readonly Sample[] {
  let total = 0;
  const buckets = [...bounds.map(String), '+Inf'].map((le, index) => {
    total += counts[index] ?? 0;
    return { name: `${name}_bucket`, labels: { ...labels, le }, value: total };
  });
  return [
    ...buckets,
    { name: `${name}_sum`, labels, value: sum },
    { name: `${name}_count`, labels, value: total },
  ];
}

function headOf({ name, help, type }: MetricDefinition): string {
  return `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}\n# TYPE ${name} ${type}`;
}

function lineOf({ name, labels = {}, value }: Sample): string {
  return `${name}${labelText(labels)} ${valueText(value)}`;
}

function labelText(labels: Labels): string {
  let text = '';
  for (const name in labels) text += `${text === '' ? '{' : ','}${name}="${escaped(labels[name] ?? '')}"`;
  return text === '' ? '' : `${text}}`;
}

function escaped(value: string): string {
  return /[\\"\n]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
    : value;
}

function valueText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? '+Inf' : '-Inf';
}
