import { PreconditionFailed } from '../../domain/errors.ts';
import { postgresBinaries } from '../../local/postgres-binaries.ts';
import type { ServerUser } from '../../local/server-user.ts';
import { findProgram, majorOf } from './postgres-programs.ts';

/**
 * The program of a PostgreSQL server of that major version: ours where it fits, else one that is installed here.
 * @throws PreconditionFailed NO_SERVER_OF_THAT_VERSION
 */
export async function serverProgram(
  major: number,
  binariesDirectory: string,
  user: ServerUser | undefined,
): Promise<string> {
  const own = await postgresBinaries(binariesDirectory, user).catch(() => undefined);
  const ownMajor = own === undefined ? undefined : await majorOf(own.postgres);
  if (own !== undefined && ownMajor === major) return own.postgres;
  const installed = await findProgram('postgres', major);
  if (installed !== undefined) return installed;
  throw new PreconditionFailed({
    code: 'NO_SERVER_OF_THAT_VERSION',
    given: `The backup is of PostgreSQL ${major}; this machine has ${ownMajor === undefined ? 'none of its own' : `${ownMajor} of ours`}, and no ${major} is installed`,
    allowed: 'the same major version: the files of one are of no use to another',
    fix: `install PostgreSQL ${major} (Debian: postgresql-${major}), or restore on a machine that has it`,
  });
}
