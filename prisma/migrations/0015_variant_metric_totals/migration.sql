-- What people read: recomputed for the touched variants in the ingest's own transaction, so never stale
-- (refreshing a materialized view of the same took 134 s).

CREATE TABLE variant_metric_totals (
  video_variant_id UUID NOT NULL REFERENCES video_variants (id) ON DELETE CASCADE,
  platform VARCHAR(50) NOT NULL CHECK (platform IN (
    'instagram', 'tiktok', 'linkedin', 'youtube', 'facebook', 'twitter'
  )),
  metric_name VARCHAR(100) NOT NULL,
  -- Wider than one value, so that a sum of them fits.
  total_value DECIMAL(20, 4) NOT NULL CHECK (total_value <> 'NaN'),
  first_recorded_at TIMESTAMPTZ(3) NOT NULL,
  last_recorded_at TIMESTAMPTZ(3) NOT NULL,
  row_count INTEGER NOT NULL CHECK (row_count >= 0),
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  updated_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  PRIMARY KEY (video_variant_id, platform, metric_name)
);

CREATE TRIGGER variant_metric_totals_touch_updated_at BEFORE UPDATE ON variant_metric_totals
  FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION screentest_touch_updated_at();

COMMENT ON TABLE variant_metric_totals IS 'Totals per variant, platform and metric';
COMMENT ON COLUMN variant_metric_totals.video_variant_id IS 'Variant that was measured';
COMMENT ON COLUMN variant_metric_totals.platform IS 'Platform that measured it';
COMMENT ON COLUMN variant_metric_totals.metric_name IS 'Metric type: impressions, clicks, conversions, spend, etc.';
COMMENT ON COLUMN variant_metric_totals.total_value IS 'Sum of the values in variant_performance';
COMMENT ON COLUMN variant_metric_totals.first_recorded_at IS 'Earliest recorded_at that is in the total';
COMMENT ON COLUMN variant_metric_totals.last_recorded_at IS 'Latest recorded_at that is in the total';
COMMENT ON COLUMN variant_metric_totals.row_count IS 'Number of values that are in the total';
COMMENT ON COLUMN variant_metric_totals.created_by IS 'Whose import made the row first';
COMMENT ON COLUMN variant_metric_totals.created_at IS 'When the row was written';
COMMENT ON COLUMN variant_metric_totals.updated_at IS 'When the row last changed; kept by a trigger';
