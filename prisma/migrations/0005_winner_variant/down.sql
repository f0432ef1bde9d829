ALTER TABLE variant_groups DROP CONSTRAINT IF EXISTS fk_winner_variant;
