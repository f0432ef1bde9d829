import { z } from 'zod';
import { someUsd } from './brief-fields.ts';
import { type MicroUsd, microUsd } from './money.ts';

/** A cap, and what counts against it. */
export interface Budget {
  readonly cap: MicroUsd;
  /** What orders cost in the end, also where that was more than was reserved for them. */
  readonly spent: MicroUsd;
  /** By orders that are neither charged nor released yet. */
  readonly reserved: MicroUsd;
}

/** Never below 0: a provider may charge more than was reserved. */
export function leftIn({ cap, spent, reserved }: Budget): MicroUsd {
  return microUsd(Math.max(0, cap - spent - reserved));
}

/** The first day of the calendar month in UTC that an instant is in. */
export function monthOf(instant: Date): Date {
  return new Date(Date.UTC(instant.getUTCFullYear(), instant.getUTCMonth(), 1));
}

/** `2026-11` */
export function formatMonth(month: Date): string {
  return month.toISOString().slice(0, 7);
}

/** The month that `2026-11` names; undefined for any other form. */
export function parseMonth(text: string): Date | undefined {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return undefined;
  return new Date(`${text}-01T00:00:00.000Z`);
}

export const budgetField = z
  .strictObject({
    generationUsd: someUsd.describe(
      'For making the videos, in US dollars. An order that does not fit is not placed.',
    ),
  })
  .describe('What may be spent; media.budgetUsd is for showing them.');
