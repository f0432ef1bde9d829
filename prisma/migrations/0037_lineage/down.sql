DROP INDEX IF EXISTS idx_variant_groups_parent;
