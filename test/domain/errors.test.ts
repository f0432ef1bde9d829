import { expect, test } from '@jest/globals';
import {
  AmbiguousOutcome,
  BadInput,
  NotFound,
  PreconditionFailed,
  Refused,
  ScreentestError,
  Unavailable,
} from '../../domain/errors.ts';

const PARTS = { code: 'NO_MILK', given: 'There is no milk', allowed: 'milk', fix: 'buy some' };

test.each([
  ['BadInput', new BadInput(PARTS), 'bad-input'],
  ['NotFound', new NotFound(PARTS), 'not-found'],
  ['PreconditionFailed', new PreconditionFailed(PARTS), 'precondition'],
  ['Unavailable', new Unavailable(PARTS), 'unavailable'],
  ['Refused', new Refused(PARTS), 'refused'],
  ['AmbiguousOutcome', new AmbiguousOutcome(PARTS), 'ambiguous'],
])('%s says what was given, what is allowed and what to do', (name, error, kind) => {
  expect(error).toBeInstanceOf(ScreentestError);
  expect(error).toMatchObject({ ...PARTS, name, kind });
  expect(error.message).toBe('There is no milk. Allowed: milk. To fix: buy some');
  // Repeating helps only when something outside did not answer; what may have cost money is never repeated.
  expect(error.mayBeRetried).toBe(kind === 'unavailable');
});

test('what has nothing to say is left out, and a list of problems keeps its lines', () => {
  const cause = new Error('spilt');
  const error = new BadInput({
    code: 'NO_MILK',
    given: 'Two things:\n  milk\n  beans',
    fix: 'buy them',
    cause,
  });
  expect(error.message).toBe('Two things:\n  milk\n  beans\nTo fix: buy them');
  expect(error.allowed).toBeUndefined();
  expect(error.cause).toBe(cause);
});
