/** What stands where a secret stood. */
export const REDACTED = '[a secret, left out]';

/** A shorter one is a placeholder, such as `none`, and may well be a part of other words. */
const SHORTEST_SECRET = 8;

/**
 * Fetches, and leaves the secret out of what the server says. Some servers repeat the key that they were sent in their
 * errors, and their words are recorded: in rows, in histories, in logs. Files are passed through as they are.
 */
export function withoutSecret(secret: string, inner: typeof fetch = fetch): typeof fetch {
  if (secret.length < SHORTEST_SECRET) return inner;
  return async (input, init) => {
    const response = await inner(input, init);
    if (response.body === null || (response.ok && !isJson(response))) return response;
    const text = await response.text();
    const { status, statusText } = response;
    const headers = new Headers(response.headers);
    // They tell of the body as it was.
    for (const name of ['content-length', 'content-encoding']) headers.delete(name);
    return new Response(text.replaceAll(secret, REDACTED), { status, statusText, headers });
  };
}

function isJson({ headers }: Response): boolean {
  return headers.get('content-type')?.includes('json') === true;
}
