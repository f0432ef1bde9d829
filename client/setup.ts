import type { ConnectionLike } from '@temporalio/client';
import { PreconditionFailed } from '../domain/errors.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';
import { answered } from './answers.ts';

/** `INDEXED_VALUE_TYPE_KEYWORD` of Temporal's API: the type of every attribute of ours. */
const KEYWORD = 2;

/** Which of Screentest's search attributes this namespace lacks. @throws PreconditionFailed for one of another type. */
export async function missingSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<readonly string[]> {
  const { customAttributes } = await answered(connection.operatorService.listSearchAttributes({ namespace }));
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
  return missing;
}

/**
 * Registers the search attributes that groups carry in this namespace. Running it again changes nothing.
 * Returns the names that were added.
 * @throws PreconditionFailed when one exists with another type.
 */
export async function registerSearchAttributes(
  connection: ConnectionLike,
  namespace: string,
): Promise<readonly string[]> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length > 0) {
    const searchAttributes = Object.fromEntries(missing.map((name) => [name, KEYWORD] as const));
    await answered(connection.operatorService.addSearchAttributes({ namespace, searchAttributes }));
  }
  return missing;
}
