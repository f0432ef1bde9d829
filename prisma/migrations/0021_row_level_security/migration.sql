-- For an API that connects as its users, as Supabase's does: a member of a venture reads that venture's rows, and nobody
-- writes. Who owns the tables is not asked. The roles anon and authenticated need not exist.
--
-- Row-level security of a parent is not asked when its partition is read by name, nor that of a table when a view of its
-- owner reads it: so every partition and archived month is protected too, and views are security_invoker.

DO $do$
BEGIN
  IF to_regprocedure('auth.uid()') IS NOT NULL THEN
    CREATE FUNCTION public.screentest_user_id() RETURNS UUID
    LANGUAGE sql STABLE AS 'SELECT auth.uid()';
  ELSE
    -- A subject that is no UUID is none of our people, and no error of the query.
    CREATE FUNCTION public.screentest_user_id() RETURNS UUID
    LANGUAGE sql STABLE AS $$
      SELECT CASE WHEN subject ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN subject::uuid END
      FROM (SELECT nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub' AS subject) AS token
    $$;
  END IF;
END
$do$;
COMMENT ON FUNCTION public.screentest_user_id() IS 'Who asks through the API: the subject of the request''s token; null for nobody';

-- As its owner, or the policy of venture_members would ask itself.
CREATE FUNCTION public.screentest_ventures() RETURNS UUID[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = '' AS $$
  SELECT coalesce(array_agg(venture_id), '{}') FROM public.venture_members
  WHERE user_id = public.screentest_user_id()
$$;
COMMENT ON FUNCTION public.screentest_ventures() IS 'Ventures that whoever asks through the API is a member of';

-- By its columns: a row belongs to the venture that it names, or to the venture of the group, variant or publication that
-- it names, each of which is looked up under its own policy. A table that names none of them is read by nobody. The
-- sub-select about who asks is answered once a query. Those about the row are scalar, so that they stay lookups by primary
-- key: Postgres hashes an EXISTS or IN, and then reads all 450,000 variants to find the metrics of one (77 ms instead of 4).
CREATE FUNCTION public.screentest_protect(relation REGCLASS) RETURNS VOID
LANGUAGE plpgsql SET search_path = '' AS $$
DECLARE
  has TEXT[] := ARRAY(
    SELECT attname::text FROM pg_catalog.pg_attribute WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped
  );
  of_members CONSTANT TEXT := '= ANY ((SELECT public.screentest_ventures())::uuid[])';
  rule TEXT;
  api_role TEXT;
BEGIN
  rule := CASE
    WHEN relation = to_regclass('public.ventures') THEN 'id ' || of_members
    WHEN relation = to_regclass('public.use_case_templates') THEN '(SELECT public.screentest_user_id()) IS NOT NULL'
    WHEN 'venture_id' = ANY (has) THEN 'venture_id ' || of_members
    WHEN 'variant_group_id' = ANY (has) THEN
      '(SELECT true FROM public.variant_groups g WHERE g.id = variant_group_id)'
    WHEN 'video_variant_id' = ANY (has) THEN
      '(SELECT true FROM public.video_variants v WHERE v.id = video_variant_id)'
    WHEN 'publication_id' = ANY (has) THEN
      '(SELECT true FROM public.variant_publications p WHERE p.id = publication_id)'
  END;

  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', relation);
  EXECUTE format('DROP POLICY IF EXISTS screentest_members_read ON %s', relation);
  IF rule IS NOT NULL THEN
    EXECUTE format('CREATE POLICY screentest_members_read ON %s FOR SELECT USING (%s)', relation, rule);
  END IF;

  FOREACH api_role IN ARRAY ARRAY['anon', 'authenticated'] LOOP
    CONTINUE WHEN to_regrole(api_role) IS NULL;
    -- Supabase grants everything on new tables. Policies do not speak of TRUNCATE, and an UPDATE that no policy allows
    -- looks like one that found nothing.
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON %s FROM %I', relation, api_role);
    -- Nobody can name what is in a schema of ours; but a view that reads it does so with its reader's rights.
    IF (SELECT relnamespace <> 'public'::regnamespace FROM pg_catalog.pg_class WHERE oid = relation) THEN
      EXECUTE format('GRANT SELECT ON %s TO %I', relation, api_role);
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION public.screentest_protect(REGCLASS) IS
  'Lets members of a venture read its rows of this table through the API, and nobody write; to be called on every new table, partition and archived month';

-- The job table has a migration of its own, which is held back with it. Tables that were here before us are left to those
-- who made them.
DO $$
DECLARE
  relation REGCLASS;
  api_role TEXT;
BEGIN
  FOR relation IN
    SELECT oid FROM pg_class
    WHERE relkind IN ('r', 'p') AND (
      relnamespace = 'screentest_partitions'::regnamespace
      OR oid = ANY (ARRAY[
        'use_case_templates', 'variant_groups', 'video_variants', 'variant_performance', 'variant_renditions',
        'budget_ledger', 'group_events', 'venture_members', 'variant_publications', 'metric_imports',
        'metric_observations', 'variant_metric_totals', 'analysis_snapshots', 'venture_budgets', 'provider_smoke_tests'
      ]::regclass[])
      OR (oid IN (to_regclass('public.ventures'), to_regclass('public.video_prompts'))
        AND obj_description(oid, 'pg_class') LIKE '%Created by Screentest.'))
  LOOP
    PERFORM screentest_protect(relation);
  END LOOP;

  -- Not protected by a policy: to a migrator who is not its owner it would look as if nothing had been applied.
  FOREACH api_role IN ARRAY ARRAY['anon', 'authenticated'] LOOP
    CONTINUE WHEN to_regrole(api_role) IS NULL OR to_regclass('public._prisma_migrations') IS NULL;
    EXECUTE format('REVOKE ALL ON public._prisma_migrations FROM %I', api_role);
  END LOOP;
END
$$;

-- As before, but that a new month is protected before anything is in it.
CREATE OR REPLACE FUNCTION public.screentest_ensure_month_partitions(from_month DATE, months INTEGER) RETURNS SETOF TEXT
LANGUAGE plpgsql AS $$
DECLARE
  parent TEXT;
  first_day DATE;
  lower_bound TEXT;
  upper_bound TEXT;
  partition_name TEXT;
BEGIN
  FOREACH parent IN ARRAY ARRAY['variant_performance', 'metric_observations'] LOOP
    CONTINUE WHEN to_regclass(format('public.%I', parent)) IS NULL;
    FOR step IN 0 .. months - 1 LOOP
      first_day := (date_trunc('month', from_month::timestamp) + make_interval(months => step))::date;
      partition_name := format('%s_%s', parent, to_char(first_day, 'YYYY_MM'));
      CONTINUE WHEN to_regclass(format('screentest_partitions.%I', partition_name)) IS NOT NULL;
      lower_bound := to_char(first_day, 'YYYY-MM-DD') || ' 00:00:00+00';
      upper_bound := to_char(first_day + INTERVAL '1 month', 'YYYY-MM-DD') || ' 00:00:00+00';

      -- The parent first, then the default: in this order writers wait; with the default alone locked they
      -- fail with 23514 once the partition is there.
      EXECUTE format('LOCK TABLE ONLY public.%I IN SHARE ROW EXCLUSIVE MODE', parent);
      CONTINUE WHEN to_regclass(format('screentest_partitions.%I', partition_name)) IS NOT NULL;
      EXECUTE format('LOCK TABLE screentest_partitions.%I IN ACCESS EXCLUSIVE MODE', parent || '_default');
      EXECUTE format(
        'CREATE TABLE screentest_partitions.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS)',
        partition_name, parent);
      PERFORM public.screentest_protect(to_regclass(format('screentest_partitions.%I', partition_name)));
      EXECUTE format(
        'WITH moved AS (
           DELETE FROM screentest_partitions.%I WHERE recorded_at >= %L AND recorded_at < %L RETURNING *
         ) INSERT INTO screentest_partitions.%I SELECT * FROM moved',
        parent || '_default', lower_bound, upper_bound, partition_name);
      EXECUTE format(
        'ALTER TABLE public.%I ATTACH PARTITION screentest_partitions.%I FOR VALUES FROM (%L) TO (%L)',
        parent, partition_name, lower_bound, upper_bound);
      EXECUTE format('COMMENT ON TABLE screentest_partitions.%I IS %L',
        partition_name, format('Rows of %s recorded in %s (UTC)', parent, to_char(first_day, 'YYYY-MM')));
      RETURN NEXT partition_name;
    END LOOP;
  END LOOP;
END
$$;
