import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readWorkerSettings, SETTING_NAMES } from '../../config/environment.ts';
import { DATA_FOLDER_SETTING } from '../../local/data-folder-path.ts';

/** Name and default of each row of the table in docs/configuration.md. */
const documented = new Map(
  readFileSync('docs/configuration.md', 'utf8')
    .split('\n')
    .flatMap((line): [string, string][] => {
      const [, name, , byDefault] = line.split('|').map((cell) => cell.trim().replaceAll('`', ''));
      return name !== undefined && byDefault !== undefined && /^[A-Z0-9_]+$/.test(name)
        ? [[name, byDefault]]
        : [];
    }),
);

test('docs/configuration.md lists every setting, and none that does not exist', () => {
  const ours = [...documented.keys()].filter((name) => !name.startsWith('TEMPORAL_'));
  expect(ours.toSorted()).toEqual([...SETTING_NAMES, DATA_FOLDER_SETTING].toSorted());
});

test('docs/configuration.md gives the defaults that hold', () => {
  const needed = {
    DATABASE_URL: 'postgresql://localhost/screentest',
    VIDEO_API_BASE_URL: 'http://localhost/v1',
    VIDEO_API_KEY: 'key',
  };
  const oneOf = { SCREENTEST_STORAGE_DIR: '/videos' };
  for (const name of Object.keys(needed))
    expect([name, documented.get(name)?.split(',')[0]]).toEqual([name, 'needed']);
  for (const [name, value] of Object.entries(readWorkerSettings({ ...needed, ...oneOf }))) {
    if (!(name in needed) && !(name in oneOf))
      expect([name, documented.get(name)]).toEqual([name, String(value)]);
  }
});

test('no page links to a file that is not there', () => {
  const pages = ['README.md', 'CONTRIBUTING.md', ...readdirSync('docs').map((name) => `docs/${name}`)];
  const broken = pages.flatMap((page) =>
    [...readFileSync(page, 'utf8').matchAll(/\]\((?!https?:|mailto:|#)([^)#]+)/g)].flatMap(
      ([, target = '']) => (existsSync(join(dirname(page), target)) ? [] : [`${page}: ${target}`]),
    ),
  );
  expect(broken).toEqual([]);
});
