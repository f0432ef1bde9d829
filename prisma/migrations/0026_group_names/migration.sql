-- People name a group by its name: without the index every look-up reads all groups.

CREATE INDEX idx_variant_groups_name ON variant_groups (test_name);
