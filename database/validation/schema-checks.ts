import { IS_OURS } from '../own-tables.ts';
import type { Check } from './check.ts';

const OUR_TABLES = `SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${IS_OURS}`;

/** What must be there, and on, whatever the rows say. */
export const SCHEMA_CHECKS: readonly Check[] = [
  {
    name: 'sessions are in UTC',
    problems: `
      SELECT 'new sessions are in ' || setting AS problem FROM pg_settings
      WHERE name = 'TimeZone' AND setting NOT IN ('UTC', 'Etc/UTC')`,
  },
  {
    name: 'every constraint is validated',
    problems: `
      SELECT format('%s of %s', conname, conrelid::regclass) AS problem FROM pg_constraint
      WHERE NOT convalidated AND conrelid IN (${OUR_TABLES})`,
  },
  {
    name: 'every index is valid',
    problems: `
      SELECT format('%s of %s', indexrelid::regclass, indrelid::regclass) AS problem FROM pg_index
      WHERE NOT (indisvalid AND indisready) AND indrelid IN (${OUR_TABLES})`,
  },
  {
    name: 'every trigger is there and on',
    problems: `
      SELECT format('%s of %s is off', tgname, tgrelid::regclass) AS problem FROM pg_trigger
      WHERE tgenabled = 'D' AND tgrelid IN (${OUR_TABLES})
      UNION ALL
      SELECT format('%s of %s is missing', needed.name, needed.relation) FROM (VALUES
        ('variant_groups', 'variant_groups_starts_in_planning'),
        ('variant_groups', 'variant_groups_move_is_allowed'),
        ('variant_groups', 'variant_groups_touch_updated_at'),
        ('group_events', 'group_events_are_append_only'),
        ('video_variants', 'video_variants_record_move'),
        ('video_generation_jobs', 'video_generation_jobs_record_move')
      ) AS needed (relation, name)
      WHERE to_regclass('public.' || needed.relation) IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_trigger WHERE tgname = needed.name AND tgrelid = to_regclass('public.' || needed.relation))`,
  },
  {
    name: 'row-level security is on',
    problems: `
      SELECT c.oid::regclass::text AS problem FROM pg_class c WHERE NOT c.relrowsecurity AND c.oid IN (${OUR_TABLES})`,
  },
  {
    name: 'views read as their reader',
    problems: `
      SELECT DISTINCT format('%s, of %s', v.oid::regclass, d.refobjid::regclass) AS problem
      FROM pg_rewrite r
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class v ON v.oid = r.ev_class
      WHERE d.refobjid IN (${OUR_TABLES}) AND v.relkind IN ('v', 'm')
        AND NOT coalesce(v.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)`,
  },
  {
    name: 'tables and columns say what they mean',
    problems: `
      SELECT c.oid::regclass::text AS problem FROM pg_class c
      WHERE c.oid IN (${OUR_TABLES}) AND obj_description(c.oid, 'pg_class') IS NULL
      UNION ALL
      SELECT format('%s.%s', c.oid::regclass, a.attname) FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      WHERE c.oid IN (${OUR_TABLES}) AND NOT c.relispartition AND col_description(c.oid, a.attnum) IS NULL`,
  },
  {
    name: 'this month and the next three have their partitions',
    problems: `
      SELECT needed.name || CASE WHEN to_regclass(needed.name) IS NULL THEN ' is missing' ELSE ' is not attached' END AS problem
      FROM (
        SELECT parent, format('screentest_partitions.%s_%s', parent,
          to_char((now() AT TIME ZONE 'UTC') + make_interval(months => ahead), 'YYYY_MM')) AS name
        FROM unnest(ARRAY['variant_performance', 'metric_observations']) parent, generate_series(0, 3) ahead
      ) needed
      WHERE NOT EXISTS (
        SELECT FROM pg_inherits
        WHERE inhrelid = to_regclass(needed.name) AND inhparent = to_regclass('public.' || needed.parent))`,
  },
  {
    name: 'every month is attached',
    problems: `
      SELECT c.oid::regclass::text AS problem FROM pg_class c
      WHERE c.relkind = 'r' AND NOT c.relispartition AND c.relnamespace = to_regnamespace('screentest_partitions')`,
  },
];
