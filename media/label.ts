import { recogniseOther } from './sniff.ts';

/**
 * What a server says of a file that it hands out as a video, where that is something else for certain. A label that
 * says nothing (none, or "some bytes") is fine: the file itself is looked at later.
 */
const OTHERS: readonly RegExp[] = [
  /^(?:text|image|audio|font|multipart)\//,
  /^application\/(?:(?:.+\+)?(?:json|xml)|x-ndjson|javascript|pdf|zip|gzip)$/,
];

/**
 * Told before the download goes on; what is left of the body is not fetched.
 * @param contentType in lower case and without parameters
 * @returns what is wrong, with the beginning of what came instead; undefined where the label may be a video's
 */
export async function mislabelled(
  contentType: string | undefined,
  body: AsyncIterable<Uint8Array>,
): Promise<string | undefined> {
  if (contentType === undefined || !OTHERS.some((pattern) => pattern.test(contentType))) return undefined;
  const begins = recogniseOther(await firstBytes(body));
  return `it is labelled ${contentType}, which is no video${begins === undefined ? '' : ` (${begins})`}`;
}

/** Leaving the loop ends the download. */
async function firstBytes(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  try {
    for await (const chunk of body) return Buffer.from(chunk).subarray(0, 512);
  } catch {
    // It is no video with or without an excerpt.
  }
  return Buffer.alloc(0);
}
