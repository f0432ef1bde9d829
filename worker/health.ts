import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { PreconditionFailed } from '../domain/errors.ts';

export interface HealthPort {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * `GET /healthz`: 200 while the worker works, 503 with the reason otherwise.
 * @throws PreconditionFailed when the port can't be opened
 */
export async function openHealthPort(
  host: string,
  port: number,
  problem: () => Promise<string | undefined>,
): Promise<HealthPort> {
  const server = createServer(async (request, response) => {
    if (request.url !== '/healthz') {
      response.writeHead(404).end();
      return;
    }
    const reason = await problem();
    response.writeHead(reason === undefined ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify(reason === undefined ? { status: 'ok' } : { status: 'failing', reason }));
  });
  server.listen(port, host);
  await once(server, 'listening').catch((cause: unknown) => {
    throw new PreconditionFailed({
      code: 'HEALTH_PORT_UNAVAILABLE',
      given: `The health port ${host}:${port} can't be opened (${String(cause)})`,
      fix: 'set SCREENTEST_HEALTH_PORT to a free port, or leave it out',
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
