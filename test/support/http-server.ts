import { createServer, type RequestListener } from 'node:http';

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
}

/** Answers on a free port, on 127.0.0.1 unless told, until it is disposed of. */
export async function startServer(answer: RequestListener, host = '127.0.0.1'): Promise<TestServer> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error(`no TCP address: ${address}`);
  const { port } = address;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
