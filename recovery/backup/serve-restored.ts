import { once } from 'node:events';
import { dirname } from 'node:path';
import { startPostgres } from '../../local/postgres.ts';
import { serverUser } from '../../local/server-user.ts';
import { type BackupFolder, findBackup } from './backup-folder.ts';
import type { Restored } from './restore.ts';
import { serverProgram } from './server-program.ts';

/**
 * Runs a restored server on 127.0.0.1 until the signal aborts. It archives nothing: the archive is the old server's
 * until somebody decides that this is the new one.
 */
export async function serveRestored(
  folder: BackupFolder,
  { folder: dataDirectory, backup }: Restored,
  port: number,
  signal: AbortSignal,
  onReady: (url: string) => void,
): Promise<void> {
  const { serverVersion, superuser } = await findBackup(folder, backup);
  const binariesDirectory = dirname(folder.archiveScript);
  const program = await serverProgram(Math.floor(serverVersion / 10_000), binariesDirectory, serverUser());
  const server = await startPostgres({
    dataDirectory,
    binariesDirectory,
    program,
    superuser,
    port: { port, setting: '--port' },
    settings: { archive_mode: 'off' },
  });
  try {
    onReady(server.url);
    if (!signal.aborted) await once(signal, 'abort');
  } finally {
    await server.stop();
  }
}
