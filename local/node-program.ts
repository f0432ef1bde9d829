import { EventEmitter } from 'node:events';
import { tmpdir } from 'node:os';
import { Unavailable } from '../domain/errors.ts';
import { describeExit, lastLines, startSupervised } from './supervised.ts';

export interface NodeProgram {
  readonly name: string;
  /** A compiled file. */
  readonly script: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly logFile: string;
  /** Which of the lines it prints says that it is ready. */
  readonly readyLine: (line: string) => boolean;
}

export interface RunningProgram {
  readonly pid: number;
  readonly readyLine: string;
  /** Settles when it ends, with how it did. */
  readonly exited: Promise<string>;
  stop(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;
/** Enough for an order to a video API on this machine; and when its servers are gone too, nothing is worth more. */
const GRACE_SECONDS = 10;

/** One of our own programs, running and ready. @throws Unavailable with the last lines it printed. */
export async function startNodeProgram(program: NodeProgram): Promise<RunningProgram> {
  const announced = new EventEmitter<{ line: [string] }>();
  const running = await startSupervised({
    name: program.name,
    command: process.execPath,
    args: [program.script, ...program.args],
    env: program.env,
    cwd: tmpdir(),
    stopSignal: 'SIGTERM',
    graceSeconds: GRACE_SECONDS,
    logFile: program.logFile,
    onLine: (line) => announced.emit('line', line),
  });
  const exited = running.exited.then(describeExit);
  try {
    const readyLine = await readyLineOf(program, announced, exited);
    return { pid: running.pid, readyLine, exited, stop: running.stop };
  } catch (cause) {
    await running.stop();
    throw new Unavailable({
      code: 'LOCAL_PROGRAM_NOT_READY',
      given: `${program.name} did not start: ${String(cause)}\n${await lastLines(program.logFile)}`,
      fix: `see ${program.logFile}`,
      cause,
    });
  }
}

function readyLineOf(
  program: NodeProgram,
  announced: EventEmitter<{ line: [string] }>,
  exited: Promise<string>,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error(`it did not say so within ${READY_WITHIN_MS / 1000} s`));
    const timer = setTimeout(late, READY_WITHIN_MS);
    announced.on('line', (line) => {
      if (!program.readyLine(line)) return;
      clearTimeout(timer);
      resolve(line);
    });
    void exited.then((how) => {
      clearTimeout(timer);
      reject(new Error(`it ended with ${how}`));
    });
  });
}
