-- Phase 1, step 3: the circular key. Composite, so that the winner is always a variant of the group itself; a
-- winner deleted clears only its own column (the group's id is part of the key and can't be null).

ALTER TABLE variant_groups
  ADD CONSTRAINT fk_winner_variant
  FOREIGN KEY (id, winner_variant_id) REFERENCES video_variants (variant_group_id, id)
  ON DELETE SET NULL (winner_variant_id);
