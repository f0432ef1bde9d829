import { Context } from '@temporalio/activity';
import { RateLimited } from '../providers/video-provider.ts';

/** Milliseconds between heartbeats: well under the shortest heartbeat timeout, 15 s. */
const INTERVAL_MS = 3000;

/** Keeps saying that this worker lives, with the newest details, until disposed. */
export function beatWhile<Details>(first: Details): {
  tell(details: Details): void;
  [Symbol.dispose](): void;
} {
  const context = Context.current();
  let details = first;
  const beat = () => context.heartbeat(details);
  const timer = setInterval(beat, INTERVAL_MS);
  return {
    tell(newest) {
      details = newest;
      beat();
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

/** What a person sees of an activity that waits because of the provider. */
export interface ProviderTrouble {
  readonly status: 'rate limited' | 'provider away';
  /** When it is asked again. */
  readonly until: string;
  readonly said: string;
}

export function troubleOf(error: unknown, againInMs: number): ProviderTrouble {
  return {
    status: error instanceof RateLimited ? 'rate limited' : 'provider away',
    until: new Date(Date.now() + againInMs).toISOString(),
    said: error instanceof Error ? error.message : String(error),
  };
}
