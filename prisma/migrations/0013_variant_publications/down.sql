DROP TABLE IF EXISTS variant_publications CASCADE;
