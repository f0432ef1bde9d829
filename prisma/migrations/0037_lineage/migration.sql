-- Which groups follow a group: without the index each step of a lineage reads all groups with their settings.

CREATE INDEX idx_variant_groups_parent ON variant_groups ((variant_group_settings #>> '{parent,groupId}'))
  WHERE variant_group_settings #>> '{parent,groupId}' IS NOT NULL;
