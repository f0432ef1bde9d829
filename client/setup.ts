import type { Connection } from '@temporalio/client';
import { PreconditionFailed } from '../domain/errors.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { answered } from './answers.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API: the type of every attribute of ours. */
const KEYWORD = 2;

/**
 * Registers the search attributes that groups carry in this namespace. Running it again changes nothing.
 * Returns the names that were added.
 * @throws PreconditionFailed when one exists with another type.
 */
export async function registerSearchAttributes(
  connection: Connection,
  namespace: string,
): Promise<readonly string[]> {
  const { operatorService } = connection;
  const { customAttributes } = await answered(operatorService.listSearchAttributes({ namespace }));
  const names = Object.values(SEARCH_ATTRIBUTES).map(({ name }) => name);
  const missing = names.filter((name) => customAttributes?.[name] === undefined);
  const wrong = names.filter((name) => !missing.includes(name) && customAttributes?.[name] !== KEYWORD);
  if (wrong.length > 0) {
    throw new PreconditionFailed({
      code: 'SEARCH_ATTRIBUTE_TYPE',
      given: `The namespace ${namespace} has ${wrong.join(', ')} with another type`,
      allowed: 'the type Keyword',
      fix: 'remove them with `temporal operator search-attribute remove` and run this again',
    });
  }
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD] as const));
    await answered(operatorService.addSearchAttributes({ namespace, searchAttributes }));
  }
  return missing;
}
