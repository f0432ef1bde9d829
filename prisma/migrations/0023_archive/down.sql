-- Archived months go back to where they came from; of those that were dropped, the way to their file is lost.

DROP TRIGGER metric_month_is_open ON screentest_partitions.variant_performance_default;
DROP TRIGGER metric_month_is_open ON screentest_partitions.metric_observations_default;
DROP VIEW public.variant_performance_all;
DROP VIEW public.metric_observations_all;

DO $$
DECLARE
  parent TEXT;
  part RECORD;
BEGIN
  FOREACH parent IN ARRAY ARRAY['variant_performance', 'metric_observations'] LOOP
    FOR part IN
      SELECT c.relname AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = to_regclass(format('archive.%I', parent))
    LOOP
      EXECUTE format('ALTER TABLE archive.%I DETACH PARTITION archive.%I', parent, part.name);
      EXECUTE format('ALTER TABLE archive.%I SET SCHEMA screentest_partitions', part.name);
      EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION screentest_partitions.%I %s', parent, part.name, part.bounds);
    END LOOP;
  END LOOP;
END
$$;

DROP FUNCTION public.screentest_archive_month(DATE);
DROP FUNCTION public.screentest_refuse_archived_month();
DROP TABLE public.archived_partitions;
DROP TABLE archive.variant_performance;
DROP TABLE archive.metric_observations;
DROP SCHEMA archive;
