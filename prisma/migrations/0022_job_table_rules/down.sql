DROP FUNCTION IF EXISTS screentest_record_order_move() CASCADE;
DROP POLICY IF EXISTS screentest_members_read ON video_generation_jobs;
ALTER TABLE IF EXISTS video_generation_jobs DISABLE ROW LEVEL SECURITY;
