import { z } from 'zod';
import { words } from './brief-fields.ts';

export const RIGHTS_TO = ['people', 'voices', 'music', 'footage', 'trademarks'] as const;

const SECONDS_A_DAY = 86_400;

const day = z
  .string()
  .refine((text) => startOf(text) !== undefined, { error: 'a day, such as "2027-03-31"' })
  .meta({ format: 'date' });

const country = z.string().regex(/^[A-Z]{2}$/, { error: 'a country by two capital letters, such as DE' });

export const marketsField = z
  .array(country)
  .min(1)
  .max(250)
  .describe('Countries the ads are shown in, by two letters. Rights that end at a border are held to it.');

const right = z.strictObject({
  to: z.enum(RIGHTS_TO).describe('What may be used.'),
  whose: words(200).describe('Who or what it is: the person, the piece of music, the mark.'),
  until: day.optional().describe('The last day it may be used, in UTC. Left out: without end.'),
  territories: z
    .array(country)
    .min(1)
    .max(250)
    .optional()
    .describe('Countries it may be used in. Left out: everywhere.'),
  proof: words(500).optional().describe('Where the contract or release is kept.'),
});

export const rightsField = z
  .array(right)
  .max(50)
  .describe('Rights to what the videos use. None may have run out when the test starts.');

export type UsageRight = z.output<typeof right>;

/** Whether its last day is over. */
export function hasRunOut({ until }: UsageRight, now: Date): boolean {
  const last = until === undefined ? undefined : startOf(until);
  return last !== undefined && now.getTime() >= last.getTime() + SECONDS_A_DAY * 1000;
}

/** `people: Ana Ruiz, until 2027-03-31, in AT, DE` */
export function describeRight({ to, whose, until, territories }: UsageRight): string {
  return [
    `${to}: ${whose}`,
    ...(until === undefined ? [] : [`until ${until}`]),
    ...(territories === undefined ? [] : [`in ${territories.join(' and ')}`]),
  ].join(', ');
}

/** Undefined for what is no day, such as the 30th of February. */
function startOf(text: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text) ? date : undefined;
}
