-- Where a variant was published: how a platform's row finds its variant. Empty text means "not told apart by
-- this", since NULLs would never be equal in the unique key.

CREATE TABLE variant_publications (
  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
  video_variant_id UUID NOT NULL REFERENCES video_variants (id) ON DELETE CASCADE,
  platform VARCHAR(50) NOT NULL CHECK (platform IN (
    'instagram', 'tiktok', 'linkedin', 'youtube', 'facebook', 'twitter'
  )),
  ad_set VARCHAR(255) NOT NULL DEFAULT '',
  market VARCHAR(100) NOT NULL DEFAULT '',
  external_id VARCHAR(255) NOT NULL DEFAULT '',
  ad_name VARCHAR(255),
  created_by UUID REFERENCES auth.users (id) ON DELETE SET NULL,
  created_at TIMESTAMPTZ(3) NOT NULL DEFAULT NOW(),
  CONSTRAINT variant_publications_natural_key UNIQUE (video_variant_id, platform, ad_set, market, external_id)
);

COMMENT ON TABLE variant_publications IS 'Ads and posts that show a variant on a platform';
COMMENT ON COLUMN variant_publications.id IS 'Identity of the publication';
COMMENT ON COLUMN variant_publications.video_variant_id IS 'Variant that is shown';
COMMENT ON COLUMN variant_publications.platform IS 'Platform it is shown on';
COMMENT ON COLUMN variant_publications.ad_set IS 'Ad set or campaign; empty where there is none';
COMMENT ON COLUMN variant_publications.market IS 'Country or audience; empty where there is one only';
COMMENT ON COLUMN variant_publications.external_id IS 'The platform''s id of the ad or post; empty where it is not known';
COMMENT ON COLUMN variant_publications.ad_name IS 'Name of the ad at the platform';
COMMENT ON COLUMN variant_publications.created_by IS 'Who recorded it';
COMMENT ON COLUMN variant_publications.created_at IS 'When the row was written';
