DROP TABLE IF EXISTS variant_renditions CASCADE;
