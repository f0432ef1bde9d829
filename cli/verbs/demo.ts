import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { remark } from '../output.ts';
import { Interrupted } from '../run.ts';

interface DemoOptions {
  readonly brief: string;
  readonly keep: boolean;
  readonly reset: boolean;
  readonly fault: readonly string[];
  readonly postgresPort?: number;
  readonly temporalPort?: number;
  readonly uiPort?: number;
}

const EXAMPLE = fileURLToPath(new URL('../../../examples/espresso-launch.yaml', import.meta.url));

export function addDemo(program: Command): void {
  program
    .command('demo')
    .description('run a whole test on this machine: real servers, a simulated video API and audience')
    .option('--brief <file>', 'another brief than the espresso machine', EXAMPLE)
    .option('--keep', 'leave everything running to play with, until Ctrl-C', false)
    .option('--reset', 'remove the data folder of earlier demos, and do nothing else', false)
    .option(
      '--fault <name[=text]>',
      'let the video API fail so, for prompts with this text; see docs/simulator.md',
      (fault: string, faults: readonly string[]) => [...faults, fault],
      [],
    )
    .option('--postgres-port <n>', 'a free one unless asked for', portNumber)
    .option('--temporal-port <n>', 'likewise', portNumber)
    .option('--ui-port <n>', "of Temporal's Web UI, likewise", portNumber)
    .action(async (options: DemoOptions) => {
      if (options.reset) return reset();
      const { readBriefFile } = await import('../brief-file.ts');
      const { runDemo } = await import('../../local/demo.ts');
      const { describeDemo } = await import('../describe-demo.ts');
      const interrupted = interruption();
      const backups = await backupsOf(process.env.SCREENTEST_BACKUP_DIR);
      await runDemo({
        ...(backups && { backups }),
        brief: await readBriefFile(options.brief),
        environment: process.env,
        faults: options.fault,
        ports: {
          ...asked('postgres', '--postgres-port', options.postgresPort),
          ...asked('temporal', '--temporal-port', options.temporalPort),
          ...asked('ui', '--ui-port', options.uiPort),
        },
        signal: interrupted,
        whenDone: async (result) => {
          process.stdout.write(`${describeDemo(result, options.keep)}\n`);
          if (options.keep) await untilAborted(interrupted);
        },
      });
    });
}

/** A demo's data are made up: they are backed up for whoever says where. */
async function backupsOf(folder: string | undefined) {
  if (folder === undefined || folder === '') return undefined;
  const { openBackupFolder } = await import('../../recovery/backup/backup-folder.ts');
  const { archivingSettings } = await import('../../recovery/backup/wal-archive.ts');
  const { path, archiveScript, wal } = await openBackupFolder(folder);
  return { folder: path, settings: archivingSettings(archiveScript, wal) };
}

async function reset(): Promise<void> {
  const { removeDataFolder } = await import('../../local/data-folder.ts');
  const removed = await removeDataFolder();
  process.stdout.write(
    removed.length === 0 ? 'There is nothing to remove.\n' : `Removed ${removed.join(', ')}.\n`,
  );
}

/** The first Ctrl-C stops everything in order; a second one leaves at once, and what we started ends with us. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(130);
    remark('\nStopping what was started (Ctrl-C again to leave at once).');
    controller.abort(new Interrupted());
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', interrupt);
  return controller.signal;
}

/** @throws the signal's reason. */
function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    // Signals alone do not keep Node running.
    const alive = setInterval(() => {}, 60_000);
    const done = () => {
      clearInterval(alive);
      reject(signal.reason);
    };
    if (signal.aborted) done();
    else signal.addEventListener('abort', done);
  });
}

function asked(name: 'postgres' | 'temporal' | 'ui', setting: string, port: number | undefined) {
  return port === undefined ? {} : { [name]: { port, setting } };
}

function portNumber(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('Allowed is a whole number from 1 to 65535.');
}
