import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import { formatPath } from '../domain/issues.ts';

/** Where something stands in a file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML or JSON file, which is YAML too: what it says, and where it says it. */
export interface YamlSource {
  readonly value: unknown;
  /** What is wrong with its form. Where anything is, `value` is undefined. */
  readonly errors: readonly { readonly place: Place; readonly says: string }[];
  /** Of a field such as `platforms[1]`; undefined for one that is not written there. */
  find(path: string): Place | undefined;
  /** The same; of what is not written there, the nearest that it would stand in. */
  placeOf(path: string): Place;
  /** The line at a place, with a mark under what begins there. */
  excerpt(place: Place): readonly string[];
}

/** Of a field or an item: its first character, and the one after its last. */
type Span = readonly [start: number, end: number];

export function readYamlSource(text: string): YamlSource {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const spans = new Map<string, Span>();
  if (document.contents !== null) collectSpans(document.contents, [], spans);
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [value, ...unresolved] = resolved(document);
  const errors = document.errors.map(({ pos, message }) => ({ place: placeAt(pos[0]), says: message }));
  return {
    value: errors.length === 0 ? value : undefined,
    errors: [...errors, ...unresolved.map((says) => ({ place: { line: 1, column: 1 }, says }))],
    find: (path) => {
      const span = spans.get(path);
      return span && placeAt(span[0]);
    },
    placeOf: (path) => placeAt(nearest(path, spans)?.[0] ?? 0),
    excerpt: (place) => {
      const line = text.split('\n')[place.line - 1]?.trimEnd() ?? '';
      const start = (lines.lineStarts[place.line - 1] ?? 0) + place.column - 1;
      const end = [...spans.values()].find(([from]) => from === start)?.[1] ?? start + 1;
      // Of JSON in one line, what stands around the place.
      const cut = line.length > LONGEST_SHOWN ? Math.max(0, place.column - 1 - LONGEST_SHOWN / 2) : 0;
      const shown = line.slice(cut, cut + LONGEST_SHOWN);
      const before = shown.slice(0, place.column - 1 - cut);
      const length = Math.max(1, Math.min(end - start, shown.length - before.length));
      // A tab is as wide above as it is below.
      const indent = before.replaceAll(/[^\t]/g, ' ');
      const margin = String(place.line);
      return [`${margin} | ${shown}`, `${' '.repeat(margin.length)} | ${indent}${'^'.repeat(length)}`];
    },
  };
}

const LONGEST_SHOWN = 100;

/** The value; or, where aliases can't be followed, why. */
function resolved(document: ReturnType<typeof parseDocument>): readonly [unknown, ...string[]] {
  if (document.errors.length > 0) return [undefined];
  try {
    return [document.toJS()];
  } catch (error) {
    return [undefined, error instanceof Error ? error.message : String(error)];
  }
}

/** A field's span begins with its name, an item's with itself. */
function collectSpans(node: unknown, path: readonly (string | number)[], spans: Map<string, Span>): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (!isScalar(key) || !key.range) continue;
      const field = [...path, String(key.value)];
      const valueEnd = isPlaced(value) ? value.range[1] : key.range[1];
      spans.set(formatPath(field), [key.range[0], valueEnd]);
      collectSpans(value, field, spans);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      const place = [...path, index];
      if (isPlaced(item)) spans.set(formatPath(place), [item.range[0], item.range[1]]);
      collectSpans(item, place, spans);
    }
  }
}

function isPlaced(node: unknown): node is Node & { readonly range: readonly [number, number, number] } {
  return (isMap(node) || isSeq(node) || isScalar(node) || isAlias(node)) && Array.isArray(node.range);
}

function nearest(path: string, spans: ReadonlyMap<string, Span>): Span | undefined {
  const end = Math.max(path.lastIndexOf('.'), path.lastIndexOf('['));
  return spans.get(path) ?? (end > 0 ? nearest(path.slice(0, end), spans) : undefined);
}
