DROP TABLE dropped_groups;
DROP INDEX idx_variant_groups_completed_at;
ALTER TABLE variant_renditions DROP COLUMN expired_at;
