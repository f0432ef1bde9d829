import { expect, test } from '@jest/globals';
import { groupId, isGroupId, isJobId, isVariantId, jobId, variantId } from '../../domain/ids.ts';

const ID = '0b0e4c52-6d3a-4a57-9d39-1f5a3c0a7e11';

test('an id is a UUID in lower case', () => {
  for (const isId of [isGroupId, isVariantId, isJobId]) {
    expect(isId(ID)).toBe(true);
    for (const text of ['', ID.toUpperCase(), ` ${ID}`, ID.replaceAll('-', ''), `${ID}\n`]) {
      expect(isId(text)).toBe(false);
    }
  }
});

test.each([
  ['group', groupId],
  ['variant', variantId],
  ['job', jobId],
])('another text where the id of a %s belongs is a defect of ours', (what, read) => {
  expect(read(ID)).toBe(ID);
  expect(() => read('no id')).toThrow(new TypeError(`not a ${what} id: no id`));
});
