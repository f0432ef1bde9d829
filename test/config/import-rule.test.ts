import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';

let project: string;
beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'screentest-imports-'));
});
afterEach(() => rm(project, { recursive: true }));

async function check(path: string, source: string): Promise<{ status: number | null; problems: string }> {
  await mkdir(dirname(join(project, path)), { recursive: true });
  await writeFile(join(project, path), source);
  const { status, stderr } = spawnSync(process.execPath, ['scripts/check-imports.mjs', project], {
    encoding: 'utf8',
  });
  return { status, problems: stderr };
}

test.each([
  ['another layer', 'domain/a.ts', `import { x } from '../database/x.ts';`, 'imports database/x.ts'],
  ['its types', 'domain/a.ts', `import type { X } from '../database/x.ts';`, 'imports database/x.ts'],
  ['a re-export of it', 'analysis/a.ts', `export * from '../client/x.ts';`, 'imports client/x.ts'],
  ['a type named in place', 'analysis/a.ts', `let x: import('../cli/x.ts').X;`, 'imports cli/x.ts'],
  ['a later import of it', 'web/a.ts', `await import('../worker/main.ts');`, 'imports worker/main.ts'],
  ['one from a folder further in', 'storage/s3/a.ts', `import '../../cli/x.ts';`, 'imports cli/x.ts'],
  [
    'a file beside the one that is allowed',
    'client/a.ts',
    `import '../workflows/group.ts';`,
    'imports workflows/group.ts',
  ],
  [
    'a value where types are allowed',
    'workflows/a.ts',
    `import { type X } from '../activities/x.ts';`,
    'only its types',
  ],
  ['a package', 'workflows/a.ts', `import pg from 'pg';`, 'imports the package pg'],
  ["Node's modules in pure code", 'domain/a.ts', `import 'node:fs';`, 'imports node:fs'],
  ['what can not be told', 'domain/a.ts', `const x = '../cli/x.ts'; await import(x);`, '(not a literal)'],
  ['a folder without a rule', 'helpers/a.ts', `import '../domain/x.ts';`, 'helpers/ is not in the table'],
])('the import rule refuses %s', async (_, path, source, problem) => {
  const { status, problems } = await check(path, source);
  expect(problems).toContain(`${path}: `);
  expect(problems).toContain(problem);
  expect(status).toBe(1);
});

test('the import rule lets through what the layout allows', async () => {
  const source = [
    `import { proxyActivities } from '@temporalio/workflow';`,
    `import type { X } from '../activities/x.ts';`,
    `import { y } from '../domain/y.ts';`,
    `import { z } from './messages.ts';`,
  ].join('\n');
  expect(await check('workflows/a.ts', source)).toEqual({ status: 0, problems: '' });
});
