-- The raw facts as platforms report them; variant_performance is their roll-up, written in the same transaction.

CREATE TABLE metric_imports (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  variant_group_id UUID NOT NULL REFERENCES variant_groups (id) ON DELETE CASCADE,
  file_name TEXT,
  file_sha256 CHAR(64) CHECK (file_sha256 ~ '^[0-9a-f]{64}$'),
  source VARCHAR(100) NOT NULL,
  rows_inserted INTEGER NOT NULL DEFAULT 0 CHECK (rows_inserted >= 0),
  rows_changed INTEGER NOT NULL DEFAULT 0 CHECK (rows_changed >= 0),
  rows_unchanged INTEGER NOT NULL DEFAULT 0 CHECK (rows_unchanged >= 0),
  rows_skipped INTEGER NOT NULL DEFAULT 0 CHECK (rows_skipped >= 0),
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_metric_imports_group ON metric_imports (variant_group_id, created_at DESC);

COMMENT ON TABLE metric_imports IS 'Files and deliveries of metrics that were taken in';
COMMENT ON COLUMN metric_imports.id IS 'Identity of the import';
COMMENT ON COLUMN metric_imports.variant_group_id IS 'Group that the metrics are for';
COMMENT ON COLUMN metric_imports.file_name IS 'Name of the file, where there was one';
COMMENT ON COLUMN metric_imports.file_sha256 IS 'SHA-256 of the file, in hexadecimal';
COMMENT ON COLUMN metric_imports.source IS 'Format or connector that read it';
COMMENT ON COLUMN metric_imports.rows_inserted IS 'Observations that were new';
COMMENT ON COLUMN metric_imports.rows_changed IS 'Observations whose value the platform restated';
COMMENT ON COLUMN metric_imports.rows_unchanged IS 'Observations that were known already';
COMMENT ON COLUMN metric_imports.rows_skipped IS 'Bad rows left out because the person asked for it';
COMMENT ON COLUMN metric_imports.created_by IS 'Who imported it';
COMMENT ON COLUMN metric_imports.created_at IS 'When the row was written';

CREATE TABLE metric_observations (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  publication_id UUID NOT NULL REFERENCES variant_publications (id) ON DELETE CASCADE,
  metric_name VARCHAR(100) NOT NULL,
  recorded_at TIMESTAMPTZ(3) NOT NULL,
  interval_start TIMESTAMPTZ(3),
  attribution_window VARCHAR(50) NOT NULL DEFAULT '',
  value DECIMAL(15, 4) NOT NULL CHECK (value <> 'NaN'),
  currency CHAR(3) CHECK (currency ~ '^[A-Z]{3}$'),
  is_cumulative BOOLEAN NOT NULL DEFAULT false,
  import_id UUID REFERENCES metric_imports (id) ON DELETE SET NULL,
  -- No foreign key: removing a user would have to search every month of the largest table.
  created_by UUID,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  PRIMARY KEY (id, recorded_at),
  CONSTRAINT metric_observations_natural_key UNIQUE (publication_id, metric_name, attribution_window, recorded_at),
  CONSTRAINT metric_observations_interval_check CHECK (interval_start <= recorded_at)
) PARTITION BY RANGE (recorded_at);

-- For the key's own SET NULL: a group's deletion removes its imports, and each would search every partition.
CREATE INDEX idx_metric_observations_import ON metric_observations (import_id);

CREATE TRIGGER metric_observations_touch_updated_at BEFORE UPDATE ON metric_observations
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION screentest_touch_updated_at();

COMMENT ON TABLE metric_observations IS 'Metric values as the platforms report them, per publication';
COMMENT ON COLUMN metric_observations.id IS 'Identity of the row, together with recorded_at';
COMMENT ON COLUMN metric_observations.publication_id IS 'Publication that was measured';
COMMENT ON COLUMN metric_observations.metric_name IS 'Metric type: impressions, clicks, conversions, spend, etc.';
COMMENT ON COLUMN metric_observations.recorded_at IS 'End of the interval that the value covers (UTC)';
COMMENT ON COLUMN metric_observations.interval_start IS 'Start of that interval; null where it is not known';
COMMENT ON COLUMN metric_observations.attribution_window IS 'Window in which the platform credits an action to the ad, such as 7d_click; empty where there is none';
COMMENT ON COLUMN metric_observations.value IS 'Value as reported';
COMMENT ON COLUMN metric_observations.currency IS 'ISO 4217 code for amounts of money';
COMMENT ON COLUMN metric_observations.is_cumulative IS 'Whether the value counts from the publication''s start rather than the interval''s';
COMMENT ON COLUMN metric_observations.import_id IS 'Import that brought the value last';
COMMENT ON COLUMN metric_observations.created_by IS 'Who imported it; not a foreign key';
COMMENT ON COLUMN metric_observations.created_at IS 'When the row was written';
COMMENT ON COLUMN metric_observations.updated_at IS 'When the row last changed; kept by a trigger';

CREATE TABLE screentest_partitions.metric_observations_default PARTITION OF metric_observations DEFAULT;
COMMENT ON TABLE screentest_partitions.metric_observations_default IS
  'Rows of metric_observations whose month has no partition yet; empty when all is well';

SELECT screentest_ensure_month_partitions((now() AT TIME ZONE 'UTC' - INTERVAL '1 month')::date, 5);
