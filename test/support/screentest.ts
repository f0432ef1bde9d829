import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** The compiled command, as a person runs it. */
const MAIN = resolve('dist/cli/main.js');

export interface Ended {
  /** The exit code, or the signal that ended it. */
  readonly exit: number | NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** What it has printed so far, both streams. */
  printed(): string;
  /** Settles once this has been printed. @throws with all it printed when it ends before. */
  untilPrinted(text: string | RegExp): Promise<void>;
  readonly ended: Promise<Ended>;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<Ended>;
}

/** @throws with all that it printed when it did not end with `code`. */
export function expectExit(ended: Ended, code: number): Ended {
  if (ended.exit === code) return ended;
  throw new Error(`it ended with ${ended.exit} and not with ${code}:\n${ended.stdout}${ended.stderr}`);
}

const running = new Set<ChildProcess>();

/** A `screentest` process in an environment of its own: nothing of ours gets in but what is given. */
export function startScreentest(args: readonly string[], environment: NodeJS.ProcessEnv): Running {
  return startProgram(MAIN, args, environment);
}

/** Any program of Node's, likewise. */
export function startProgram(
  script: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Running {
  const child = spawn(process.execPath, [script, ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let stdout = '';
  let stderr = '';
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', (chunk) => {
    stdout += String(chunk);
    notify();
  });
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
    notify();
  });
  const ended = new Promise<Ended>((settle, fail) => {
    child.once('error', fail);
    child.once('close', (code, signal) => {
      running.delete(child);
      settle({ exit: code ?? signal, stdout, stderr });
    });
  });
  const printed = () => stdout + stderr;
  const untilPrinted = (text: string | RegExp) =>
    new Promise<void>((settle, fail) => {
      const look = () => {
        const isThere = typeof text === 'string' ? printed().includes(text) : text.test(printed());
        if (!isThere) return;
        listeners.delete(look);
        settle();
      };
      listeners.add(look);
      look();
      void ended.then(({ exit }) =>
        fail(new Error(`ended (${exit}) before it printed ${text}:\n${printed()}`)),
      );
    });
  return {
    child,
    printed,
    untilPrinted,
    ended,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}

export function screentest(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Ended> {
  return startScreentest(args, environment).ended;
}

/** For `afterAll`: a failed test leaves no process behind. */
export function killScreentests(): void {
  for (const child of running) child.kill('SIGKILL');
}
