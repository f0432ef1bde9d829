-- Held back as long as the job table is.

SELECT screentest_protect('video_generation_jobs');
