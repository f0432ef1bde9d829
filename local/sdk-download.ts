import { existsSync, readdirSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { installOnce } from './install-once.ts';
import { runToEnd } from './run-to-end.ts';

type Artifact = 'cli' | 'test-server';

const START_DOWNLOAD_SECONDS = 5;
const LONGEST_SECONDS = 60;

/** What the SDK calls each, and the name it gives the file. */
const ARTIFACTS = {
  cli: { starts: 'createLocal', prefix: 'temporal-sdk-typescript-' },
  'test-server': { starts: 'createTimeSkipping', prefix: 'temporal-test-server-sdk-typescript-' },
} as const;

/** Where the SDK's download is kept. */
export function downloadedBySdk(cacheDirectory: string, artifact: Artifact): string {
  return join(cacheDirectory, `sdk-download-${artifact}`, artifact);
}

/**
 * Has the SDK download the binary that goes with it. The SDK does so only on the way to starting a server, and
 * without a time limit: so it is done in a process of its own, which is stopped when no download has begun in 5 s.
 */
export async function downloadWithSdk(
  cacheDirectory: string,
  artifact: Artifact,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const testing = findTestingPackage();
  const { starts, prefix } = ARTIFACTS[artifact];
  const found = downloadedBySdk(cacheDirectory, artifact);
  await installOnce(join(cacheDirectory, `sdk-download-${artifact}`), async (draft) => {
    const script = `
      const { TestWorkflowEnvironment } = (await import(${JSON.stringify(pathToFileURL(testing).href)})).default;
      const executable = { type: 'cached-download', downloadDir: ${JSON.stringify(draft)} };
      const server = await TestWorkflowEnvironment.${starts}({ server: { executable } });
      await server.teardown();
    `;
    const fileOf = (folder: string) => readdirSync(folder).find((name) => name.startsWith(prefix));
    await runToEnd(
      {
        name: "the SDK's download",
        command: process.execPath,
        args: ['--input-type=module', '--eval', script],
        env,
        cwd: draft,
        logFile: join(draft, 'download.log'),
      },
      (seconds) => seconds < (fileOf(draft) === undefined ? START_DOWNLOAD_SECONDS : LONGEST_SECONDS),
    );
    const file = fileOf(draft);
    if (file === undefined) throw new Error(`the SDK put nothing named ${prefix}* into its download folder`);
    await rename(join(draft, file), join(draft, artifact));
  });
  if (!existsSync(found)) throw new Error(`nothing at ${found}`);
  return found;
}

function findTestingPackage(): string {
  try {
    return createRequire(import.meta.url).resolve('@temporalio/testing');
  } catch {
    throw new Error('the package @temporalio/testing is not installed');
  }
}
