/** Bytes for people: "3.8 GB". */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'] as const;
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(bytes, 1)) / 3));
  return `${power === 0 ? bytes : (bytes / 1000 ** power).toPrecision(3)} ${units[power]}`;
}

/** Seconds for people: "0.42 s", "13 s". */
export function formatSeconds(seconds: number): string {
  return `${seconds < 10 ? seconds.toFixed(2) : Math.round(seconds)} s`;
}

/** Milliseconds between two lines of one thing that goes on. */
const TELL_EVERY_MS = 5000;

/** Counts bytes and tells of them now and then: "copied 1.2 GB of about 3.8 GB". */
export function countBytes(
  verb: string,
  total: number,
  log: (line: string) => void,
): (bytes: number) => void {
  let done = 0;
  let toldAt = Date.now();
  return (bytes) => {
    done += bytes;
    if (Date.now() - toldAt < TELL_EVERY_MS) return;
    toldAt = Date.now();
    log(`${verb} ${formatBytes(done)} of about ${formatBytes(total)}`);
  };
}
