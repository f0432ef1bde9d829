import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { errorCode } from './node-errors.ts';

/**
 * What tells a process from a later one with the same pid: when it started. Undefined when it is not running.
 */
export async function startOfProcess(pid: number): Promise<string | undefined> {
  if (!isRunning(pid)) return undefined;
  try {
    // The program's name may hold spaces and brackets; the fields after its last bracket don't.
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, started] = [fields[0], fields[19]];
    return state === 'Z' ? undefined : started;
  } catch {
    return ps(pid, 'lstart='); // macOS has no /proc
  }
}

/** The command line of a process, arguments parted by spaces; undefined when it is not running. */
export async function commandLineOf(pid: number): Promise<string | undefined> {
  if (!isRunning(pid)) return undefined;
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ').trim();
  } catch {
    return ps(pid, 'command=');
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, and is somebody else's.
    return errorCode(error) === 'EPERM';
  }
}

function ps(pid: number, column: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile('ps', ['-o', column, '-p', String(pid)], (error, stdout) => {
      resolve(error === null && stdout.trim() !== '' ? stdout.trim() : undefined);
    });
  });
}
