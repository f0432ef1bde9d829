import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { createOpenAICompatibleProvider } from '../../providers/openai-compatible/provider.ts';
import { startOddServer } from './odd-server.ts';

const BYTES = 1_000_000;

/** Node has it only where it is asked for. */
function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc');
}

test('a file that is read only after memory was cleaned up is whole', async () => {
  const collectGarbage = garbageCollector();
  const server = await startOddServer();
  try {
    server.answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'video/mp4' }).end(Buffer.alloc(BYTES));
    };
    const provider = createOpenAICompatibleProvider({
      baseUrl: server.url,
      apiKey: 'none',
      honoursIdempotencyKeys: false,
      cancelsJobs: false,
    });
    const { body } = await provider.content('video_1', new AbortController().signal);
    for (let n = 0; n < 5; n += 1) {
      collectGarbage();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.byteLength;
    expect(bytes).toBe(BYTES);
  } finally {
    await server.stop();
  }
});
