import { execFile } from 'node:child_process';

/** The first version number that `--version` prints; an error says that the program does not run here. */
export function versionOf(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      command,
      ['--version'],
      { env, timeout: 10_000, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0];
        if (version !== undefined) resolve(version);
        else reject(new Error(`${command} --version: ${error?.message ?? (stderr || stdout)}`.trim()));
      },
    );
  });
}
