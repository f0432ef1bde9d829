/** Each has one meaning, for good: programs may match on it. */
export type FindingCode =
  | 'SAME_PROMPT'
  | 'SAME_LEVELS'
  | 'NEAR_DUPLICATE'
  | 'BRAND_MUST_SAY'
  | 'BRAND_MUST_NOT_SAY'
  | 'BRAND_CLAIM_UNPROVEN'
  | 'CONTROL_MISSING'
  | 'CONTROL_NOT_FIRST'
  | 'FACTORS_CONFOUNDED'
  | 'MEDIA_TOO_SMALL';

/** What a check found in a plan, before anything is spent. */
export interface Finding {
  readonly code: FindingCode;
  /** An `error` stops the start; a `warning` is shown and recorded. */
  readonly severity: 'error' | 'warning';
  /** The names of the variants it is about; empty where it is about all. */
  readonly variants: readonly string[];
  /** What is wrong, with the words or figures that were found. */
  readonly found: string;
  /** What to do about it. */
  readonly fix: string;
}

/** `Variant B, Variant C: "cures" ... To fix: ... (CODE)` */
export function describeFinding({ code, variants, found, fix }: Finding): string {
  const whose = variants.length === 0 ? '' : `${variants.join(', ')}: `;
  return `${whose}${found}. To fix: ${fix} (${code})`;
}
