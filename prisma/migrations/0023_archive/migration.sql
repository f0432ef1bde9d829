-- The later life of a month: detached from the live table and attached to the archive's in one transaction, so that
-- a row can be read at every moment; after three years exported to a file, and dropped. What became of it stays here.

CREATE SCHEMA archive;
COMMENT ON SCHEMA archive IS 'Months of the metric tables that are over, and whose groups are all archived; not exposed to any API';

-- Partitioned like the live tables: bounds on recorded_at prune here too, and keys, checks and policies are said once.
-- A month comes with its rows: no index is built and no row is read when it is attached.
CREATE TABLE archive.variant_performance (
  LIKE public.variant_performance INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS,
  PRIMARY KEY (id, recorded_at),
  UNIQUE (video_variant_id, platform, metric_name, recorded_at),
  FOREIGN KEY (video_variant_id) REFERENCES public.video_variants (id) ON DELETE CASCADE
) PARTITION BY RANGE (recorded_at);

CREATE TABLE archive.metric_observations (
  LIKE public.metric_observations INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING COMMENTS,
  PRIMARY KEY (id, recorded_at),
  CONSTRAINT metric_observations_natural_key UNIQUE (publication_id, metric_name, attribution_window, recorded_at),
  FOREIGN KEY (publication_id) REFERENCES public.variant_publications (id) ON DELETE CASCADE,
  FOREIGN KEY (import_id) REFERENCES public.metric_imports (id) ON DELETE SET NULL
) PARTITION BY RANGE (recorded_at);

-- As on the live table: a group's deletion removes its imports, and each would search every month.
CREATE INDEX idx_archived_observations_import ON archive.metric_observations (import_id);

COMMENT ON TABLE archive.variant_performance IS 'Months of variant_performance that are archived';
COMMENT ON TABLE archive.metric_observations IS 'Months of metric_observations that are archived';

CREATE VIEW public.variant_performance_all WITH (security_invoker = true) AS
SELECT id, video_variant_id, platform, metric_name, metric_value, metric_unit, recorded_at, data_source, notes, created_by, created_at
FROM public.variant_performance
UNION ALL
SELECT id, video_variant_id, platform, metric_name, metric_value, metric_unit, recorded_at, data_source, notes, created_by, created_at
FROM archive.variant_performance;
COMMENT ON VIEW public.variant_performance_all IS 'variant_performance with its archived months; give bounds on recorded_at';

CREATE VIEW public.metric_observations_all WITH (security_invoker = true) AS
SELECT id, publication_id, metric_name, recorded_at, interval_start, attribution_window, value, currency, is_cumulative, import_id, created_by, created_at, updated_at
FROM public.metric_observations
UNION ALL
SELECT id, publication_id, metric_name, recorded_at, interval_start, attribution_window, value, currency, is_cumulative, import_id, created_by, created_at, updated_at
FROM archive.metric_observations;
COMMENT ON VIEW public.metric_observations_all IS 'metric_observations with its archived months; give bounds on recorded_at';

CREATE TABLE public.archived_partitions (
  table_name VARCHAR(100) NOT NULL CHECK (table_name IN ('variant_performance', 'metric_observations')),
  month DATE NOT NULL CHECK (EXTRACT(DAY FROM month) = 1),
  row_count BIGINT NOT NULL CHECK (row_count >= 0),
  size_bytes BIGINT NOT NULL CHECK (size_bytes >= 0),
  detached_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  export_key TEXT,
  exported_to TEXT,
  exported_rows BIGINT CHECK (exported_rows >= 0),
  export_bytes BIGINT CHECK (export_bytes >= 0),
  export_sha256 CHAR(64) CHECK (export_sha256 ~ '^[0-9a-f]{64}$'),
  exported_at TIMESTAMPTZ(3),
  dropped_at TIMESTAMPTZ(3),
  created_by UUID,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  PRIMARY KEY (table_name, month),
  CONSTRAINT archived_partitions_export_is_whole
    CHECK (num_nulls(export_key, exported_to, exported_rows, export_bytes, export_sha256, exported_at) IN (0, 6)),
  CONSTRAINT archived_partitions_dropped_after_export
    CHECK (dropped_at IS NULL OR exported_at IS NOT NULL OR row_count = 0)
);

COMMENT ON TABLE public.archived_partitions IS 'Months that left the metric tables, and what became of them; a month that is here takes no more rows';
COMMENT ON COLUMN public.archived_partitions.table_name IS 'Metric table that the month belongs to';
COMMENT ON COLUMN public.archived_partitions.month IS 'First day of the month (UTC)';
COMMENT ON COLUMN public.archived_partitions.row_count IS 'Rows that it had when it was detached';
COMMENT ON COLUMN public.archived_partitions.size_bytes IS 'Size with its indexes when it was detached';
COMMENT ON COLUMN public.archived_partitions.detached_at IS 'When it was moved from the live table to the schema archive';
COMMENT ON COLUMN public.archived_partitions.export_key IS 'Key of the exported file (CSV with a header, gzip) in the video store';
COMMENT ON COLUMN public.archived_partitions.exported_to IS 'Where people find that file';
COMMENT ON COLUMN public.archived_partitions.exported_rows IS 'Rows in that file, the header not counted; fewer than at first where a person was erased meanwhile';
COMMENT ON COLUMN public.archived_partitions.export_bytes IS 'Size of that file';
COMMENT ON COLUMN public.archived_partitions.export_sha256 IS 'SHA-256 of that file, in hexadecimal';
COMMENT ON COLUMN public.archived_partitions.exported_at IS 'When that file was in the store, and read back';
COMMENT ON COLUMN public.archived_partitions.dropped_at IS 'When its rows were dropped from the database';
COMMENT ON COLUMN public.archived_partitions.created_by IS 'Who asked for it; null for the schedule';
COMMENT ON COLUMN public.archived_partitions.created_at IS 'When the row was written';

-- A row of an archived month would land in the default partition and be a second truth beside the archived one. Whoever
-- inserts holds a lock that a detachment waits for, so that no row slips in between.
CREATE FUNCTION public.screentest_refuse_archived_month() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    SELECT FROM public.archived_partitions
    WHERE month = date_trunc('month', NEW.recorded_at AT TIME ZONE 'UTC')::date
  ) THEN
    RAISE EXCEPTION 'the month of % is archived and takes no more rows', NEW.recorded_at
      USING ERRCODE = 'check_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'metric_month_is_open';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION public.screentest_refuse_archived_month() IS 'Refuses rows of a month that was archived or dropped';

CREATE TRIGGER metric_month_is_open BEFORE INSERT ON screentest_partitions.variant_performance_default
  FOR EACH ROW EXECUTE FUNCTION public.screentest_refuse_archived_month();
CREATE TRIGGER metric_month_is_open BEFORE INSERT ON screentest_partitions.metric_observations_default
  FOR EACH ROW EXECUTE FUNCTION public.screentest_refuse_archived_month();

-- Moves both tables' month from the live table to the archive's. Reads no row, given that each partition has a valid
-- check on its bounds (<partition>_month): the locks are held for the catalog's changes alone.
CREATE FUNCTION public.screentest_archive_month(of_month DATE) RETURNS VOID
LANGUAGE plpgsql AS $$
DECLARE
  parent TEXT;
  partition_name TEXT;
BEGIN
  -- Both, before anything is changed, in the order in which an import comes to them.
  FOREACH parent IN ARRAY ARRAY['metric_observations', 'variant_performance'] LOOP
    EXECUTE format('LOCK TABLE ONLY public.%I IN ACCESS EXCLUSIVE MODE', parent);
  END LOOP;
  FOREACH parent IN ARRAY ARRAY['metric_observations', 'variant_performance'] LOOP
    partition_name := format('%s_%s', parent, to_char(of_month, 'YYYY_MM'));
    CONTINUE WHEN to_regclass(format('screentest_partitions.%I', partition_name)) IS NULL;
    EXECUTE format('ALTER TABLE public.%I DETACH PARTITION screentest_partitions.%I', parent, partition_name);
    EXECUTE format('ALTER TABLE screentest_partitions.%I SET SCHEMA archive', partition_name);
    EXECUTE format(
      'ALTER TABLE archive.%I ATTACH PARTITION archive.%I FOR VALUES FROM (%L) TO (%L)', parent, partition_name,
      to_char(of_month, 'YYYY-MM-DD') || ' 00:00:00+00',
      to_char(of_month + INTERVAL '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
    -- Nothing that is exposed to an API leads here past the parent's policies, and this one's own say the same.
    PERFORM public.screentest_protect(format('archive.%I', partition_name)::regclass);
  END LOOP;
END
$$;
COMMENT ON FUNCTION public.screentest_archive_month(DATE) IS 'Moves a month of the metric tables into the schema archive, in one step';

SELECT screentest_protect('archived_partitions');
SELECT screentest_protect('archive.variant_performance');
SELECT screentest_protect('archive.metric_observations');
