import type OpenAI from 'openai';
import { APIError } from 'openai';
import { Refused } from '../domain/errors.ts';
import { messageOf } from './error-words.ts';
import { readFileFacts } from './openai-jobs.ts';
import { ContentExpired, type VideoContent } from './video-provider.ts';

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
    if (link === undefined) throw error;
    return contentOf(await openLink(client, fetchFile, link, signal));
  }
}

function contentOf(response: Response): VideoContent {
  if (response.body === null) throw new TypeError('the answer has no body');
  const [contentType] = (response.headers.get('content-type') ?? '').toLowerCase().split(';');
  return { body: response.body, contentType: contentType?.trim() || undefined };
}

/** On the server's own host the link is one of its addresses, and needs the key; no other host is shown the key. */
async function openLink(
  client: OpenAI,
  fetchFile: typeof fetch,
  link: string,
  signal: AbortSignal,
): Promise<Response> {
  const address = new URL(link, client.baseURL);
  if (address.origin === new URL(client.baseURL).origin) {
    return client.get(address.href, { signal }).asResponse();
  }
  const response = await fetchFile(address, { signal });
  if (response.ok) return response;
  const said = await response.text();
  if (response.status === 410) throw new ContentExpired(said, undefined);
  // Its own 401 and 403 say nothing about our key: that is how links end that are signed for a time.
  if (response.status < 500) throw deadLink(`${response.status} ${said}`);
  throw APIError.generate(response.status, undefined, said, response.headers);
}

function deadLink(said: string): Refused {
  return new Refused({
    code: 'CONTENT_LINK_REFUSED',
    given: `The link to the video's file does not lead to it (${said.slice(0, 500)})`,
  });
}
