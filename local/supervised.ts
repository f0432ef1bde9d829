import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, createWriteStream, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { Unavailable } from '../domain/errors.ts';
import { errorMessage } from './node-errors.ts';

export interface SupervisedCommand {
  /** What people call it: "PostgreSQL", "the Temporal dev server". */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** The whole environment of the child; nothing is inherited that is not in here. */
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** Who it runs as; only root may say so. */
  readonly uid?: number;
  readonly gid?: number;
  /**
   * What asks it to stop, and how long it has before SIGKILL. A shell starts its background jobs with SIGINT
   * ignored: that one is for programs that install a handler of their own.
   */
  readonly stopSignal: 'SIGTERM' | 'SIGINT';
  readonly graceSeconds: number;
  /** Gets all that it prints (appended). */
  readonly logFile: string;
  /** Called with each line it prints; the log file gets it all the same. */
  readonly onLine?: (line: string) => void;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Supervised {
  readonly name: string;
  /** Of the process itself, not of the shell that watches over it. */
  readonly pid: number;
  readonly logFile: string;
  /** Settles when it ends, for whatever reason; never rejects. */
  readonly exited: Promise<Exit>;
  /** Asks it to stop, waits until it is gone, and may be called again. */
  stop(): Promise<void>;
}

/**
 * Starts the child and waits for it beside a watcher that holds the read end of a pipe from us. The kernel
 * closes that pipe however we end, `kill -9` included, and then the watcher stops the child. `read` is a
 * builtin, so nothing but the shell itself waits; `sleep` gets whole seconds, as POSIX has no others. The pid is told
 * once the watcher is there: who knows of the child may kill the shell.
 */
const WATCH_OVER = `
signal=$1; grace=$2; shift 2
exec 4<&0 </dev/null
"$@" 3>&- 4<&- &
child=$!
(
  while read -r _ <&4; do :; done
  sleeper=
  trap 'kill $sleeper; wait $sleeper; exit' TERM
  kill -s "$signal" "$child"
  sleep "$grace" >/dev/null 2>&1 &
  sleeper=$!
  wait "$sleeper"
  kill -s KILL "$child"
) 2>/dev/null 3>&- &
watcher=$!
exec 4<&-
echo "$child" >&3
exec 3>&-
wait "$child"
code=$?
kill "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit "$code"
`;

/**
 * Starts a process that ends with us, also when we are killed with `kill -9`. It gets a session of its own,
 * so that a Ctrl-C in the terminal reaches only us and we stop things in order.
 *
 * @throws Unavailable LOCAL_PROCESS_NOT_STARTED when no process came of it.
 */
export async function startSupervised(given: SupervisedCommand): Promise<Supervised> {
  const wrapper = spawnWrapper(given);
  const exited = exitOf(wrapper);
  const [pidLine] = await Promise.all([firstLine(wrapper.stdio[3]), once(wrapper, 'spawn')]).catch(
    (cause: unknown) => {
      wrapper.stdin?.destroy();
      throw notStarted(given, cause);
    },
  );
  const pid = Number(pidLine);
  if (!Number.isInteger(pid) || pid <= 0) {
    wrapper.stdin?.destroy();
    throw notStarted(given, `its shell ended with ${describeExit(await exited)}`);
  }
  // Should the shell itself be killed, its watcher still sees the pipe close and stops the child.
  void exited.then(() => wrapper.stdin?.destroy());

  const stop = async (): Promise<void> => {
    wrapper.stdin?.destroy();
    const lastResort = setTimeout(() => killSession(wrapper.pid), (given.graceSeconds + 5) * 1000);
    await exited;
    clearTimeout(lastResort);
  };
  return { name: given.name, pid, logFile: given.logFile, exited, stop };
}

/** "exit code 1", "SIGKILL": for sentences. */
export function describeExit({ code, signal }: Exit): string {
  return signal ?? `exit code ${code}`;
}

/** The end of a log, for an error message; empty when there is none. */
export async function lastLines(logFile: string, count = 8): Promise<string> {
  const text = await readFile(logFile, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** Synchronous up to the listeners its caller adds, so that no 'error' event is emitted to nobody. */
function spawnWrapper(given: SupervisedCommand): ChildProcess {
  let log: number | undefined;
  try {
    log = openSync(given.logFile, 'a', 0o600);
    const output = given.onLine === undefined ? log : 'pipe';
    const grace = String(Math.ceil(given.graceSeconds));
    const signal = given.stopSignal.replace('SIG', '');
    const wrapper = spawn(
      '/bin/sh',
      ['-c', WATCH_OVER, given.name, signal, grace, given.command, ...given.args],
      {
        cwd: given.cwd,
        env: given.env,
        detached: true,
        stdio: ['pipe', output, output, 'pipe'],
        ...(given.uid === undefined ? {} : { uid: given.uid }),
        ...(given.gid === undefined ? {} : { gid: given.gid }),
      },
    );
    // The pipe breaks when the child ends first; that is no error of ours.
    wrapper.stdin?.on('error', () => undefined);
    if (given.onLine !== undefined) {
      copyLines([wrapper.stdout, wrapper.stderr], given.logFile, given.onLine);
    }
    return wrapper;
  } catch (cause) {
    // A log that can't be written; or spawn() itself, which throws at once for a NUL byte in an argument.
    throw notStarted(given, cause);
  } finally {
    if (log !== undefined) closeSync(log);
  }
}

function copyLines(outputs: (Readable | null)[], logFile: string, onLine: (line: string) => void): void {
  const log = createWriteStream(logFile, { flags: 'a' });
  log.on('error', () => undefined);
  const streams = outputs.filter((output) => output !== null);
  for (const output of streams) {
    output.pipe(log, { end: false });
    createInterface({ input: output }).on('line', onLine);
  }
  void Promise.allSettled(streams.map((stream) => finished(stream))).then(() => log.end());
}

function exitOf(wrapper: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    wrapper.once('error', () => resolve({ code: null, signal: null }));
    wrapper.once('exit', (code, signal) => resolve(withSignal({ code, signal })));
  });
}

/** A shell reports a child killed by a signal as 128 + its number. */
function withSignal(exit: Exit): Exit {
  const { code } = exit;
  if (code === null || code <= 128) return exit;
  for (const name of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGABRT', 'SIGKILL', 'SIGSEGV', 'SIGTERM'] as const) {
    if (constants.signals[name] === code - 128) return { code: null, signal: name };
  }
  return exit;
}

async function firstLine(stream: unknown): Promise<string> {
  if (stream === null || typeof stream !== 'object' || !isReadable(stream)) return '';
  let text = '';
  // An error of this pipe follows a failed spawn, which is reported by itself.
  stream.on('error', () => undefined);
  for await (const chunk of stream) text += String(chunk);
  return text.trim();
}

function isReadable(stream: object): stream is Readable {
  return Symbol.asyncIterator in stream;
}

function killSession(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

function notStarted(given: SupervisedCommand, cause: unknown): Unavailable {
  const user = given.uid === undefined ? '' : ` as user ${given.uid}`;
  return new Unavailable({
    code: 'LOCAL_PROCESS_NOT_STARTED',
    given: `${given.name} could not be started${user}: ${given.command} in ${given.cwd} (${errorMessage(cause)})`,
    fix: `see ${given.logFile}`,
    cause,
  });
}
