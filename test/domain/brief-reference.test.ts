import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { type BriefField, briefFields, briefJsonSchema } from '../../domain/brief-json-schema.ts';
import { describeAspects, PLATFORM_LIMITS } from '../../domain/platform-limits.ts';
import { PLATFORMS } from '../../domain/platforms.ts';

const PAGE = 'docs/briefs.md';
const HEADING = '## Every field\n';
const SCHEMA = 'examples/brief.schema.json';
const WRITES = process.env.SCREENTEST_WRITE_DOCS === '1';

/** Tables in Markdown are padded by the formatter; what they say is the same. */
const plain = (markdown: string) => markdown.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---');

function reference(fields: readonly BriefField[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  return [
    '',
    "`[]` is each entry of a list. In the brief's own words:",
    '',
    '| field | takes | when left out | what it is for |',
    '| --- | --- | --- | --- |',
    ...fields.map(({ path, takes, default: byDefault, isRequired, description = '' }) => {
      const leftOut = isRequired ? 'refused' : byDefault === undefined ? '' : `\`${byDefault}\``;
      return `| \`${path}\` | ${cell(takes)} | ${cell(leftOut)} | ${cell(description)} |`;
    }),
    '',
  ].join('\n');
}

test('every field of a brief says what it is for', () => {
  const silent = briefFields().filter(({ description }) => description === undefined || description === '');
  expect(silent.map(({ path }) => path)).toEqual([]);
});

test(`${PAGE} has every field as it is (SCREENTEST_WRITE_DOCS=1 writes it)`, async () => {
  const page = await readFile(PAGE, 'utf8');
  const [before = ''] = page.split(HEADING);
  const written = `${before}${HEADING}${reference(briefFields())}`;
  if (WRITES) await writeFile(PAGE, written);
  expect(plain(await readFile(PAGE, 'utf8')).trim()).toBe(plain(written).trim());
});

test(`${SCHEMA} is the schema that a brief is held to (SCREENTEST_WRITE_DOCS=1 writes it)`, async () => {
  const schema = briefJsonSchema();
  if (WRITES) await writeFile(SCHEMA, `${JSON.stringify(schema, undefined, 2)}\n`);
  expect(JSON.parse(await readFile(SCHEMA, 'utf8'))).toEqual(JSON.parse(JSON.stringify(schema)));
});

test(`${PAGE} tells what each platform takes as the code has it`, async () => {
  const [, table = ''] = (await readFile(PAGE, 'utf8')).split('## What platforms take');
  for (const platform of PLATFORMS) {
    const [, aspects, least, , most, unit] =
      new RegExp(
        `^\\| ${platform} +\\| ([\\d.:]+ to [\\d.:]+) +\\| (\\d+) (s) to (\\d+) (s|min|h) +\\|`,
        'm',
      ).exec(table) ?? [];
    const seconds = Number(most) * (unit === 'h' ? 3600 : unit === 'min' ? 60 : 1);
    const { shortestSeconds, longestSeconds } = PLATFORM_LIMITS[platform];
    expect({ platform, aspects, least: Number(least), seconds }).toEqual({
      platform,
      aspects: describeAspects(platform),
      least: shortestSeconds,
      seconds: longestSeconds,
    });
  }
});
