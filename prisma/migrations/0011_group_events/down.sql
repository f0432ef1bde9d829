DROP TABLE IF EXISTS group_events CASCADE;
DROP FUNCTION IF EXISTS group_events_are_append_only();
