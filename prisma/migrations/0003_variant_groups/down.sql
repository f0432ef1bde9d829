DROP TABLE IF EXISTS variant_groups CASCADE;
DROP FUNCTION IF EXISTS variant_groups_guard_status();
DROP FUNCTION IF EXISTS variant_group_move_is_allowed(TEXT, TEXT);
