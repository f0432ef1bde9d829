-- Phase 1, step 4: variant_performance, partitioned by month from the start.
-- A unique key on a partitioned table must hold the partition's column, so the primary key is (id, recorded_at).

CREATE TABLE variant_performance (
  id UUID NOT NULL DEFAULT gen_random_uuid(),
  video_variant_id UUID NOT NULL REFERENCES video_variants (id) ON DELETE CASCADE,
  platform VARCHAR(50) NOT NULL CHECK (platform IN (
    'instagram', 'tiktok', 'linkedin', 'youtube', 'facebook', 'twitter'
  )),
  metric_name VARCHAR(100) NOT NULL,
  metric_value DECIMAL(15, 4) NOT NULL CHECK (metric_value <> 'NaN'),
  metric_unit VARCHAR(50),
  recorded_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  data_source VARCHAR(100),
  notes TEXT,
  -- No foreign key: removing a user would have to search every month of the largest table.
  created_by UUID,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  PRIMARY KEY (id, recorded_at),
  UNIQUE (video_variant_id, platform, metric_name, recorded_at)
) PARTITION BY RANGE (recorded_at);

CREATE INDEX idx_variant_performance_variant ON variant_performance (video_variant_id);
CREATE INDEX idx_variant_performance_platform ON variant_performance (platform);
CREATE INDEX idx_variant_performance_metric ON variant_performance (metric_name);
CREATE INDEX idx_variant_performance_recorded_at ON variant_performance (recorded_at DESC);

COMMENT ON TABLE variant_performance IS 'Performance metrics for video variants across platforms';
COMMENT ON COLUMN variant_performance.id IS 'Identity of the row, together with recorded_at';
COMMENT ON COLUMN variant_performance.video_variant_id IS 'Variant that was measured';
COMMENT ON COLUMN variant_performance.platform IS 'Platform that measured it';
COMMENT ON COLUMN variant_performance.metric_name IS 'Metric type: views, engagement_rate, conversions, etc.';
COMMENT ON COLUMN variant_performance.metric_value IS 'Value over all publications of the variant on the platform';
COMMENT ON COLUMN variant_performance.metric_unit IS 'Unit of the value, such as count, percentage or dollars';
COMMENT ON COLUMN variant_performance.recorded_at IS 'End of the interval that the value covers (UTC)';
COMMENT ON COLUMN variant_performance.data_source IS 'Where the value comes from, such as manual_entry, facebook_api or google_analytics';
COMMENT ON COLUMN variant_performance.notes IS 'Remarks of whoever recorded it';
COMMENT ON COLUMN variant_performance.created_by IS 'Who recorded it; not a foreign key';
COMMENT ON COLUMN variant_performance.created_at IS 'When the row was written';

CREATE TABLE screentest_partitions.variant_performance_default PARTITION OF variant_performance DEFAULT;
COMMENT ON TABLE screentest_partitions.variant_performance_default IS
  'Rows of variant_performance whose month has no partition yet; empty when all is well';

SELECT screentest_ensure_month_partitions((now() AT TIME ZONE 'UTC' - INTERVAL '1 month')::date, 5);
