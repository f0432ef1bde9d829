import type { VideoContent } from '../video-provider.ts';
import { bodyOf } from './body-of.ts';
import { saidIn } from './error-words.ts';
import { type FailedRequest, networkFailure } from './failed-request.ts';

/**
 * Opens the link to a file that a provider told. A failed answer is given back, for its adapter to say what it means.
 * @param send follows no link to where it must not lead (fetch-file.ts)
 * @param headers sent along; a redirect to another host loses the authorization among them
 */
export async function openLink(
  url: string,
  signal: AbortSignal,
  send: typeof fetch,
  headers: Readonly<Record<string, string>> = {},
): Promise<VideoContent | FailedRequest> {
  if (!/^https?:$/.test(new URL(url).protocol)) {
    return networkFailure(new TypeError(`${url} is not an http(s) address`));
  }
  const response = await send(url, { signal, headers });
  const { status } = response;
  if (!response.ok) {
    const said = saidIn(await response.text()) || `HTTP ${status}`;
    return { status, headers: response.headers, said, cause: undefined };
  }
  if (response.body === null) return networkFailure(new TypeError('the answer has no body'));
  const [contentType] = (response.headers.get('content-type') ?? '').toLowerCase().split(';');
  return { body: bodyOf(response), contentType: contentType?.trim() || undefined };
}
