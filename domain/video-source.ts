import { BadInput } from './errors.ts';

/** Where a person's video comes from. A path is none of them: it would open every file that the worker can read. */
export type VideoSource =
  | { readonly kind: 'address'; readonly address: string }
  /** A file in the staging area of the video store; nobody but the store turns the id into a place. */
  | { readonly kind: 'staged'; readonly id: string };

const STAGED = /^staged:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function stagedReference(id: string): string {
  return `staged:${id}`;
}

export const VIDEO_SOURCE_FORM =
  'an http(s) address, or the reference of a file that `screentest provide-video` has put into the video store';

export function isVideoSource(text: string): boolean {
  return STAGED.test(text) || isHttpAddress(text);
}

/** @throws BadInput for anything else than an http(s) address and a staged file's reference. */
export function parseVideoSource(text: string): VideoSource {
  const id = STAGED.exec(text)?.[1];
  if (id !== undefined) return { kind: 'staged', id };
  if (isHttpAddress(text)) return { kind: 'address', address: text };
  throw new BadInput({
    code: 'VIDEO_SOURCE_UNKNOWN',
    given: `The video's source is '${text}'`,
    allowed: VIDEO_SOURCE_FORM,
  });
}

export function isHttpAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}
