import { Option } from 'commander';
import { readPersonSettings } from '../config/environment.ts';
import { BadInput } from '../domain/errors.ts';

export function byOption(): Option {
  return new Option('--by <e-mail>', 'who acts; without it SCREENTEST_USER');
}

/** @throws BadInput when nobody is named, or by something that is no e-mail address. */
export function whoActs(by: string | undefined, environment: NodeJS.ProcessEnv): string {
  const { SCREENTEST_USER: person } = readPersonSettings({
    SCREENTEST_USER: by ?? environment.SCREENTEST_USER,
  });
  if (person !== undefined) return person.toLowerCase();
  throw new BadInput({
    code: 'NOBODY_ACTS',
    given: 'It is not said who does this',
    allowed: 'an e-mail address',
    fix: 'add --by you@example.com, or set SCREENTEST_USER',
  });
}
