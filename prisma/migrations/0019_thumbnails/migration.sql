-- A picture of each stored file's own, so that a person tells videos apart without playing them.

ALTER TABLE variant_renditions
  ADD COLUMN thumbnail_key TEXT,
  ADD COLUMN thumbnail_url TEXT;

COMMENT ON COLUMN variant_renditions.thumbnail_key IS 'Key of its thumbnail, a PNG, in the video store; null where none could be made';
COMMENT ON COLUMN variant_renditions.thumbnail_url IS 'Where people find the thumbnail';
