import { BadInput, Refused } from '../../domain/errors.ts';
import { fetchAddress } from '../../media/open-address.ts';

/**
 * `fetch` for links that a provider told: none, and no redirect, leads to an address inside, unless its server is
 * the provider's own or one that the settings name.
 * @throws Refused for one that does, until the settings name it
 */
export function fetchFileFrom(baseUrl: string, trustedOrigins: readonly string[] = []): typeof fetch {
  const trusted = new Set([new URL(baseUrl).origin, ...trustedOrigins]);
  return async (input, init) => {
    try {
      return await fetchAddress(String(input instanceof Request ? input.url : input), {
        trustedOrigins: trusted,
        signal: init?.signal ?? new AbortController().signal,
        headers: Object.fromEntries(new Headers(init?.headers)),
      });
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      const { given, allowed, fix } = error;
      throw new Refused({
        code: 'CONTENT_LINK_REFUSED',
        given: `The link to the video's file can't be followed: ${given}`,
        ...(allowed !== undefined && { allowed }),
        ...(fix !== undefined && { fix }),
      });
    }
  };
}

/** `fetch` for the provider's own addresses, whose redirects are links like any other. The key goes no further. */
export async function fetchWithin(
  fetchFile: typeof fetch,
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  const isRead = (init?.method ?? 'GET').toUpperCase() === 'GET';
  const response = await fetch(input, { ...init, ...(isRead && { redirect: 'manual' }) });
  const location = response.headers.get('location');
  if (!isRead || response.status < 300 || response.status >= 400 || location === null) return response;
  await response.body?.cancel();
  const from = new URL(String(input instanceof Request ? input.url : input));
  const to = new URL(location, from);
  const headers = to.origin === from.origin ? init?.headers : undefined;
  return fetchFile(to, {
    ...(init?.signal && { signal: init.signal }),
    ...(headers !== undefined && { headers }),
  });
}
