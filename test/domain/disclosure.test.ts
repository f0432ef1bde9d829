import { expect, test } from '@jest/globals';
import { labelSteps } from '../../domain/disclosure.ts';
import { describeRight } from '../../domain/usage-rights.ts';

test('platforms that label alike are told together, in the order of the brief', () => {
  const steps = labelSteps(['facebook', 'tiktok', 'instagram'], { isRealistic: true, label: true });
  expect(steps.map(({ platforms }) => platforms)).toEqual([['facebook', 'instagram'], ['tiktok']]);
});

test('nothing is to be labelled where nobody takes the videos for filmed, or where the brief says so', () => {
  expect(labelSteps(['tiktok'], { isRealistic: false, label: true })).toEqual([]);
  expect(labelSteps(['linkedin'], { isRealistic: true, label: false })).toEqual([]);
});

test('a right is told with its end and its borders', () => {
  expect(describeRight({ to: 'people', whose: 'Ana Ruiz' })).toBe('people: Ana Ruiz');
  expect(
    describeRight({ to: 'music', whose: 'a song', until: '2027-03-31', territories: ['AT', 'DE'] }),
  ).toBe('music: a song, until 2027-03-31, in AT and DE');
});
