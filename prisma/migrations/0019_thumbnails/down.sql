ALTER TABLE IF EXISTS variant_renditions
  DROP COLUMN IF EXISTS thumbnail_key,
  DROP COLUMN IF EXISTS thumbnail_url;
