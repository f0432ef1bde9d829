import type pg from 'pg';
import { z } from 'zod';
import { withConnection } from './connection.ts';

/**
 * The data dictionary: every table with its columns, keys, indexes and triggers, as the database and its comments tell
 * it, and a diagram of the keys between them. Markdown. The same schema gives the same text.
 * @throws Unavailable when the database does not answer
 */
export function describeSchema(connectionString: string): Promise<string> {
  return withConnection(connectionString, async (client) => {
    const tables = await readTables(client);
    const relations = await readRelations(client);
    return [
      '# Data dictionary',
      '',
      'Made from the database and its comments by `screentest db dictionary`; a test compares the two.',
      '',
      '```mermaid',
      'erDiagram',
      ...tables.flatMap(entityLines),
      ...relations.map(relationLine),
      '```',
      '',
      ...tables.flatMap(tableSection),
    ].join('\n');
  });
}

/** As they are shown: primary, foreign, unique. */
const KINDS_OF_KEY = ['PK', 'FK', 'UK'] as const;

const columnSchema = z.object({
  name: z.string(),
  type: z.string(),
  nullable: z.boolean(),
  default: z.string().nullable(),
  comment: z.string().nullable(),
  keys: z.array(z.enum(KINDS_OF_KEY)),
});
const namedSchema = z.object({ name: z.string(), definition: z.string() });
const tableSchema = z.object({
  name: z.string(),
  comment: z.string().nullable(),
  partitioned_by: z.string().nullable(),
  columns: z.array(columnSchema),
  constraints: z.array(namedSchema),
  indexes: z.array(namedSchema),
  triggers: z.array(namedSchema),
  policies: z.array(namedSchema),
});
type Table = z.output<typeof tableSchema>;

const relationSchema = z.object({
  source: z.string(),
  target: z.string(),
  label: z.string(),
  is_optional: z.boolean(),
});
type Relation = z.output<typeof relationSchema>;

/** Partitions are not listed: they are as their parent, and there are more of them every month. */
const OURS = `
  c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> '_prisma_migrations'
  AND (n.nspname = 'public' OR c.oid = to_regclass('auth.users'))`;

/** The name with its schema, unless that is `public`. */
const NAME = `CASE n.nspname WHEN 'public' THEN c.relname ELSE n.nspname || '.' || c.relname END`;

async function readTables(client: pg.Client): Promise<readonly Table[]> {
  const { rows } = await client.query(`
    SELECT ${NAME} AS name, obj_description(c.oid, 'pg_class') AS comment,
      CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END AS partitioned_by,
      coalesce((
        SELECT jsonb_agg(jsonb_build_object(
          'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'nullable', NOT a.attnotnull,
          'default', pg_get_expr(d.adbin, d.adrelid), 'comment', col_description(c.oid, a.attnum),
          'keys', ARRAY(
            SELECT DISTINCT CASE k.contype WHEN 'p' THEN 'PK' WHEN 'f' THEN 'FK' ELSE 'UK' END AS key
            FROM pg_constraint k
            WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f') AND a.attnum = ANY (k.conkey))) ORDER BY a.attnum)
        FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
      coalesce((
        SELECT jsonb_agg(jsonb_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid))
          ORDER BY array_position(ARRAY['p', 'u', 'f', 'c'], k.contype::text), k.conname)
        FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype IN ('p', 'u', 'f', 'c')), '[]') AS constraints,
      coalesce((
        SELECT jsonb_agg(jsonb_build_object('name', i.relname,
          'definition', regexp_replace(pg_get_indexdef(i.oid), '^CREATE (UNIQUE )?INDEX .*? USING ', '\\1'))
          ORDER BY i.relname)
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
        WHERE x.indrelid = c.oid AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid)), '[]') AS indexes,
      coalesce((
        SELECT jsonb_agg(jsonb_build_object('name', t.tgname,
          'definition', regexp_replace(pg_get_triggerdef(t.oid), '^CREATE (CONSTRAINT )?TRIGGER \\S+ ', '')) ORDER BY t.tgname)
        FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal), '[]') AS triggers,
      coalesce((
        SELECT jsonb_agg(jsonb_build_object('name', p.polname,
          'definition', 'USING ' || pg_get_expr(p.polqual, p.polrelid)) ORDER BY p.polname)
        FROM pg_policy p WHERE p.polrelid = c.oid), '[]') AS policies
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${OURS}
    ORDER BY name`);
  return z.array(tableSchema).parse(rows);
}

async function readRelations(client: pg.Client): Promise<readonly Relation[]> {
  const { rows } = await client.query(`
    SELECT ${NAME} AS source, k.confrelid::regclass::text AS target,
      string_agg(a.attname, ', ' ORDER BY array_position(k.conkey, a.attnum)) AS label,
      bool_or(NOT a.attnotnull) AS is_optional
    FROM pg_constraint k
    JOIN pg_class c ON c.oid = k.conrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
    WHERE k.contype = 'f' AND ${OURS}
    GROUP BY k.oid, n.nspname, c.relname
    ORDER BY source, label, target`);
  return z.array(relationSchema).parse(rows);
}

/** The columns that are part of a key; the tables below have them all. */
function entityLines({ name, columns }: Table): readonly string[] {
  const keys = columns.filter((column) => column.keys.length > 0);
  return [
    `  ${diagramName(name)} {`,
    ...keys.map(
      (column) => `    ${plainType(column.type)} ${column.name} ${kindsOf(column.keys).join(', ')}`,
    ),
    '  }',
  ];
}

function kindsOf(keys: Table['columns'][number]['keys']): readonly string[] {
  return KINDS_OF_KEY.filter((kind) => keys.includes(kind));
}

/** Mermaid takes one word: neither a length nor a precision. */
function plainType(type: string): string {
  return type.replace(/\(.*?\)/, '').replaceAll(' ', '_');
}

function relationLine({ source, target, label, is_optional: isOptional }: Relation): string {
  return `  ${diagramName(target)} ${isOptional ? '|o' : '||'}--o{ ${diagramName(source)} : "${label}"`;
}

function diagramName(table: string): string {
  return table.replaceAll('.', '_');
}

function tableSection(table: Table): readonly string[] {
  return [
    `## ${table.name}`,
    '',
    ...(table.comment === null ? [] : [table.comment.replace(/\.?$/, '.'), '']),
    ...(table.partitioned_by === null ? [] : [`Partitioned by ${table.partitioned_by}.`, '']),
    '| column | type | default | meaning |',
    '| --- | --- | --- | --- |',
    ...table.columns.map(({ name, type, nullable, default: initial, comment }) =>
      row(
        code(name),
        `${type}${nullable ? '' : ', needed'}`,
        initial === null ? '' : code(initial),
        comment ?? '',
      ),
    ),
    '',
    ...named('Constraints', table.constraints),
    ...named('Indexes', table.indexes),
    ...named('Triggers', table.triggers),
    ...named('Policies', table.policies),
  ];
}

function named(title: string, entries: readonly { name: string; definition: string }[]): readonly string[] {
  if (entries.length === 0) return [];
  return [
    `${title}:`,
    '',
    ...entries.map(({ name, definition }) => `- \`${name}\`: ${code(definition.replaceAll(/\s+/g, ' '))}`),
    '',
  ];
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}
