import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { PreconditionFailed } from '../domain/errors.ts';

export interface HttpPort {
  readonly port: number;
  close(): Promise<void>;
}

/** Answers everything that is asked under one path. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Milliseconds that a request may take to arrive: nothing that is asked here is long. */
const REQUEST_WITHIN_MS = 10_000;

/**
 * The worker's own port; every path without a route is 404.
 * @throws PreconditionFailed when the port can't be opened
 */
export async function openHttpPort(
  host: string,
  port: number,
  routes: Readonly<Record<string, Route>>,
): Promise<HttpPort> {
  const server = createServer({ requestTimeout: REQUEST_WITHIN_MS }, (request, response) => {
    const [path = ''] = (request.url ?? '').split('?');
    const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (route === undefined) response.writeHead(404).end();
    // Whoever asked may be gone before the answer.
    else route(request, response).catch(() => response.destroy());
  });
  server.listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    throw new PreconditionFailed({
      code: 'HTTP_PORT_UNAVAILABLE',
      given: `The worker's port ${host}:${port} can't be opened (${String(cause)})`,
      fix: 'set SCREENTEST_HTTP_PORT to a free port, or leave it out',
      cause,
    });
  });
  return { port: portOf(server), close: () => close(server) };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a server without a port');
  return address.port;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
}
