/**
 * Holds every import to the layout: which folder may import which, and which packages. Part of `npm run lint`.
 * Usage: node scripts/check-imports.mjs [folder of the project]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from '@swc/core';

/** Composition roots, and what stands beside the product. */
const ANYTHING = '*';

/**
 * For each folder: `ours`, the folders (or single files) of this project; `packages`; `node`, the builtin modules.
 * What is listed under `types` may be imported with `import type` alone (`import { type X }` still loads the module).
 */
const MAY_IMPORT = {
  // Pure: no clock, no I/O, nothing to wait for.
  domain: { ours: [], packages: ['zod'] },
  analysis: { ours: ['domain'], packages: [] },
  planning: { ours: ['analysis', 'domain'], packages: [] },
  // Deterministic: what is not here could tell a replay apart from the first run.
  workflows: {
    ours: ['domain'],
    packages: ['@temporalio/workflow', '@temporalio/common', 'zod'],
    types: ['activities'],
  },
  activities: {
    ours: [
      'analysis',
      'database',
      'domain',
      'media',
      'metrics',
      'planning',
      'providers',
      'retention',
      'storage',
    ],
    packages: ['@temporalio/activity'],
    types: ['@temporalio/worker'],
    node: true,
  },
  providers: {
    ours: ['domain', 'media'],
    packages: ['@fal-ai/client', '@openrouter/sdk', 'openai', 'zod'],
    node: true,
  },
  media: { ours: ['domain'], packages: ['h264decoder', 'mp4box'], node: true },
  storage: {
    ours: ['domain', 'media'],
    packages: ['@aws-sdk/client-s3', '@aws-sdk/lib-storage'],
    node: true,
  },
  // What goes when its time is over: run by activities, and by a person.
  retention: { ours: ['database', 'domain', 'storage'], packages: [], node: true },
  // A composition root of its own: Phase 0 comes before there is a worker.
  'smoke-test': {
    ours: ['config', 'database', 'domain', 'media', 'prisma', 'providers', 'storage'],
    packages: [],
    node: true,
  },
  metrics: { ours: ['database', 'domain'], packages: ['csv-parse'], node: true },
  database: {
    // The templates' rows are written from the library.
    ours: ['analysis', 'domain', 'planning/template-rows.ts'],
    packages: ['@prisma/adapter-pg', '@prisma/client'],
    types: ['pg'],
    node: true,
  },
  prisma: { ours: ['domain/errors.ts'], packages: ['pg', 'prisma', 'zod'], node: true },
  config: { ours: ['domain'], packages: ['yaml', 'zod'], node: true },
  telemetry: { ours: ['config'], packages: ['pino'], node: true },
  temporal: {
    ours: ['config', 'domain'],
    packages: ['@temporalio/client', '@temporalio/common', '@temporalio/envconfig'],
    node: true,
  },
  client: {
    ours: [
      'analysis',
      'config',
      'database',
      'domain',
      'metrics',
      'planning',
      'temporal',
      'workflows/gate-messages.ts',
      'workflows/messages.ts',
      'workflows/search-attributes.ts',
    ],
    packages: ['@temporalio/client', '@temporalio/common'],
    node: true,
  },
  // A composition root of its own: who is erased is erased everywhere.
  privacy: {
    ours: [
      'client/answers.ts',
      'config',
      'database',
      'domain',
      'providers',
      'storage',
      'temporal',
      'workflows/messages.ts',
    ],
    packages: ['@temporalio/client', 'zod'],
    node: true,
  },
  simulator: { ours: ['domain'], packages: ['h264-mp4-encoder', 'mp4box', 'zod'], node: true },
  local: {
    ours: [
      'client',
      'config',
      'database',
      'domain',
      'prisma',
      'recovery',
      'simulator',
      'smoke-test',
      'temporal',
      'worker',
    ],
    packages: ['@temporalio/client', '@temporalio/testing', 'listr2', 'pg', 'zod'],
    node: true,
  },
  // Backups are of a server's files: what finds its programs and runs them is local's. What makes the two stores one
  // again reads histories, the provider's list and the video store.
  recovery: {
    ours: [
      'activities',
      'client/answers.ts',
      'client/open.ts',
      'config',
      'database',
      'domain',
      'local/folder-lock.ts',
      'local/node-errors.ts',
      'local/ports.ts',
      'local/postgres-binaries.ts',
      'local/postgres-cluster.ts',
      'local/postgres.ts',
      'local/process-identity.ts',
      'local/server-user.ts',
      'local/supervised.ts',
      'planning',
      'privacy',
      'prisma',
      'providers',
      'storage',
      'temporal',
      'workflows/messages.ts',
      'workflows/search-attributes.ts',
    ],
    packages: ['@temporalio/client', '@temporalio/common', 'pg', 'zod'],
    node: true,
  },
  worker: {
    ours: [
      'activities',
      'analysis',
      'config',
      'database',
      'domain',
      'media',
      'metrics',
      'prisma',
      'privacy/rehearse-replay.ts',
      'providers',
      'recovery',
      'retention',
      'storage',
      'telemetry',
      'temporal',
      'workflows',
    ],
    packages: ['@temporalio/client', '@temporalio/worker', 'zod'],
    node: true,
  },
  web: { ours: ['client', 'domain'], packages: [], node: true },
  cli: ANYTHING,
  test: ANYTHING,
  bench: ANYTHING,
};

const NOT_CHECKED = new Set(['node_modules', 'dist', 'coverage', 'generated', 'scripts']);

/** @typedef {{ specifier: string, isTypeOnly: boolean }} Import */

const root = resolve(process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url))));
const problems = [];
const files = sourceFiles(root);
for (const file of files) {
  const folder = folderOf(file);
  if (folder === undefined) continue; // settings of tools, at the top
  const rule = MAY_IMPORT[folder];
  if (rule === undefined) {
    problems.push(`${file}: the folder ${folder}/ is not in the table of scripts/check-imports.mjs`);
  } else if (rule !== ANYTHING) {
    const source = readFileSync(join(root, file), 'utf8');
    for (const found of importsOf(source)) {
      const problem = problemOf(file, folder, rule, found);
      if (problem !== undefined) problems.push(`${file}: ${problem}`);
    }
  }
}
if (problems.length > 0) {
  process.stderr.write(`Imports that the layout does not allow:\n${problems.join('\n')}\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(`The imports of ${files.length} files keep to the layout.\n`);
}

/** @returns {string[]} paths below the root, in order */
function sourceFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) {
        return NOT_CHECKED.has(entry.name) || entry.name.startsWith('.') ? [] : sourceFiles(path);
      }
      return /\.[cm]?[jt]sx?$/.test(entry.name) ? [relative(root, path)] : [];
    });
}

function folderOf(path) {
  return path.includes('/') ? path.split('/')[0] : undefined;
}

/** @returns {Import[]} static and dynamic imports, re-exports and `import('x').Type` */
function importsOf(source) {
  const program = parseSync(source, { syntax: 'typescript', target: 'es2023' });
  const found = [];
  visit(program, (node) => {
    switch (node.type) {
      case 'ImportDeclaration':
        found.push({ specifier: node.source.value, isTypeOnly: node.typeOnly });
        break;
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration':
        if (node.source) found.push({ specifier: node.source.value, isTypeOnly: Boolean(node.typeOnly) });
        break;
      case 'TsImportType':
        found.push({ specifier: node.argument.value, isTypeOnly: true });
        break;
      case 'CallExpression':
        if (node.callee.type === 'Import' || node.callee.value === 'require') {
          const argument = node.arguments[0]?.expression;
          found.push({
            specifier: argument?.type === 'StringLiteral' ? argument.value : '(not a literal)',
            isTypeOnly: false,
          });
        }
    }
  });
  return found;
}

function visit(node, see) {
  if (Array.isArray(node)) {
    for (const item of node) visit(item, see);
  } else if (typeof node === 'object' && node !== null) {
    if (typeof node.type === 'string') see(node);
    for (const value of Object.values(node)) visit(value, see);
  }
}

/** What is wrong with an import; undefined when it is allowed. */
function problemOf(file, folder, rule, { specifier, isTypeOnly }) {
  const types = rule.types ?? [];
  if (specifier.startsWith('node:')) {
    return rule.node === true ? undefined : `imports ${specifier}; ${folder}/ uses no module of Node's`;
  }
  if (specifier.startsWith('.')) {
    const target = relative(root, resolve(root, dirname(file), specifier));
    if (folderOf(target) === folder || covers(rule.ours, target)) return undefined;
    if (covers(types, target)) {
      return isTypeOnly ? undefined : `imports the value of ${target}; only its types are allowed`;
    }
    return `imports ${target}; ${folder}/ may import ${rule.ours.join(', ') || 'nothing of ours'}`;
  }
  const name = packageOf(specifier);
  if (rule.packages.includes(name)) return undefined;
  if (types.includes(name)) {
    return isTypeOnly ? undefined : `imports the value of ${name}; only its types are allowed`;
  }
  return `imports the package ${name}; ${folder}/ may import ${rule.packages.join(', ') || 'none'}`;
}

function covers(allowed, target) {
  return allowed.some((entry) => target === entry || target.startsWith(`${entry}/`));
}

function packageOf(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
