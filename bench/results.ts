import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname, relative } from 'node:path';
import { promisify } from 'node:util';

/** Written beside what earlier runs found of other measurements; so each says when, of what, where and by which command. */
export async function keep(
  file: string,
  name: string,
  figures: Readonly<Record<string, unknown>>,
): Promise<void> {
  const earlier: unknown = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'));
  const circumstances = {
    at: new Date().toISOString(),
    commit: await commit(),
    machine: machine(),
    command: command(),
  };
  const results = { ...(earlier as object), [name]: { ...figures, ...circumstances } };
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(results, undefined, 2)}\n`);
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}

/** Of values in any order; `share` from 0 to 1. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

function machine(): string {
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return `${cpus().length} cores, ${memoryGb} GB, load ${rounded(loadavg()[0] ?? 0, 1)}, Node ${process.version}, ${process.platform} ${process.arch}`;
}

/** As it was given to npm, where npm started it. */
function command(): string {
  const script = process.env.npm_lifecycle_event;
  const args = process.argv.slice(2);
  if (script === undefined) return ['node', relative('.', process.argv[1] ?? ''), ...args].join(' ');
  return `npm run ${script}${args.length === 0 ? '' : ` -- ${args.join(' ')}`}`;
}

async function commit(): Promise<string> {
  const git = async (...args: string[]) => (await promisify(execFile)('git', args)).stdout.trim();
  try {
    const hash = await git('rev-parse', '--short', 'HEAD');
    return (await git('status', '--porcelain', '--', ':!bench/results')) === '' ? hash : `${hash}, changed`;
  } catch {
    return 'unknown';
  }
}
