ALTER TABLE IF EXISTS metric_observations
  DROP CONSTRAINT IF EXISTS metric_observations_natural_key,
  ADD CONSTRAINT metric_observations_natural_key
    UNIQUE (publication_id, metric_name, attribution_window, recorded_at);

ALTER TABLE IF EXISTS variant_performance
  DROP CONSTRAINT IF EXISTS variant_performance_video_variant_id_platform_metric_name_r_key,
  ADD CONSTRAINT variant_performance_video_variant_id_platform_metric_name_r_key
    UNIQUE (video_variant_id, platform, metric_name, recorded_at);
