import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface OddServer {
  readonly url: string;
  /** `GET /videos/x`, in the order they came. */
  readonly requests: string[];
  /** How the next requests are answered. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  stop(): Promise<void>;
}

/** A server of the protocol that says what no well-behaved one would. */
export async function startOddServer(): Promise<OddServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(
      `${request.method} ${new URL(request.url ?? '/', 'http://odd').pathname.replace('/v1', '')}`,
    );
    request.resume();
    odd.answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const odd: OddServer = {
    url: `http://127.0.0.1:${portOf(server)}/v1`,
    requests,
    answer: (_, response) => json(response, 200, {}),
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return odd;
}

export function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

export const never = () => new AbortController().signal;

export async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('a server without a port');
  return address.port;
}
