import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** PostgreSQL's own programs on this machine, of one major version. */

/** Where Debian and Ubuntu, and where Red Hat's packages put them; then whatever is on PATH. */
function foldersFor(major: number): readonly string[] {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [`/usr/lib/postgresql/${major}/bin`, `/usr/pgsql-${major}/bin`, ...onPath];
}

/** The path of `name` of that major version; undefined where this machine has none. */
export async function findProgram(name: string, major: number): Promise<string | undefined> {
  for (const folder of foldersFor(major)) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere && (await majorOf(path)) === major) return path;
  }
  return undefined;
}

/** `pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)` */
export async function majorOf(program: string): Promise<number | undefined> {
  const said = await new Promise<string>((resolve) => {
    execFile(program, ['--version'], (error, stdout) => resolve(error === null ? stdout : ''));
  });
  const version = /PostgreSQL\) (\d+)/.exec(said)?.[1];
  return version === undefined ? undefined : Number(version);
}
