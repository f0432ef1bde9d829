import { DIALECTS } from '../../domain/dialects.ts';
import { createOpenAICompatibleProvider } from '../../providers/openai-compatible/provider.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { conformsToThePort } from './conformance.ts';

/** Their jobs never say until when a file is kept. */
const WITHOUT_EXPIRY: ReadonlySet<string> = new Set(['sglang', 'vllm-omni']);

for (const dialect of DIALECTS) {
  conformsToThePort(
    `the OpenAI-compatible adapter, dialect ${dialect}`,
    async (options) => {
      const simulator = await startSimulator({ ...options, dialect });
      return {
        simulator,
        provider: createOpenAICompatibleProvider({ baseUrl: simulator.url, apiKey: 'test', dialect }),
      };
    },
    { tellsExpiry: !WITHOUT_EXPIRY.has(dialect) },
  );
}

conformsToThePort(
  'the OpenAI-compatible adapter, at a server known to honour keys and stop jobs',
  async (options) => {
    const simulator = await startSimulator({ ...options, honoursIdempotencyKeys: true });
    const provider = createOpenAICompatibleProvider({
      baseUrl: simulator.url,
      apiKey: 'test',
      honoursIdempotencyKeys: true,
      cancelsJobs: true,
    });
    return { simulator, provider };
  },
);
