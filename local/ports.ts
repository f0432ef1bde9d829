import { connect, createServer, type Server } from 'node:net';
import { BadInput, PreconditionFailed } from '../domain/errors.ts';
import { errorCode } from './node-errors.ts';

export const LOCAL_HOST = '127.0.0.1';

/** A port that somebody asked for, and the setting they did it with, for the message if it can't be had. */
export interface AskedPort {
  readonly port: number;
  readonly setting: string;
}

/**
 * The port that was asked for if it is free, else any free one, on 127.0.0.1.
 *
 * @throws PreconditionFailed PORT_IN_USE, BadInput PORT_NOT_ALLOWED
 */
export async function choosePort(asked: AskedPort | undefined): Promise<number> {
  if (asked === undefined) return freePort();
  const { port, setting } = asked;
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new BadInput({
      code: 'PORT_NOT_ALLOWED',
      given: `${setting} is ${port}`,
      allowed: 'a whole number from 1 to 65535',
      fix: `change ${setting}, or leave it out to get a free port`,
    });
  }
  await tryToListen(port, setting);
  return port;
}

/**
 * A port nobody listens on now. It is left in the kernel's TIME_WAIT, from which it may be listened on by name
 * but is not handed out as a free one for a minute: two runs that start at once get different ports.
 */
export async function freePort(): Promise<number> {
  const server = createServer({ allowHalfOpen: false });
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.destroy(); // the side that closes first is the one that waits
  });
  const port = await listen(server, 0);
  const client = connect(port, LOCAL_HOST);
  client.on('error', () => undefined);
  client.resume();
  await new Promise<void>((resolve) => client.once('close', () => resolve()));
  await close(server);
  return port;
}

async function tryToListen(port: number, setting: string): Promise<void> {
  const server = createServer();
  try {
    await listen(server, port);
  } catch (cause) {
    throw portRefused(port, setting, cause);
  }
  await close(server);
}

function portRefused(port: number, setting: string, cause: unknown): PreconditionFailed {
  const reason = errorCode(cause) ?? String(cause);
  const forbidden = reason === 'EACCES';
  return new PreconditionFailed({
    code: forbidden ? 'PORT_FORBIDDEN' : 'PORT_IN_USE',
    given: forbidden
      ? `Port ${port} on ${LOCAL_HOST}, asked for by ${setting}, may not be used by this user`
      : `Port ${port} on ${LOCAL_HOST}, asked for by ${setting}, is in use (${reason})`,
    allowed: 'a port that no other program listens on',
    fix: `stop what listens there (lsof -i :${port} names it), set ${setting} to another port, or leave it out to get a free one`,
    cause,
  });
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: LOCAL_HOST, port, exclusive: true }, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error(`no TCP address: ${address}`));
      else resolve(address.port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
