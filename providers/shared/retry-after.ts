/** Whatever the provider asks for, in seconds: longer waits are asked about again. */
const RETRY_AFTER_SECONDS = { least: 0.2, most: 600 };
/** Where it asks for less and does not say for how long. */
const UNTOLD_SECONDS = 5;

/** How long an answer asks to wait: its `retry-after`, in seconds or as a date. */
export function retryAfterSeconds(headers: Headers | undefined): number {
  const given = headers?.get('retry-after') ?? '';
  const seconds = given === '' ? Number.NaN : Number(given);
  const until = Date.parse(given);
  if (Number.isFinite(seconds)) return bounded(seconds);
  return Number.isNaN(until) ? UNTOLD_SECONDS : bounded((until - Date.now()) / 1000);
}

/** Zero would ask again without a pause, and a date far off is longer than a timer can wait. */
function bounded(seconds: number): number {
  return Math.min(RETRY_AFTER_SECONDS.most, Math.max(RETRY_AFTER_SECONDS.least, seconds));
}
