const SECONDS_PER_UNIT = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

export const DURATION_FORM = 'a number and a unit, such as "90s", "30m", "6h", "14d" or "2w"';

const DURATION = /^(\d+(?:\.\d+)?)\s*([smhdw])$/;

/** Of a whole text, for other readers of our forms. */
export const DURATION_PATTERN = DURATION.source;

/** Seconds in a duration such as `90s`, `30m`, `6h`, `14d`, `2w`; undefined for any other text. */
export function parseDuration(text: string): number | undefined {
  const match = DURATION.exec(text.trim());
  if (match === null) return undefined;
  const unit = match[2];
  if (unit !== 's' && unit !== 'm' && unit !== 'h' && unit !== 'd' && unit !== 'w') return undefined;
  return Number(match[1]) * SECONDS_PER_UNIT[unit];
}

/** @throws TypeError for a text that is no duration; for those that were checked already. */
export function durationSeconds(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new TypeError(`not a duration: ${text}`);
  return seconds;
}
