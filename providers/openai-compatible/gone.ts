import { Unavailable } from '../../domain/errors.ts';

/** OpenAI's own service, where the protocol began; also by region, as `eu.api.openai.com`. */
const RETIRED_HOST = /(^|\.)api\.openai\.com$/;
const RETIRED_SINCE = "OpenAI's Videos API was shut down on 2026-09-24";

/** What is known of the service at a base URL that was retired; undefined for any other. */
export function retiredService(baseUrl: string): string | undefined {
  return RETIRED_HOST.test(new URL(baseUrl).hostname) ? RETIRED_SINCE : undefined;
}

const WORDS_OF_THE_RETIRED =
  /\b(shut ?down|retired|discontinued|decommissioned|sunset|no longer (available|supported))\b/i;
/** A server that has no such model says 404 as well. */
const ABOUT_A_MODEL = /\b(model|deployment)\b/i;

/**
 * The trouble with the address itself that an answer to an order tells of, if it does. Nothing was made, and a
 * person can mend it: the orders wait.
 * @param status of the answer
 * @param said the server's words
 */
export function endpointTrouble(
  baseUrl: string,
  status: number,
  said: string,
  cause: unknown,
): Unavailable | undefined {
  const isMissing = status === 404 || status === 405 || status === 410;
  if (!isMissing || (status === 404 && ABOUT_A_MODEL.test(said))) return undefined;
  if (status === 410 || WORDS_OF_THE_RETIRED.test(said)) return retiredEndpoint(baseUrl, said, cause);
  return missingEndpoint(baseUrl, said, cause);
}

export function retiredEndpoint(baseUrl: string, said: string, cause?: unknown): Unavailable {
  return new Unavailable({
    code: 'PROVIDER_RETIRED',
    given: `The video API at ${baseUrl} was retired (${said})`,
    fix: 'set VIDEO_API_BASE_URL to another server of the /v1/videos protocol; docs/providers.md names some',
    cause,
  });
}

export function missingEndpoint(baseUrl: string, said: string, cause?: unknown): Unavailable {
  return new Unavailable({
    code: 'PROVIDER_ENDPOINT_MISSING',
    given: `There is no /videos at ${baseUrl} (${said})`,
    fix: 'check VIDEO_API_BASE_URL: is it up to and including /v1, and does this server make videos?',
    cause,
  });
}
