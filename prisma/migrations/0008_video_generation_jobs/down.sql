DROP TABLE IF EXISTS video_generation_jobs CASCADE;
