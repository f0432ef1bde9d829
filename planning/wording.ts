import type { Factor } from '../domain/mutations.ts';

/**
 * What a writer wrote for levels, by `factor/level`. A level that is not in it has the library's words, and one that the
 * library doesn't know either has its own.
 */
export type Wording = ReadonlyMap<string, string>;

export function wordingKey(factor: Factor, level: string): string {
  return `${factor}/${level}`;
}
