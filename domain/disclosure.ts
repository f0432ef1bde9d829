import { z } from 'zod';
import { words } from './brief-fields.ts';
import type { Platform } from './platforms.ts';

export const disclosureField = z
  .strictObject({
    isRealistic: z
      .boolean()
      .default(true)
      .describe('Whether somebody could take the videos for filmed ones. Then most platforms want a label.'),
    label: z
      .boolean()
      .default(true)
      .describe("Whether the ads are published with the platform's own label for AI-generated videos."),
    onScreen: words(60)
      .optional()
      .describe('Words that stay legible in every video, such as "Made with AI". The prompts ask for them.'),
  })
  .describe('How viewers are told that the videos are made by AI.');

export type Disclosure = z.output<typeof disclosureField>;

/** What a platform asks of realistic AI-generated video in an ad; docs/briefs.md has the sources and their date. */
interface LabelRule {
  readonly isRequired: boolean;
  /** What whoever publishes does. */
  readonly step: string;
}

const META: LabelRule = { isRequired: true, step: 'add the AI label ("AI info") when publishing' };

const LABEL_RULES: Readonly<Record<Platform, LabelRule>> = {
  instagram: META,
  tiktok: { isRequired: true, step: 'turn on "AI-generated content" when publishing' },
  linkedin: { isRequired: false, step: 'nothing to set; Content Credentials in the file are shown' },
  youtube: { isRequired: true, step: 'answer "Altered content" with yes when uploading' },
  facebook: META,
  twitter: { isRequired: false, step: 'no switch; say it in the post' },
};

/** Whether an ad there must tell that it is made by AI. */
export function mustDisclose(platform: Platform, { isRealistic }: Disclosure): boolean {
  return isRealistic && LABEL_RULES[platform].isRequired;
}

/** What to do for the label, by platform; nothing for a test that is published without labels. */
export function labelSteps(
  platforms: readonly Platform[],
  { label, isRealistic }: Disclosure,
): readonly { readonly platforms: readonly Platform[]; readonly step: string }[] {
  if (!label || !isRealistic) return [];
  const steps = new Map<string, Platform[]>();
  for (const platform of platforms) {
    const { step } = LABEL_RULES[platform];
    steps.set(step, [...(steps.get(step) ?? []), platform]);
  }
  return [...steps].map(([step, alike]) => ({ platforms: alike, step }));
}
