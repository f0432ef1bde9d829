DROP TABLE IF EXISTS variant_metric_totals CASCADE;
