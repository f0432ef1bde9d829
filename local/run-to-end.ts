import { readFile } from 'node:fs/promises';
import { describeExit, type SupervisedCommand, startSupervised } from './supervised.ts';

/**
 * Runs a command to its end. Throws with the line of its output that tells most when it fails or is still going
 * when `mayGoOn` (asked four times a second with the seconds it has run) says no.
 */
export async function runToEnd(
  command: Omit<SupervisedCommand, 'stopSignal' | 'graceSeconds'>,
  mayGoOn: (seconds: number) => boolean,
): Promise<void> {
  const child = await startSupervised({ ...command, stopSignal: 'SIGTERM', graceSeconds: 1 });
  const started = Date.now();
  let stopped: string | undefined;
  const check = setInterval(() => {
    const seconds = (Date.now() - started) / 1000;
    if (stopped !== undefined || mayGoOn(seconds)) return;
    stopped = `given up after ${Math.round(seconds)} s`;
    void child.stop();
  }, 250);
  const exit = await child.exited;
  clearInterval(check);
  if (stopped !== undefined) throw new Error(stopped);
  if (exit.code !== 0)
    throw new Error(tellingLine(await readFile(child.logFile, 'utf8')) ?? describeExit(exit));
}

function tellingLine(output: string): string | undefined {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^warning/i.test(line));
  return lines.find((line) => /error|no module/i.test(line)) ?? lines.at(-1);
}
