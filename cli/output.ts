import { Option } from 'commander';

export const FORMATS = ['text', 'json', 'jsonl'] as const;

export type Format = (typeof FORMATS)[number];

/** The same on every verb that answers with data. */
export function outputOption(): Option {
  return new Option('-o, --output <format>', 'how the answer is written').choices(FORMATS).default('text');
}

/** Data on standard output: for people, as one JSON value, or as one JSON value a line. */
export function write(format: Format, data: unknown, text: () => string): void {
  switch (format) {
    case 'text':
      process.stdout.write(`${text().trimEnd()}\n`);
      return;
    case 'json':
      process.stdout.write(`${JSON.stringify(data, undefined, 2)}\n`);
      return;
    case 'jsonl': {
      const values: readonly unknown[] = Array.isArray(data) ? data : [data];
      for (const value of values) process.stdout.write(`${JSON.stringify(value)}\n`);
    }
  }
}

/** What isn't data: progress and remarks. */
export function remark(line: string): void {
  process.stderr.write(`${line}\n`);
}
