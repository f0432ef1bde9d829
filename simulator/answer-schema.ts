import { randomOf } from './random.ts';

/** The part of JSON Schema that structured outputs are asked for in; what else is said is not looked at. */
interface Schema {
  readonly type?: unknown;
  readonly properties?: unknown;
  readonly items?: unknown;
  readonly enum?: unknown;
}

/**
 * A value of the schema's shape, the same for the same seed. No two texts in it are the same, as long as there are
 * sentences enough.
 */
export function valueFor(schema: unknown, seed: string, words = sentences(seed)): unknown {
  const { type, properties, items, enum: choices }: Schema = isObject(schema) ? schema : {};
  if (Array.isArray(choices)) return choices[0];
  switch (type) {
    case 'object':
      return Object.fromEntries(
        Object.entries(isObject(properties) ? properties : {}).map(([name, its]) => [
          name,
          valueFor(its, seed, words),
        ]),
      );
    case 'array':
      return [valueFor(items, seed, words), valueFor(items, seed, words)];
    case 'string':
      return words.next().value;
    case 'integer':
    case 'number':
      return 1;
    case 'boolean':
      return true;
    default:
      return null;
  }
}

const WHO = [
  'A woman in a grey coat',
  'A man with flour on his hands',
  'A student',
  'An old couple',
  'A cyclist',
];
const DOES = [
  'lifts it to the light',
  'sets it down and leans back',
  'turns it once',
  'hands it over',
  'laughs',
];
const WHERE = ['by the window', 'at a crowded table', 'on the stairs', 'in the doorway', 'under a lamp'];

/** All that can be made of these parts, each once, in an order of the seed's. */
function* sentences(seed: string): Generator<string, string> {
  const random = randomOf('chat', seed);
  const all = WHO.length * DOES.length * WHERE.length;
  const start = Math.floor(random() * all);
  for (let n = 0; ; n++) {
    // 37 has no factor in common with 125, so it takes every one before it takes one again.
    const at = (start + n * 37) % all;
    const who = WHO[at % WHO.length];
    const does = DOES[Math.floor(at / WHO.length) % DOES.length];
    const where = WHERE[Math.floor(at / (WHO.length * DOES.length))];
    yield `${who} ${does} ${where}.`;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
