import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A way to a server on this machine that can be cut and mended. */
export interface Cable {
  /** What takes the server's place in an address. */
  readonly host: string;
  /** Every connection is broken, and none is taken. */
  cut(): Promise<void>;
  mend(): Promise<void>;
  remove(): Promise<void>;
}

/** @param address `host:port` of the server */
export async function layCable(address: string): Promise<Cable> {
  const { hostname, port } = new URL(`tcp://${address}`);
  const open = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  async function listen(on: number): Promise<number> {
    server.listen(on, '127.0.0.1');
    await once(server, 'listening');
    const taken = server.address();
    if (taken === null || typeof taken === 'string') throw new TypeError('a server without a port');
    return taken.port;
  }
  async function cut(): Promise<void> {
    if (!server.listening) return;
    server.close();
    for (const socket of open) socket.destroy();
    await once(server, 'close');
  }
  const near = await listen(0);
  return {
    host: `127.0.0.1:${near}`,
    cut,
    mend: async () => {
      await listen(near);
    },
    remove: cut,
  };
}
