/** Each step between the intent and the stored file, in their order. */
export const CRASH_POINTS = [
  'after the intent is written',
  'after the intent is claimed',
  'before the order is sent',
  'after the order is sent, before its answer',
  'after the answer, before anything is done with it',
  'before the job id is recorded',
  'after the job id is recorded',
  'after the job is asked about',
  'after the job is seen to be done',
  'before the download',
  'in the middle of the download',
  'after the download, before the checks',
  'after the checks, before the file is kept',
  'after the file is kept, before its record',
  'after the record',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];

export function crashPoint(text: string | undefined): CrashPoint {
  const point = CRASH_POINTS.find((known) => known === text);
  if (point === undefined) throw new TypeError(`no crash point: ${text}`);
  return point;
}
