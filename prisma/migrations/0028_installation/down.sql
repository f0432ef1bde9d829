DROP TABLE IF EXISTS stopped_groups CASCADE;
DROP TABLE IF EXISTS installation CASCADE;
DROP FUNCTION IF EXISTS screentest_database_place();
