DROP FUNCTION screentest_replace_in_json(JSONB, TEXT, TEXT);
DROP TRIGGER variant_groups_keep_spend ON variant_groups;
DROP FUNCTION variant_groups_keep_spend();
DROP TABLE removed_spend;
