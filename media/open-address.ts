import { lookup as resolve } from 'node:dns';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { BadInput, Unavailable } from '../domain/errors.ts';
import { isInternal } from './internal-address.ts';

/** What a server hands out at an address. */
export interface OpenedAddress {
  readonly body: AsyncIterable<Uint8Array>;
  /** In lower case and without parameters; undefined where there is none. */
  readonly contentType: string | undefined;
}

export interface OpenAddressOptions {
  /** Origins (`https://assets.example.com`) that may be inside; every other must be on the public internet. */
  readonly trustedOrigins: ReadonlySet<string>;
  readonly signal: AbortSignal;
}

const MOST_REDIRECTS = 5;
/** Milliseconds without a byte, from before the connection to the end of the body. */
const IDLE_TIMEOUT = 30_000;

/** The server has answered, with something else than a file. */
export class AddressRefused extends BadInput {
  /** Of HTTP, such as 404. */
  readonly status: number;

  constructor(url: URL, status: number) {
    super({
      code: 'VIDEO_NOT_FOUND',
      given: `${shown(url)} answers with ${status}`,
      allowed: 'an address that answers with the video',
    });
    this.status = status;
  }
}

/**
 * Opens an address that somebody else has given, as `fetchAddress` does.
 * @throws AddressRefused when it holds no file, Unavailable when its server is in trouble; and what `fetchAddress` throws
 */
export async function openAddress(address: string, options: OpenAddressOptions): Promise<OpenedAddress> {
  const { url, response } = await follow(address, options);
  const status = response.statusCode ?? 0;
  if (status === 200) return { body: bodyOf(url, response, options.signal), contentType: labelOf(response) };
  response.destroy();
  if (status >= 500 || status === 429) throw unreachable(url, `it answers with ${status}`);
  throw new AddressRefused(url, status);
}

/**
 * Like `fetch`, for an address that somebody else has given. Whoever gives it must not be able to reach through us
 * what only we can reach: every hop, the first and each redirect, goes to a public address, and it is the address
 * connected to that is looked at, not one that a name had a moment before.
 * @returns the answer, whatever its status, unless it is a redirect
 * @throws BadInput for an address that is not allowed, Unavailable when it can't be reached now
 */
export async function fetchAddress(
  address: string,
  options: OpenAddressOptions & { readonly headers?: Readonly<Record<string, string>> },
): Promise<Response> {
  const { url, response } = await follow(address, options);
  const headers = new Headers();
  for (const [name, values] of Object.entries(response.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  const status = response.statusCode ?? 0;
  const isBare = status === 204 || status === 205 || status === 304;
  if (isBare) response.destroy();
  const body = isBare ? null : ReadableStream.from(bodyOf(url, response, options.signal));
  return new Response(body, { status, headers });
}

interface Hop {
  readonly url: URL;
  readonly response: IncomingMessage;
}

/** What is sent along goes to the first server alone, and to where it leads within itself. */
async function follow(
  address: string,
  options: OpenAddressOptions & { readonly headers?: Readonly<Record<string, string>> },
): Promise<Hop> {
  const first = parse(address);
  let url = first;
  for (let redirects = 0; ; redirects += 1) {
    const response = await get(url, options, url.origin === first.origin ? options.headers : undefined);
    const { location } = response.headers;
    const status = response.statusCode ?? 0;
    if (status < 300 || status >= 400 || location === undefined) return { url, response };
    response.destroy();
    if (redirects === MOST_REDIRECTS) {
      throw notAllowed(url, `leads to more than ${MOST_REDIRECTS} redirects`);
    }
    url = parse(location, url);
  }
}

function parse(address: string, base?: URL): URL {
  if (!URL.canParse(address, base?.href)) {
    throw new BadInput({
      code: 'ADDRESS_NOT_ALLOWED',
      given: 'The address can not be read',
      allowed: 'an http(s) address',
    });
  }
  const url = new URL(address, base);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw notAllowed(url, 'is not http(s)');
  // They would be kept in histories and logs with the address.
  if (url.username !== '' || url.password !== '') throw notAllowed(url, 'has a user or password in it');
  return url;
}

function get(
  url: URL,
  { trustedOrigins, signal }: OpenAddressOptions,
  headers: Readonly<Record<string, string>> | undefined,
): Promise<IncomingMessage> {
  const isTrusted = trustedOrigins.has(url.origin);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  // A host that is an address already is never looked up.
  if (!isTrusted && isIP(host) !== 0 && isInternal(host)) throw internal(url);
  const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
    signal,
    timeout: IDLE_TIMEOUT,
    // A connection of its own: one that is kept open was made for somebody else's lookup.
    agent: false,
    headers: { ...headers, 'accept-encoding': 'identity', 'user-agent': 'screentest' },
    ...(!isTrusted && { lookup: publicOnly(url) }),
  });
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    request.on('timeout', () =>
      request.destroy(unreachable(url, `nothing came for ${IDLE_TIMEOUT / 1000} s`)),
    );
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isOurs = error instanceof BadInput || error instanceof Unavailable || signal.aborted;
      reject(isOurs ? error : unreachable(url, error.code ?? error.message));
    });
    request.end();
  });
}

/** The connection is made to one of the addresses that were looked at here. */
function publicOnly(url: URL): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return done(error, []);
      if (addresses.some(({ address }) => isInternal(address))) return done(internal(url), []);
      const [first] = addresses;
      if (options.all === true || first === undefined) return done(null, addresses);
      done(null, first.address, first.family);
    });
  };
}

/** A connection that breaks in the middle says nothing about the file. */
async function* bodyOf(url: URL, response: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* response;
  } catch (error) {
    signal.throwIfAborted();
    throw unreachable(url, error instanceof Error ? error.message : String(error));
  }
}

function labelOf({ headers }: IncomingMessage): string | undefined {
  const [label] = (headers['content-type'] ?? '').toLowerCase().split(';');
  return label?.trim() || undefined;
}

function internal(url: URL): BadInput {
  return notAllowed(url, 'leads to an address that is not on the public internet');
}

function notAllowed(url: URL, what: string): BadInput {
  return new BadInput({
    code: 'ADDRESS_NOT_ALLOWED',
    given: `${shown(url)} ${what}`,
    allowed:
      'an http(s) address on the public internet, or one of a server named in SCREENTEST_VIDEO_SOURCES',
    fix: 'download the file and hand it over as one, or have the server named there',
  });
}

function unreachable(url: URL, reason: string): Unavailable {
  return new Unavailable({
    code: 'VIDEO_ADDRESS_UNREACHABLE',
    given: `${shown(url)} can't be read (${reason})`,
    fix: 'see that the address answers, and try again',
  });
}

/** Without what follows the path: signed addresses carry their key there. */
function shown({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}
