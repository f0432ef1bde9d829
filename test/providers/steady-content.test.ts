import { expect, test } from '@jest/globals';
import { createOpenAICompatibleProvider } from '../../providers/openai-compatible/provider.ts';
import { withSteadyContent } from '../../providers/steady-content.ts';
import { startOddServer } from './odd-server.ts';

async function bytesOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.byteLength;
  return bytes;
}

test('a download whose other end falls silent ends with an error and closes the connection; a slow one comes whole', async () => {
  const server = await startOddServer();
  try {
    const provider = withSteadyContent(
      createOpenAICompatibleProvider({
        baseUrl: server.url,
        apiKey: 'none',
        honoursIdempotencyKeys: false,
        cancelsJobs: false,
      }),
      500,
    );
    const content = async () => (await provider.content('video_1', new AbortController().signal)).body;
    let closed = false;
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'video/mp4' }).write('half of it');
      response.on('close', () => {
        closed = true;
      });
    };
    await expect(bytesOf(await content())).rejects.toMatchObject({
      code: 'DOWNLOAD_SILENT',
      kind: 'unavailable',
    });
    while (!closed) await new Promise((resolve) => setTimeout(resolve, 10));

    server.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'video/mp4' });
      let sent = 0;
      const trickle = setInterval(() => {
        response.write('x');
        sent += 1;
        if (sent === 10) response.end(() => clearInterval(trickle));
      }, 100);
    };
    expect(await bytesOf(await content())).toBe(10);
  } finally {
    await server.stop();
  }
});
