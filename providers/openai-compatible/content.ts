import type OpenAI from 'openai';
import { APIError } from 'openai';
import { bodyOf } from '../shared/body-of.ts';
import { messageOf } from '../shared/error-words.ts';
import { contentFailure } from '../shared/failed-request.ts';
import { openLink } from '../shared/file-link.ts';
import { ContentExpired, type VideoContent } from '../video-provider.ts';
import { readFileFacts } from './jobs.ts';

/** How a server says that it has no address for content, or none for this job. */
const NOT_THERE: ReadonlySet<number> = new Set([404, 405, 501]);

/**
 * The file of a job: from the protocol's own address, where the key is sent; and where there is nothing, from the
 * link that the job may have instead.
 * @throws ContentExpired where the server says that it is gone, or the job that its time is over
 */
export async function openContent(
  client: OpenAI,
  fetchFile: typeof fetch,
  id: string,
  signal: AbortSignal,
): Promise<VideoContent> {
  try {
    return contentOf(await client.videos.downloadContent(id, { variant: 'video' }, { signal }));
  } catch (error) {
    if (!(error instanceof APIError) || error.status === undefined) throw error;
    if (error.status === 410) throw new ContentExpired(messageOf(error), error);
    if (!NOT_THERE.has(error.status)) throw error;
    const { expiresAt, link } = readFileFacts(await client.videos.retrieve(id, { signal }));
    if (expiresAt !== undefined && expiresAt.getTime() <= Date.now()) {
      throw new ContentExpired(`kept until ${expiresAt.toISOString()}`, error);
    }
    const address = link === undefined ? undefined : httpAddress(link, client.baseURL);
    if (address === undefined) throw error;
    // One of the server's own addresses needs the key; no other host is shown it.
    if (address.origin === new URL(client.baseURL).origin) {
      return contentOf(await client.get(address.href, { signal }).asResponse());
    }
    const opened = await openLink(address.href, signal, fetchFile);
    // Links that are signed for a time end with 403.
    if ('said' in opened) throw contentFailure({ ...opened, sparesKey: true }, address.host);
    return opened;
  }
}

function contentOf(response: Response): VideoContent {
  if (response.body === null) throw new TypeError('the answer has no body');
  const [contentType] = (response.headers.get('content-type') ?? '').toLowerCase().split(';');
  return { body: bodyOf(response), contentType: contentType?.trim() || undefined };
}

function httpAddress(link: string, base: string): URL | undefined {
  if (!URL.canParse(link, base)) return undefined;
  const address = new URL(link, base);
  return /^https?:$/.test(address.protocol) ? address : undefined;
}
