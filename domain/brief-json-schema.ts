import { z } from 'zod';
import { briefSchema } from './brief.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The brief's schema for editors and other programs: what a person may write, with every default and description. */
export function briefJsonSchema(): JsonSchema {
  return z.toJSONSchema(
    briefSchema.meta({
      title: 'A Screentest brief',
      description: 'What one test of video ads is about, how it is decided, and what it may cost.',
    }),
    { io: 'input', override: ({ jsonSchema }) => nameEveryKey(jsonSchema) },
  );
}

/** Editors complete properties, but not names of properties. */
function nameEveryKey(schema: JsonSchema): void {
  const { propertyNames, additionalProperties } = schema;
  if (typeof propertyNames !== 'object' || typeof additionalProperties !== 'object') return;
  schema.properties = Object.fromEntries(
    (propertyNames.enum ?? []).map((name) => [String(name), additionalProperties]),
  );
  delete schema.propertyNames;
  schema.additionalProperties = false;
}

/** One field of a brief, as its reference tells it. */
export interface BriefField {
  /** `brand.claims[].proof`; a list's entries are `[]`. */
  readonly path: string;
  /** What may stand there, in words. */
  readonly takes: string;
  /** As JSON; undefined where there is none. */
  readonly default: string | undefined;
  readonly isRequired: boolean;
  readonly description: string | undefined;
}

/** Every field that a brief may have, each before those within it. */
export function briefFields(): readonly BriefField[] {
  return fieldsOf(briefJsonSchema(), '');
}

function fieldsOf(schema: JsonSchema, path: string): BriefField[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    if (typeof property !== 'object') return [];
    const within = path === '' ? name : `${path}.${name}`;
    const field = {
      path: within,
      takes: takenBy(property),
      default: property.default === undefined ? undefined : JSON.stringify(property.default),
      isRequired: schema.required?.includes(name) === true,
      description: property.description,
    };
    return [field, ...(isRecord(property) ? [] : fieldsOf(property, within))];
  });
  const alternatives = (schema.anyOf ?? []).flatMap((one) => fieldsOf(asSchema(one), path));
  const items = schema.items === undefined ? [] : fieldsOf(itemOf(schema), `${path}[]`);
  return [...own, ...alternatives, ...items];
}

/** One whose properties are all alike, such as levels by factor: told in one line. */
function isRecord({ properties }: JsonSchema): boolean {
  const [first, ...others] = Object.values(properties ?? {}).map((property) => JSON.stringify(property));
  return others.length > 0 && others.every((other) => other === first);
}

function takenBy(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return schema.anyOf.map((one) => takenBy(asSchema(one))).join('; or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.type === 'array')
    return `list${count(schema.minItems, schema.maxItems)}: ${takenBy(itemOf(schema))}`;
  if (schema.type === 'object') {
    const names = Object.keys(schema.properties ?? {})
      .map((name) => `\`${name}\``)
      .join(', ');
    const [first] = Object.values(schema.properties ?? {});
    return isRecord(schema) && typeof first === 'object' ? `by ${names}: ${takenBy(first)}` : names;
  }
  if (schema.type === 'string') {
    if (schema.format !== undefined)
      return schema.format === 'date' ? 'a day, such as `2027-03-31`' : schema.format;
    if (schema.maxLength !== undefined) return `text, up to ${schema.maxLength} characters`;
    return 'text';
  }
  if (schema.type === 'boolean') return '`true` or `false`';
  const least = schema.minimum ?? schema.exclusiveMinimum;
  const most = schema.maximum ?? schema.exclusiveMaximum;
  const isOpen = schema.exclusiveMinimum !== undefined;
  return [
    schema.type === 'integer' ? 'whole number' : 'number',
    ...(least === undefined ? [] : [isOpen ? `above ${least}` : `from ${least}`]),
    ...(most === undefined
      ? []
      : [schema.exclusiveMaximum === undefined ? `up to ${most}` : `below ${most}`]),
  ].join(' ');
}

function count(least: number | undefined, most: number | undefined): string {
  if (least === undefined && most === undefined) return '';
  if (most === undefined) return ` of at least ${least}`;
  return ` of ${least ?? 0} to ${most}`;
}

function itemOf({ items }: JsonSchema): JsonSchema {
  return Array.isArray(items) ? {} : asSchema(items);
}

function asSchema(schema: JsonSchema | boolean | undefined): JsonSchema {
  return typeof schema === 'object' ? schema : {};
}
