import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';

const PAGE = 'docs/requirements.md';
const page = readFileSync(PAGE, 'utf8');
/** As the page names one: `` `test/a.test.ts` "a sentence" ``. */
const PROOF = /`(test\/[\w./-]+\.test\.ts)` "([^"]+)"/g;
const proofs = [...page.matchAll(PROOF)].map(([, file = '', name = '']) => ({ file, name }));

test('every proof that the requirements page names is a test that exists', () => {
  const missing = proofs.filter(({ file, name }) => !existsSync(file) || !isTestOf(file, name));
  expect(missing).toEqual([]);
  expect(proofs.length).toBeGreaterThan(50);
});

test('no requirement is without a proof or a word why there is none', () => {
  const rows = page.split('\n').filter((line) => /^\|(?! *-|.* proven by *\|$)/.test(line));
  expect(rows.length).toBeGreaterThan(50);
  const bare = rows.filter((row) => row.search(PROOF) === -1 && !row.includes('not proven here:'));
  expect(bare).toEqual([]);
});

function isTestOf(file: string, name: string): boolean {
  const source = readFileSync(file, 'utf8');
  return [`'${name}'`, `"${name}"`].some((quoted) => source.includes(quoted));
}
