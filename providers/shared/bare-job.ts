import type { ProviderJob } from '../video-provider.ts';

/** A job of which the provider tells nothing but where it stands. */
export function bareJob(id: string, status: ProviderJob['status']): ProviderJob {
  return {
    id,
    status,
    progress: undefined,
    error: undefined,
    createdAt: undefined,
    prompt: undefined,
    model: undefined,
    size: undefined,
    pollAfterMs: undefined,
    cost: undefined,
  };
}
