DROP TABLE IF EXISTS provider_smoke_tests CASCADE;
