import { z } from 'zod';
import { DURATION_FORM, DURATION_PATTERN, parseDuration } from './durations.ts';
import { isUsd, USD_ALLOWED } from './money.ts';

/** What the fields of a brief are made of. */

/** What people write, without the character NUL, which no database keeps. */
export function words(most: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(most)
    .refine((text) => !text.includes('\u0000'), { error: 'text without the character NUL' });
}

const LONGEST_DAYS = 400;
const DURATION_ALLOWED = `${DURATION_FORM}, up to ${LONGEST_DAYS}d`;

/** Kept as it was written; a bare number would not say of what. */
export const duration = z
  .string({ error: DURATION_ALLOWED })
  .refine(
    (text) => {
      const seconds = parseDuration(text) ?? 0;
      return seconds > 0 && seconds <= LONGEST_DAYS * 86_400;
    },
    { error: DURATION_ALLOWED },
  )
  .meta({ pattern: DURATION_PATTERN });

const SOME_USD_ALLOWED = `${USD_ALLOWED}, and more than 0`;

/** An amount that something costs or may cost, in US dollars. */
export const someUsd = z
  .number({ error: SOME_USD_ALLOWED })
  .refine((usd) => isUsd(usd) && usd > 0, { error: SOME_USD_ALLOWED })
  .meta({ exclusiveMinimum: 0 });

const SHARE_ALLOWED = 'a share above 0 and below 1, such as 0.1 for 10%';

export const share = z
  .number({ error: SHARE_ALLOWED })
  .refine((value) => value > 0 && value < 1, { error: SHARE_ALLOWED })
  .meta({ exclusiveMinimum: 0, exclusiveMaximum: 1 });
