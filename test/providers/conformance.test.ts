import { createOpenAICompatibleProvider } from '../../providers/openai-compatible.ts';
import type { SimulatorOptions } from '../../simulator/options.ts';
import { startSimulator } from '../../simulator/simulator.ts';
import { conformsToThePort } from './conformance.ts';

async function start(options: SimulatorOptions) {
  const simulator = await startSimulator(options);
  const provider = createOpenAICompatibleProvider({
    baseUrl: simulator.url,
    apiKey: 'test',
    honoursIdempotencyKeys: false,
    cancelsJobs: true,
  });
  return { provider, simulator };
}

conformsToThePort('the OpenAI-compatible adapter', start, { tellsExpiry: false });
