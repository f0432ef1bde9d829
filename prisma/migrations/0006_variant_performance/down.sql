DROP TABLE IF EXISTS variant_performance CASCADE;
