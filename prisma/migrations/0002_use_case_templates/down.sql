DROP TABLE IF EXISTS use_case_templates CASCADE;
