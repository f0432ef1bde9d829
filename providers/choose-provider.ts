import type { DialectName } from '../domain/dialects.ts';
import { BadInput } from '../domain/errors.ts';
import { createManualProvider } from './manual.ts';
import { createOpenAICompatibleProvider } from './openai-compatible.ts';
import type { VideoProvider } from './video-provider.ts';

/** What `config/environment.ts` has read; it has checked already that what the chosen provider needs is there. */
export interface ProviderSettings {
  readonly VIDEO_PROVIDER: 'openai-compatible' | 'fal' | 'openrouter' | 'manual';
  readonly VIDEO_API_BASE_URL?: string | undefined;
  readonly VIDEO_API_KEY?: string | undefined;
  readonly VIDEO_API_DIALECT?: DialectName | undefined;
  readonly VIDEO_API_HONOURS_IDEMPOTENCY_KEYS?: boolean | undefined;
  readonly VIDEO_API_CANCELS_JOBS?: boolean | undefined;
}

/**
 * The provider that the settings name. The clients of those that are not the default are loaded here: OpenRouter's
 * alone takes most of a second and 80 MB.
 * @throws BadInput naming a setting that it needs
 */
export async function chooseProvider(settings: ProviderSettings): Promise<VideoProvider> {
  const { VIDEO_API_BASE_URL: baseUrl } = settings;
  switch (settings.VIDEO_PROVIDER) {
    case 'openai-compatible':
      return createOpenAICompatibleProvider({
        baseUrl: needed(settings, 'VIDEO_API_BASE_URL'),
        apiKey: needed(settings, 'VIDEO_API_KEY'),
        dialect: settings.VIDEO_API_DIALECT,
        honoursIdempotencyKeys: settings.VIDEO_API_HONOURS_IDEMPOTENCY_KEYS,
        cancelsJobs: settings.VIDEO_API_CANCELS_JOBS,
      });
    case 'fal': {
      const { createFalProvider } = await import('./fal.ts');
      return createFalProvider({ apiKey: needed(settings, 'VIDEO_API_KEY'), baseUrl });
    }
    case 'openrouter': {
      const { createOpenRouterProvider } = await import('./openrouter.ts');
      return createOpenRouterProvider({ apiKey: needed(settings, 'VIDEO_API_KEY'), baseUrl });
    }
    case 'manual':
      return createManualProvider();
  }
}

function needed(settings: ProviderSettings, name: 'VIDEO_API_BASE_URL' | 'VIDEO_API_KEY'): string {
  const value = settings[name];
  if (value !== undefined) return value;
  throw new BadInput({
    code: 'SETTING_INVALID',
    given: `${name} is not set`,
    fix: `set it, since VIDEO_PROVIDER is ${settings.VIDEO_PROVIDER}; docs/providers.md tells how`,
  });
}

/** Milliseconds. */
const ANSWER_TIMEOUT_MS = 5000;
/** Ids that were never given. That they are not known there is an answer all the same. */
const NO_JOB = {
  fal: 'fal-ai/veo3.1/requests/00000000-0000-0000-0000-000000000000',
  openrouter: 'screentest-asks-whether-you-answer',
} as const;

/**
 * Asks the provider for something that costs nothing.
 * @returns what it is, and that it answers
 * @throws what keeps it from making videos: it is away, or refuses the key
 */
export async function examineProvider(settings: ProviderSettings): Promise<string> {
  const { VIDEO_PROVIDER: name, VIDEO_API_BASE_URL: address = 'its own address' } = settings;
  if (name === 'manual') return 'none: people provide the videos, since VIDEO_PROVIDER is manual';
  const provider = await chooseProvider(settings);
  if (name === 'openai-compatible') await provider.jobsSince(new Date());
  else await provider.status([NO_JOB[name]], AbortSignal.timeout(ANSWER_TIMEOUT_MS));
  return `${name} answers at ${address}`;
}
