import type { DialectName } from '../domain/dialects.ts';
import { BadInput } from '../domain/errors.ts';
import { createManualProvider } from './manual.ts';
import { createOpenAICompatibleProvider } from './openai-compatible/provider.ts';
import type { VideoProvider } from './video-provider.ts';

/** What `config/environment.ts` has read; it has checked already that what the chosen provider needs is there. */
export interface ProviderSettings {
  readonly VIDEO_PROVIDER: 'openai-compatible' | 'fal' | 'openrouter' | 'manual';
  readonly VIDEO_API_BASE_URL?: string | undefined;
  readonly VIDEO_API_KEY?: string | undefined;
  readonly VIDEO_API_DIALECT?: DialectName | undefined;
  readonly VIDEO_API_HONOURS_IDEMPOTENCY_KEYS?: boolean | undefined;
  readonly VIDEO_API_CANCELS_JOBS?: boolean | undefined;
  readonly SCREENTEST_VIDEO_SOURCES?: readonly string[] | undefined;
}

/**
 * The provider that the settings name. The clients of those that are not the default are loaded here: OpenRouter's
 * alone takes most of a second and 80 MB.
 * @throws BadInput naming a setting that it needs
 */
export async function chooseProvider(settings: ProviderSettings): Promise<VideoProvider> {
  const { VIDEO_API_BASE_URL: baseUrl, SCREENTEST_VIDEO_SOURCES: trustedOrigins } = settings;
  switch (settings.VIDEO_PROVIDER) {
    case 'openai-compatible':
      return createOpenAICompatibleProvider({
        baseUrl: needed(settings, 'VIDEO_API_BASE_URL'),
        apiKey: needed(settings, 'VIDEO_API_KEY'),
        dialect: settings.VIDEO_API_DIALECT,
        honoursIdempotencyKeys: settings.VIDEO_API_HONOURS_IDEMPOTENCY_KEYS,
        cancelsJobs: settings.VIDEO_API_CANCELS_JOBS,
        trustedOrigins,
      });
    case 'fal': {
      const { createFalProvider } = await import('./fal/provider.ts');
      return createFalProvider({ apiKey: needed(settings, 'VIDEO_API_KEY'), baseUrl, trustedOrigins });
    }
    case 'openrouter': {
      const { createOpenRouterProvider } = await import('./openrouter/provider.ts');
      return createOpenRouterProvider({ apiKey: needed(settings, 'VIDEO_API_KEY'), baseUrl, trustedOrigins });
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

/**
 * Asks the provider for something that costs nothing.
 * @returns what it is, and that it answers
 * @throws what keeps it from making videos: it is away, refuses the key, or does not make any
 */
export async function examineProvider(settings: ProviderSettings): Promise<string> {
  const { VIDEO_PROVIDER: name, VIDEO_API_BASE_URL: address = 'its own address' } = settings;
  if (name === 'manual') return 'none: people provide the videos, since VIDEO_PROVIDER is manual';
  const provider = await chooseProvider(settings);
  await provider.check?.();
  return `${name} answers at ${address}`;
}
