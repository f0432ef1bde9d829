import { BadInput, NotFound } from '../domain/errors.ts';
import { parseVideoSource } from '../domain/video-source.ts';

/** Staged files lie here, apart from all that counts: the name of a group's folder ends in its id. */
export const STAGING_FOLDER = 'incoming';
/** A worker that is away over a long weekend still finds what was staged. */
export const STAGED_FOR_MS = 7 * 24 * 3_600_000;
/** What was not written to for so long belongs to a worker that was killed. */
export const ABANDONED_AFTER_MS = 24 * 3_600_000;

/** The key of a staged file. The id is a UUID and nothing else, so that no other file can be named by it. */
export function stagedKey(reference: string): string {
  const source = parseVideoSource(reference);
  if (source.kind === 'staged') return `${STAGING_FOLDER}/${source.id}.mp4`;
  throw new BadInput({ code: 'NOT_STAGED', given: `'${reference}' is not the reference of a staged file` });
}

export function notStaged(reference: string, place: string): NotFound {
  return new NotFound({
    code: 'STAGED_FILE_NOT_FOUND',
    given: `Nothing is staged as ${reference} in ${place}`,
    allowed: 'a file that was staged in the store that this worker uses, within the last week',
    fix: 'give `screentest provide-video` the same store as the worker (the settings SCREENTEST_STORAGE_…), and send the file again',
  });
}

/** Runs what it is given once an hour at the most; what goes wrong there is no reason to keep no files. */
export function hourly(sweep: () => Promise<void>): () => Promise<void> {
  let next = 0;
  return async () => {
    if (Date.now() < next) return;
    next = Date.now() + 3_600_000;
    await sweep().catch(() => undefined);
  };
}

/** @throws TypeError for a key that is no plain relative path: a defect of whoever made it. */
export function requirePlainKey(key: string): void {
  const steps = key.split('/');
  if (steps.some((step) => step === '' || step === '.' || step === '..')) {
    throw new TypeError(`a key that leaves the store: '${key}'`);
  }
}
