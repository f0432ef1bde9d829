/** How long things are kept. The defaults are the seed's: campaigns are archived after a year, and kept for three. */
export interface RetentionRules {
  /** Months after its end until a campaign is archived, and until a month of metrics leaves the live tables. */
  readonly archiveAfterMonths: number;
  /** Months until a campaign is dropped, and a month of metrics is exported and dropped. */
  readonly dropAfterMonths: number;
  /** Days after the campaign's end until a video that did not win is removed; undefined: with its campaign. */
  readonly losingVideoDays: number | undefined;
  /** Likewise for the winner's. */
  readonly winningVideoDays: number | undefined;
}

export const DEFAULT_RETENTION: RetentionRules = {
  archiveAfterMonths: 12,
  dropAfterMonths: 36,
  losingVideoDays: undefined,
  winningVideoDays: undefined,
};

/** The same day and time (UTC) so many months earlier; the last day of that month where it is shorter. */
export function monthsBefore(moment: Date, months: number): Date {
  const before = new Date(moment);
  before.setUTCDate(1);
  before.setUTCMonth(before.getUTCMonth() - months);
  const lastDay = new Date(Date.UTC(before.getUTCFullYear(), before.getUTCMonth() + 1, 0)).getUTCDate();
  before.setUTCDate(Math.min(moment.getUTCDate(), lastDay));
  return before;
}

export function daysBefore(moment: Date, days: number): Date {
  return new Date(moment.getTime() - days * 86_400_000);
}
