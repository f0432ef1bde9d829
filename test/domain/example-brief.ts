import { readdirSync } from 'node:fs';
import { type Brief, type BriefInput, parseBrief } from '../../domain/brief.ts';

/** No more than a brief must say. */
export const SHORTEST_BRIEF = {
  venture: 'Crema & Co',
  name: 'Espresso launch',
  template: 'PRODUCT_REVEAL',
  product: 'a small espresso machine',
} as const satisfies BriefInput;

export function briefWith(changes: Partial<BriefInput>): Brief {
  return parseBrief({ ...SHORTEST_BRIEF, ...changes });
}

/** Paths of the briefs that ship. */
export const EXAMPLES = readdirSync('examples')
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => `examples/${name}`);
