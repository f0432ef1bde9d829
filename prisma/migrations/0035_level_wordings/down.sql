DROP TRIGGER variant_groups_take_wordings ON variant_groups;
DROP FUNCTION variant_groups_take_wordings();
DROP TABLE level_wordings;
DROP FUNCTION level_wordings_keep_spend();
ALTER TABLE removed_spend DROP COLUMN writing_micro_usd;
