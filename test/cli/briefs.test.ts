import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { TEMPLATE_CODES } from '../../domain/templates.ts';
import { runHere } from './run-here.ts';

let root: string;
let folder: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'screentest-briefs-'));
});
beforeEach(async () => {
  folder = await mkdtemp(join(root, 'one-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Those that a test left behind keep Jest from ending. */
const onTerminals = new Set<ChildProcess>();
afterEach(() => {
  for (const child of onTerminals) child.kill('SIGKILL');
});

const run = (...args: string[]) => runHere(args, { DATABASE_URL: '' });

async function file(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  return path;
}

const BRIEF = `# A brief.
venture: Crema & Co
name: Espresso launch
template: PRODUCT_REVEAL
product: a small espresso machine
`;

describe('screentest validate', () => {
  test('finds nothing wrong with the example', async () => {
    expect(await run('validate', 'examples/corner-bakery.yaml')).toEqual({
      exit: 0,
      stdout:
        'examples/corner-bakery.yaml can be started: 4 variants of SENSORY_CLOSEUP for instagram, facebook.\n',
      stderr: '',
    });
  });

  test('tells every problem with file, line and column, the line itself, what is allowed and what to do', async () => {
    const path = await file('b.yaml', `${BRIEF}platfroms: [tiktok]\nvariants: 1\nvideo: { size: big }\n`);
    const { exit, stdout } = await run('validate', path);
    expect(exit).toBe(2);
    expect(stdout).toContain(`${path} can't be started: 3 problems.`);
    expect(stdout).toContain(`${path}:6:1: platfroms: given ["tiktok"]`);
    expect(stdout).toContain('6 | platfroms: [tiktok]\n      | ^^^^^^^^^^^^^^^^^^^');
    expect(stdout).toContain('to fix: did you mean platforms?');
    expect(stdout).toContain(`${path}:7:1: variants: given 1`);
    expect(stdout).toContain('allowed: at least 2 (2 to 50 variants)');
    expect(stdout).toContain(`${path}:8:10: video.size: given "big"`);
  });

  test('shows both lines of rules that contradict each other, and says of a default that it is one', async () => {
    const path = await file(
      'c.yaml',
      `${BRIEF}offer: a cheap thrill\nbrand:\n  mustNotSay: [loud, cheap]\nminVariants: 9\n`,
    );
    const { exit, stdout } = await run('validate', path);
    expect(exit).toBe(2);
    expect(stdout).toContain(`${path}:6:1: offer: given "a cheap thrill"`);
    expect(stdout).toContain(`against ${path}:8:22: brand.mustNotSay[1]: "cheap"`);
    expect(stdout).toContain('8 |   mustNotSay: [loud, cheap]\n      |                      ^^^^^');
    expect(stdout).toContain('against variants: 4, as it is by default');
  });

  test('has all of it for programs', async () => {
    const path = await file(
      'd.json',
      '{\n  "venture": "V", "name": "N", "template": "PRODUCT_REVEAL",\n  "product": "p",\n  "minVariants": 5\n}',
    );
    const { exit, stdout } = await run('validate', path, '-o', 'json');
    expect(exit).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      path,
      isValid: false,
      issues: [
        {
          path: 'minVariants',
          line: 4,
          column: 3,
          given: '5',
          allowed: '2 to 4, the number of variants',
          fix: 'ask for fewer, or plan more',
          against: { path: 'variants', given: '4' },
        },
      ],
      errors: [],
      warnings: [],
    });
  });

  test('tells what the plan can not make, with its line', async () => {
    const path = await file('e.yaml', `${BRIEF}variants: 9\nfactors:\n  hook: [scene, question]\n`);
    const { exit, stdout } = await run('validate', path);
    expect({ exit, stdout }).toEqual({
      exit: 2,
      stdout: expect.stringContaining(`${path}:6:1: variants: given 9`),
    });
  });

  test('warns of what a dry run would warn of, and exits with 0', async () => {
    const path = await file(
      'f.yaml',
      `${BRIEF}budget: { generationUsd: 1 }
media: { budgetUsd: 50, usdPerThousandImpressions: 8, baselineRate: 0.01 }
rights:
  - { to: music, whose: a song, territories: [DE] }
`,
    );
    const { exit, stdout } = await run('validate', path);
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /:6:11: warning: budget\.generationUsd: 2 of 4 variants fit: all of them cost \$1\.60/,
    );
    expect(stdout).toMatch(
      /:7:10: warning: media\.budgetUsd: \$50 of media can't tell even 2 variants apart/,
    );
    expect(stdout).toMatch(/:9:33: warning: rights\[0\]\.territories: nothing holds the ads/);
    const dry = await run('start', path, '--dry-run');
    expect(dry).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('Warning: rights[0].territories: nothing'),
    });
  });

  test('tells each place of a file that is no YAML; 3 for one that is not there', async () => {
    const path = await file('g.yaml', 'venture: a\nventure: b\nname: [\n');
    const { exit, stdout } = await run('validate', path);
    expect({ exit, stdout }).toEqual({
      exit: 2,
      stdout: expect.stringMatching(/g\.yaml:2:1: .*g\.yaml:4:1: /s),
    });
    expect((await run('validate', join(folder, 'nowhere.yaml'))).exit).toBe(3);
  });
});

test('start refuses with the same words as validate, before anything is opened', async () => {
  const path = await file(
    'h.yaml',
    `${BRIEF}minVariants: 9\nrights:\n  - { to: people, whose: Ana, until: 2020-01-01 }\n`,
  );
  const validated = (await run('validate', path)).stdout.split('\n').filter((line) => line.startsWith('  '));
  const { exit, stdout, stderr } = await run('start', path);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  expect(validated).toHaveLength(11);
  for (const line of validated) expect(stderr).toContain(line);
});

test('screentest schema prints the schema that ships', async () => {
  const { exit, stdout } = await run('schema');
  expect(exit).toBe(0);
  expect(JSON.parse(stdout)).toEqual(JSON.parse(await readFile('examples/brief.schema.json', 'utf8')));
});

describe('screentest init', () => {
  test.each(TEMPLATE_CODES)('writes a brief from %s that can be started as it is', async (template) => {
    const path = join(folder, 'brief.yaml');
    const { exit } = await run('init', '--template', template, '--out', path, '--no-schema');
    expect(exit).toBe(0);
    expect(await run('validate', path)).toMatchObject({ exit: 0 });
    expect(parse(await readFile(path, 'utf8'))).toMatchObject({ template });
  });

  test('takes what is said on the command line, and puts the schema beside it', async () => {
    const path = join(folder, 'tea.yaml');
    const said = ['--venture', 'Tea: & Co', '--product', '# six teas', '--platforms', 'TikTok, youtube'];
    const { exit, stdout } = await run(
      'init',
      '--template',
      'UNBOXING',
      ...said,
      '--budget',
      '$12.50',
      '--out',
      path,
    );
    expect({ exit, stdout }).toEqual({
      exit: 0,
      stdout: expect.stringContaining(`screentest validate ${path}`),
    });
    const text = await readFile(path, 'utf8');
    expect(parse(text)).toMatchObject({
      venture: 'Tea: & Co',
      product: '# six teas',
      platforms: ['tiktok', 'youtube'],
      budget: { generationUsd: 12.5 },
    });
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/brief\.schema\.json\n/);
    expect((await readdir(folder)).toSorted()).toEqual(['brief.schema.json', 'tea.yaml']);
    expect(await run('validate', path)).toMatchObject({ exit: 0 });
  });

  test('every default that it shows as a comment is well when the comment is taken away', async () => {
    const path = join(folder, 'all.yaml');
    await run('init', '--template', 'UNBOXING', '--out', path, '--no-schema');
    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replaceAll(/^#(?! )/gm, '').replaceAll(/^#( {2,}|- )/gm, '$1'));
    const { exit, stdout } = await run('validate', path);
    expect({ exit, stdout }).toMatchObject({ exit: 0 });
    expect(parse(await readFile(path, 'utf8'))).toHaveProperty('brand.mustSay');
  });

  test('does not replace a file without --force, and writes nothing when a field can not be', async () => {
    const path = await file('mine.yaml', 'mine');
    const refused = await run('init', '--template', 'UNBOXING', '--out', path);
    expect(refused).toMatchObject({ exit: 2, stderr: expect.stringContaining('--force') });
    const wrong = await run('init', '--template', 'UNBOXING', '--variants', '99', '--out', path, '--force');
    expect(wrong).toMatchObject({ exit: 2, stderr: expect.stringContaining('variants: given 99') });
    expect(await readFile(path, 'utf8')).toBe('mine');
    expect(await readdir(folder)).toEqual(['mine.yaml']);
    expect(await run('init', '--template', 'UNBOXING', '--out', path, '--force')).toMatchObject({ exit: 0 });
    expect(await run('init', '--template', 'UNBOXING', '--out', join(folder, 'no', 'b.yaml'))).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining("can't be written"),
    });
  });

  test('says what to do where nobody is there to ask', async () => {
    const { exit, stderr } = await run('init', '--out', join(folder, 'b.yaml'));
    expect({ exit, stderr }).toEqual({ exit: 2, stderr: expect.stringContaining('--template') });
  });

  test('asks on a terminal: again what can not be, with what is allowed', async () => {
    const path = join(folder, 'asked.yaml');
    const terminal = onTerminal('init', '--product', 'a box of six teas', '--out', path);
    await terminal.answer('Whose ads', 'Tea & Co\r');
    await terminal.answer('called', '\r');
    await terminal.answer('at least 1 character', 'Six teas\r');
    await terminal.answer('Whom', '\r');
    await terminal.answer('end on', 'a seventh tea free\r');
    await terminal.answer('7 UNBOXING', '7\r');
    await terminal.answer('Where', 'tiktok, myspace\r');
    await terminal.answer('allowed: one of instagram', 'tiktok\r');
    await terminal.answer('How many', '\r');
    await terminal.answer('cost in all', '\r');
    expect(await terminal.ended).toBe(0);
    expect(parse(await readFile(path, 'utf8'))).toMatchObject({
      venture: 'Tea & Co',
      name: 'Six teas',
      product: 'a box of six teas',
      audience: 'people who might want it',
      offer: 'a seventh tea free',
      template: 'UNBOXING',
      platforms: ['tiktok'],
      variants: 4,
    });
    expect(await run('validate', path)).toMatchObject({ exit: 0 });
  });

  test('writes nothing when the person leaves', async () => {
    const terminal = onTerminal('init', '--out', join(folder, 'left.yaml'));
    await terminal.answer('Whose ads', '\u0004');
    expect(await terminal.ended).toBe(130);
    expect(await readdir(folder)).toEqual([]);
  });
});

/** A command on a pseudo-terminal of its own, which `script` makes. */
function onTerminal(...args: readonly string[]) {
  const quoted = [process.execPath, resolve('dist/cli/main.js'), ...args]
    .map((word) => `'${word}'`)
    .join(' ');
  const child = spawn('script', ['-qec', quoted, '/dev/null'], { cwd: folder });
  onTerminals.add(child);
  let seen = '';
  let wake = () => {};
  const ended = once(child, 'exit').then(([code]): unknown => {
    onTerminals.delete(child);
    return code;
  });
  child.stdout.on('data', (text) => {
    seen += String(text);
    wake();
  });
  return {
    ended,
    /** Waits until this is shown, and types the answer. */
    async answer(question: string, text: string): Promise<void> {
      const failed = ended.then((code) => {
        throw new Error(`ended with ${String(code)} before it said "${question}":\n${seen}`);
      });
      while (!seen.includes(question)) {
        const more = new Promise<void>((done) => {
          wake = done;
        });
        await Promise.race([more, failed]);
      }
      failed.catch(() => undefined);
      seen = seen.slice(seen.indexOf(question) + question.length);
      child.stdin.write(text);
    },
  };
}
