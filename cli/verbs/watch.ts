import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseDuration } from '../../domain/durations.ts';
import { GROUP_STATUSES } from '../../domain/lifecycle.ts';
import { type Format, outputOption } from '../output.ts';
import { Interrupted, TimedOut } from '../run.ts';

interface WatchOptions {
  readonly until?: string;
  readonly timeout?: number;
  readonly output: Format;
}

export function addWatch(program: Command): void {
  program
    .command('watch')
    .description('tell what happens to a group, a line a change, until it has ended')
    .argument('<group>', 'id, beginning of the id, or name')
    .addOption(new Option('--until <status>', 'stop at this status already').choices(GROUP_STATUSES))
    .option('--timeout <duration>', 'give up after this long, such as 30m (exit code 124)', seconds)
    .addOption(outputOption())
    .action(async (reference: string, options: WatchOptions) => {
      const { withScreentestClient } = await import('../../client/open.ts');
      const { changesOf } = await import('../../client/watch-group.ts');
      const interrupted = new AbortController();
      process.once('SIGINT', () => interrupted.abort(new Interrupted()));
      const signals = [interrupted.signal];
      if (options.timeout !== undefined) {
        const late = new AbortController();
        setTimeout(
          () => late.abort(new TimedOut(`the group had not ended after ${options.timeout} s`)),
          options.timeout * 1000,
        ).unref();
        signals.push(late.signal);
      }
      await withScreentestClient(process.env, async (client) => {
        const id = await client.find(reference);
        for await (const change of changesOf(client, id, AbortSignal.any(signals))) {
          process.stdout.write(
            `${options.output === 'text' ? `${change.at} ${change.text}` : JSON.stringify(change)}\n`,
          );
          if (change.status === options.until) return;
        }
      });
    });
}

function seconds(text: string): number {
  const value = parseDuration(text);
  if (value !== undefined && value > 0) return value;
  throw new InvalidArgumentError('Allowed is a number and a unit, such as 90s, 30m or 6h.');
}
