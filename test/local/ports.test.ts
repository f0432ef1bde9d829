import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { choosePort, freePort } from '../../local/ports.ts';

describe('ports', () => {
  test('a port in use gets a clear message', async () => {
    const taken = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', () => resolve()));
    try {
      const message = await choosePort({ port, setting: '--ui-port' }).catch((error: Error) => error.message);
      expect(message).toContain(`Port ${port} on 127.0.0.1, asked for by --ui-port, is in use`);
      expect(message).toContain('set --ui-port to another port');
    } finally {
      taken.close();
    }
  });

  test('a free port that was asked for is given', async () => {
    const port = await freePort();
    expect(await choosePort({ port, setting: '--port' })).toBe(port);
  });

  test.each([0, -1, 65_536, 80.5, Number.NaN])('%d is no port', async (port) => {
    await expect(choosePort({ port, setting: '--port' })).rejects.toMatchObject({
      code: 'PORT_NOT_ALLOWED',
      given: `--port is ${port}`,
    });
  });

  test('many that ask for a free port at once get different ones', async () => {
    const ports = await Promise.all(Array.from({ length: 50 }, () => choosePort(undefined)));
    expect(new Set(ports).size).toBe(50);
  });
});
