import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { faultsPage } from '../faults/page.ts';

const PAGE = 'docs/faults.md';

/** `WRITE_DOCS=true npm test -- test/config/faults-page.test.ts` writes it; `npm run format` then lays out its tables. */
test('docs/faults.md says what the table of faults says, which `npm run test:faults` plays', async () => {
  if (process.env.WRITE_DOCS === 'true') await writeFile(PAGE, faultsPage());
  expect(words(await readFile(PAGE, 'utf8'))).toEqual(words(faultsPage()));
});

/** Whatever the layout of its tables. */
function words(markdown: string): string[] {
  return markdown.split('\n').map((line) => line.replaceAll(/-{3,}/g, '---').replaceAll(/\s+/g, ' ').trim());
}
